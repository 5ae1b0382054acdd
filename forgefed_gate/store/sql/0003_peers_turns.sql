-- Deliveries know the server that they are for (outgoing.py). One that waits for its server's turn
-- is leased to nobody, under the name `aside`, so that it is due again if nobody takes it.

ALTER TABLE jobs ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- only sqlite
UPDATE jobs SET origin = substr(lane, 1, instr(lane, '://') + 1
    + instr(substr(lane, instr(lane, '://') + 3) || '/', '/'))
WHERE kind = 'deliver' AND lane LIKE '%://%';

-- only postgresql
UPDATE jobs SET origin = COALESCE(substring(lane FROM '^[^:/?#]*://[^/?#]*'), '')
WHERE kind = 'deliver';

DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (run_at, sequence) WHERE state = 'ready' AND origin = '';
CREATE INDEX jobs_outgoing ON jobs (run_at, sequence) WHERE state = 'ready' AND origin <> '';
CREATE INDEX jobs_aside ON jobs (origin, sequence) WHERE lease = 'aside';
CREATE INDEX jobs_by_origin ON jobs (origin, put_at) WHERE origin <> '';
CREATE INDEX jobs_dead ON jobs (sequence) WHERE state = 'dead';
