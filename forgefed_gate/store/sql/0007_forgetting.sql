-- Forgetting people, and changing the key file (forgotten.py, seal.py).

-- Key files that data keys may be wrapped by; the one with the highest number is in force. The row
-- of one that wraps a key cannot go, so that no file is thrown away that is needed.

CREATE TABLE key_files (
    id   TEXT PRIMARY KEY,
    turn BIGINT NOT NULL
);
INSERT INTO key_files (id, turn) SELECT kek_id, 0 FROM data_keys
WHERE destroyed_at IS NULL GROUP BY kek_id;

CREATE TABLE wrapped_keys (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    thread       TEXT NOT NULL,
    wrapped      BLOB,
    kek_id       TEXT REFERENCES key_files (id),
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT
);
INSERT INTO wrapped_keys (id, owner, thread, wrapped, kek_id, created_at, destroyed_at)
SELECT id, owner, thread, wrapped,
    CASE WHEN destroyed_at IS NULL THEN kek_id END, created_at, destroyed_at FROM data_keys;
DROP TABLE data_keys;
ALTER TABLE wrapped_keys RENAME TO data_keys;
CREATE UNIQUE INDEX data_keys_alive ON data_keys (owner, thread) WHERE destroyed_at IS NULL;
CREATE INDEX data_keys_wrapped ON data_keys (kek_id) WHERE destroyed_at IS NULL;
CREATE INDEX data_keys_by_thread ON data_keys (thread) WHERE destroyed_at IS NULL;

-- Secrets of the gate itself that are not keys of an actor, sealed under the key file.

CREATE TABLE own_secrets (
    name       TEXT PRIMARY KEY,
    sealed     BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- What was decided about somebody who was forgotten, under a salted hash of who they are.

CREATE TABLE forgotten (
    who       TEXT NOT NULL,
    project   TEXT NOT NULL, -- empty for the whole gate
    decided   TEXT NOT NULL,
    ends_at   BIGINT NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (who, project, decided)
);
CREATE INDEX forgotten_by_end ON forgotten (ends_at);

-- Who asked to be forgotten, and the code that says that they mean it.

CREATE TABLE forget_codes (
    actor      TEXT PRIMARY KEY,
    code       TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX messages_by_author ON messages (author);
CREATE INDEX record_by_principal ON record (principal);
CREATE INDEX inbox_by_actor ON inbox (actor);
