-- The audit log (audit.py). An entry is canonical JSON without a name or a word in it. It waits here
-- until it gets its place in the tree, so that whoever decides something waits for nobody;
-- `soon` is 1 where the next checkpoint should not be long in coming.

CREATE TABLE audit_waiting (
    sequence INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    entry    BLOB NOT NULL,
    soon     BIGINT NOT NULL
);
CREATE INDEX audit_soon ON audit_waiting (id) WHERE soon = 1;

-- only postgresql
CREATE INDEX audit_waiting_in_order ON audit_waiting (sequence);

CREATE TABLE audit_log (
    position BIGINT PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    entry    BLOB NOT NULL
);

-- The hashes of complete subtrees: at level 0 those of the entries.

CREATE TABLE audit_nodes (
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, place)
);

-- One row, held by whoever lets the tree grow: its size, and the latest checkpoint.

CREATE TABLE audit_head (
    name       TEXT PRIMARY KEY,
    size       BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    at         BIGINT NOT NULL
);

-- Nothing in the log changes or goes, and an entry leaves the waiting room for the log only.

-- only sqlite
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- only sqlite
CREATE TRIGGER audit_log_is_not_cut BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- only sqlite
CREATE TRIGGER audit_nodes_are_not_changed BEFORE UPDATE ON audit_nodes
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- only sqlite
CREATE TRIGGER audit_nodes_are_not_cut BEFORE DELETE ON audit_nodes
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- only sqlite
CREATE TRIGGER audit_waiting_is_not_changed BEFORE UPDATE ON audit_waiting
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- only sqlite
CREATE TRIGGER audit_waiting_is_not_cut BEFORE DELETE ON audit_waiting
WHEN NOT EXISTS (SELECT 1 FROM audit_log WHERE id = OLD.id AND entry = OLD.entry)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

-- (The runner takes CREATE TRIGGER for SQLite's, which ends with END.)

-- only postgresql
CREATE FUNCTION audit_only_grows() RETURNS TRIGGER LANGUAGE plpgsql
AS 'BEGIN RAISE EXCEPTION ''the audit log only grows''; END';

-- only postgresql
CREATE FUNCTION audit_leaves_for_the_log() RETURNS TRIGGER LANGUAGE plpgsql
AS 'BEGIN
    IF EXISTS (SELECT 1 FROM audit_log WHERE id = OLD.id AND entry = OLD.entry) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION ''the audit log only grows'';
END';

-- only postgresql
CREATE OR REPLACE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

-- only postgresql
CREATE OR REPLACE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();

-- only postgresql
CREATE OR REPLACE TRIGGER audit_nodes_only_grow BEFORE UPDATE OR DELETE ON audit_nodes
FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

-- only postgresql
CREATE OR REPLACE TRIGGER audit_waiting_is_not_changed BEFORE UPDATE ON audit_waiting
FOR EACH ROW EXECUTE FUNCTION audit_only_grows();

-- only postgresql
CREATE OR REPLACE TRIGGER audit_waiting_is_not_cut BEFORE DELETE ON audit_waiting
FOR EACH ROW EXECUTE FUNCTION audit_leaves_for_the_log();

-- What other gates told us of their logs (witness.py): the latest checkpoint of each.

CREATE TABLE witnessed (
    origin TEXT PRIMARY KEY,
    size   BIGINT NOT NULL,
    note   TEXT NOT NULL,
    at     BIGINT NOT NULL
);

-- When the words of a contributor were opened, by whom and in which role; forgotten with them.
-- And which words could not be opened, though nobody had erased them.

CREATE TABLE openings (
    id      TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    subject TEXT NOT NULL,
    reader  TEXT NOT NULL,
    role    TEXT NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX openings_by_subject ON openings (subject, at);
CREATE INDEX openings_by_age ON openings (at);

CREATE TABLE unreadable (
    place TEXT PRIMARY KEY,
    at    BIGINT NOT NULL
);
