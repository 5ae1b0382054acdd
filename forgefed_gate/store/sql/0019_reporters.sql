-- Whose reporter is gone: whoever gets their name next is somebody else, and is told nothing of it.

ALTER TABLE reports ADD COLUMN orphaned BIGINT NOT NULL DEFAULT 0;
