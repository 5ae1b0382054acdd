-- A Grant of somebody else may stand in several books: whoever revokes it, or says that it
-- stands, names no house.

CREATE INDEX delegations_by_id ON delegations (id) WHERE ours = 0;

-- What a Grant of ours says can be written again from its row, and proven by the same signature.
-- Kept beside it, it is six times as much, and is written anew whenever a team is revoked.

ALTER TABLE delegations DROP COLUMN document;
