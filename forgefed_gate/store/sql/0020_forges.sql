-- Projects beside a forge (forges.py): with which repository, by which webhook.

CREATE TABLE connections (
    hook TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    forge TEXT NOT NULL,
    kind TEXT NOT NULL,
    repository BIGINT NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    number BIGINT NOT NULL,
    connected_at BIGINT NOT NULL,
    UNIQUE (forge, repository)
);

-- What a webhook brought, so that a copy does nothing.

CREATE TABLE hook_deliveries (
    hook TEXT NOT NULL,
    id TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (hook, id)
);
CREATE INDEX hook_deliveries_by_age ON hook_deliveries (received_at);

-- Which issues got our label: begun before it is put on, so that it is never put on twice.

CREATE TABLE labelled (
    forge TEXT NOT NULL,
    repository BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (forge, repository, issue)
);
