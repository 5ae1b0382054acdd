-- What every revision of a message was, in a hash that says nothing about its words: the salt in it
-- is sealed with them. It stays when the words go, so that a conversation keeps its places.

CREATE TABLE commitments (
    message TEXT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (message, number)
);

-- Links that give a conversation out as a file, once. Only their hashes are kept.

CREATE TABLE export_links (
    hash TEXT PRIMARY KEY,
    thread TEXT NOT NULL,
    party TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Since when a project signs what it says in conversations that begin from then on; null is never.

ALTER TABLE projects ADD COLUMN signs_notes_since BIGINT;
