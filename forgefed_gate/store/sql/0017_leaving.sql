-- Somebody at the other side says that a link ended, and their team or project has not said so.

ALTER TABLE links ADD COLUMN leaving TEXT;
CREATE INDEX links_by_leaving ON links (leaving) WHERE leaving IS NOT NULL;

-- Members who say by a Grant of their own what may be passed on to them.

CREATE INDEX delegations_by_welcome ON delegations (house, actor)
    WHERE role = 'delegate' AND ours = 0 AND link IS NULL;

-- Knocks that began with a Join, to be answered over the wire.

CREATE INDEX knocks_by_join ON knocks (join_activity) WHERE join_activity IS NOT NULL;
