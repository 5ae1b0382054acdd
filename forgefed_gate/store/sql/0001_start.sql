-- Written for SQLite; for PostgreSQL the runner reads BLOB as BYTEA, and INTEGER PRIMARY KEY as
-- a number that the database counts up but does not index. Every other number is BIGINT, every
-- time epoch ms.


-- One vocabulary for lists: a query that looks for many things at once joins
-- json_each(CAST(:list AS TEXT)) and reads its columns with value ->> 0, value ->> 1 …

-- only postgresql
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (value JSONB) LANGUAGE sql IMMUTABLE
AS 'SELECT jsonb_array_elements(CAST(list AS JSONB))';


-- Sealing (seal.py): one key per author and thread. A destroyed key keeps its row, without the
-- key; what it sealed is noise from then on.

CREATE TABLE data_keys (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    thread       TEXT NOT NULL,
    wrapped      BLOB,
    kek_id       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT
);
CREATE UNIQUE INDEX data_keys_alive ON data_keys (owner, thread) WHERE destroyed_at IS NULL;
CREATE INDEX data_keys_wrapped ON data_keys (kek_id) WHERE destroyed_at IS NULL;


-- Work to do (jobs.py). A job is `ready`, `behind` an older one of its lane, or `dead`.
-- While a job is leased, `run_at` is when that lease ends.

CREATE TABLE jobs (
    sequence   INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    lane       TEXT NOT NULL,
    payload    BLOB NOT NULL,
    state      TEXT NOT NULL,
    run_at     BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    lease      TEXT,
    last_error TEXT,
    put_at     BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (run_at, sequence) WHERE state = 'ready';
CREATE INDEX jobs_head ON jobs (lane, sequence) WHERE lane <> '' AND state = 'ready';
CREATE INDEX jobs_behind ON jobs (lane, sequence) WHERE state = 'behind';

-- only postgresql
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);


