-- A house is a project, or a team of people whom others may trust.

ALTER TABLE projects ADD COLUMN kind TEXT NOT NULL DEFAULT 'projects';

-- Links with actors elsewhere (links.py). One that has ended stays, and is never taken up again.

CREATE TABLE links (
    code TEXT PRIMARY KEY,
    house TEXT NOT NULL REFERENCES projects (slug),
    peer TEXT NOT NULL,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    cap BIGINT NOT NULL,
    state TEXT NOT NULL,
    added_by TEXT NOT NULL,
    delegate TEXT,
    paused BIGINT NOT NULL DEFAULT 0,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX links_open ON links (house, peer) WHERE state <> 'ended';
CREATE INDEX links_by_add ON links (added_by);

-- Grants that travel along links (delegations.py), in the book of each house that they concern:
-- what it gave (ours), what it may pass on, and what is said to follow from its own.

CREATE TABLE delegations (
    house TEXT NOT NULL REFERENCES projects (slug),
    id TEXT NOT NULL,
    ours BIGINT NOT NULL,
    actor TEXT NOT NULL,
    context TEXT NOT NULL,
    target TEXT NOT NULL,
    role TEXT NOT NULL,
    allows TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    delegates TEXT,
    capability TEXT,
    fulfills TEXT,
    result TEXT,
    believed_for BIGINT NOT NULL,
    through TEXT NOT NULL,
    link TEXT,
    document TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    revoked_at BIGINT,
    alive_until BIGINT,
    PRIMARY KEY (house, id)
);
CREATE INDEX delegations_by_target ON delegations (house, target, context);
CREATE INDEX delegations_by_context ON delegations (house, context, ours);
CREATE INDEX delegations_by_link ON delegations (link) WHERE link IS NOT NULL;

-- Grants of others that were revoked, whether they had come or not: they never come back.

CREATE TABLE buried_grants (
    id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    buried_at BIGINT NOT NULL,
    PRIMARY KEY (id, issuer)
);

-- By which link somebody came in without being asked more than whether they agree.

ALTER TABLE knocks ADD COLUMN via TEXT;
CREATE INDEX knocks_by_via ON knocks (via, opened_at) WHERE via IS NOT NULL;
