-- Projects, and the actors of ours that people see. Private keys are sealed.

CREATE TABLE projects (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE personas (
    account TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    rsa_public TEXT NOT NULL,
    rsa_private BLOB NOT NULL,
    ed25519_public TEXT NOT NULL,
    ed25519_private BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE charters (
    sequence INTEGER PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    hash TEXT NOT NULL,
    document TEXT NOT NULL,
    published_at BIGINT NOT NULL
);
CREATE INDEX charters_by_project ON charters (project, sequence);

CREATE TABLE news (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    words TEXT NOT NULL,
    published_at BIGINT NOT NULL
);
CREATE INDEX news_by_project ON news (project, published_at);

-- People elsewhere, as their own servers describe them, and what we learned of those servers.

CREATE TABLE people (
    actor TEXT PRIMARY KEY,
    handle TEXT NOT NULL,
    inbox TEXT NOT NULL,
    kind TEXT NOT NULL,
    refreshed_at BIGINT NOT NULL
);

CREATE TABLE peer_keys (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    material TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
);
CREATE INDEX peer_keys_by_owner ON peer_keys (owner);

CREATE TABLE peers (
    origin TEXT PRIMARY KEY,
    dialect TEXT NOT NULL,
    learned_at BIGINT NOT NULL
);

-- Who does what for a project, who hears its news, and whom nobody here writes to.

CREATE TABLE maintainers (
    project TEXT NOT NULL REFERENCES projects (slug),
    actor TEXT NOT NULL,
    office TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (project, actor, office)
);
CREATE INDEX maintainers_by_actor ON maintainers (actor);

CREATE TABLE followers (
    target TEXT NOT NULL,
    actor TEXT NOT NULL,
    project TEXT NOT NULL,
    follow TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (target, actor)
);

CREATE TABLE blocks (
    project TEXT NOT NULL, -- empty for the whole gate
    subject TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (subject, project)
);

CREATE TABLE hushed (
    project TEXT NOT NULL,
    actor TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (project, actor)
);

CREATE TABLE courtesies (
    project TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (project, actor)
);

-- What came in. The body is sealed, and forgotten once it is settled.

CREATE TABLE inbox (
    id TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    recipient TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    batch TEXT NOT NULL,
    request BLOB,
    received_at BIGINT NOT NULL,
    settled_at BIGINT,
    verdict TEXT,
    reason TEXT
);
CREATE INDEX inbox_by_age ON inbox (received_at);

-- Conversations, knocks and grants. Words are sealed.

CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL REFERENCES projects (slug),
    contributor TEXT NOT NULL,
    closed BIGINT NOT NULL,
    latest_theirs TEXT,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX threads_by_project ON threads (project, changed_at);
CREATE INDEX threads_by_contributor ON threads (contributor, project, changed_at);

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    thread TEXT NOT NULL REFERENCES threads (id),
    position BIGINT NOT NULL,
    speaker TEXT NOT NULL,
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    deleted BIGINT NOT NULL
);
CREATE UNIQUE INDEX messages_by_thread ON messages (thread, position);

CREATE TABLE revisions (
    message TEXT NOT NULL REFERENCES messages (id),
    number BIGINT NOT NULL,
    words BLOB NOT NULL,
    evidence BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (message, number)
);

CREATE TABLE knocks (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    actor TEXT NOT NULL,
    thread TEXT NOT NULL REFERENCES threads (id),
    stage TEXT NOT NULL,
    charter TEXT NOT NULL,
    role TEXT NOT NULL,
    days BIGINT NOT NULL,
    join_activity TEXT,
    invite_activity TEXT,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    invited_by TEXT
);
CREATE INDEX knocks_by_project ON knocks (project, stage, changed_at);
CREATE INDEX knocks_by_actor ON knocks (actor, project, opened_at);

CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    target TEXT NOT NULL,
    role TEXT NOT NULL,
    charter TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    revoked_at BIGINT,
    fulfills TEXT,
    document TEXT NOT NULL
);
CREATE INDEX grants_by_target ON grants (target, project, ends_at);
CREATE INDEX grants_by_project ON grants (project, ends_at);

CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    reporter TEXT NOT NULL,
    words BLOB NOT NULL,
    at BIGINT NOT NULL
);

-- What was decided, by whom and why: names and codes, never words of people.

CREATE TABLE record (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    project TEXT NOT NULL,
    principal TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX record_by_time ON record (at);

-- Who is signed in to the console. Only hashes of links and cookies are kept.

CREATE TABLE signin_links (
    hash TEXT PRIMARY KEY,
    principal TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    principal TEXT NOT NULL,
    csrf TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
