-- Who has taken a conversation on (threads.py): the one who is told of it, or nobody in particular.

ALTER TABLE threads ADD COLUMN assigned TEXT;

-- Grants that go on (grants.py): when their holder was told of their end, and which charter they
-- were shown, to agree to, before they are renewed.

ALTER TABLE grants ADD COLUMN noted_at BIGINT;
ALTER TABLE grants ADD COLUMN asked TEXT;
CREATE INDEX grants_by_end ON grants (ends_at) WHERE noted_at IS NULL AND revoked_at IS NULL;

-- What safety contacts keep of somebody who was blocked (evidence_kept.py), sealed under a key of
-- its own, until it ends.

CREATE TABLE kept_evidence (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    subject TEXT NOT NULL,
    words BLOB NOT NULL,
    kept_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX kept_evidence_by_project ON kept_evidence (project, kept_at);
CREATE INDEX kept_evidence_by_end ON kept_evidence (ends_at);
