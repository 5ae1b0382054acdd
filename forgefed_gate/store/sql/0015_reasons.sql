-- What follows from a Grant is counted before it is taken back (ways.py).

CREATE INDEX delegations_by_parent ON delegations (house, delegates) WHERE delegates IS NOT NULL;

-- Links by which somebody lets others look at a Grant of theirs, as hashes (references.py).

CREATE TABLE show_links (
    hash TEXT PRIMARY KEY,
    shown TEXT NOT NULL REFERENCES grants (id),
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- What somebody who knocks shows of a Grant from elsewhere, sealed: first where it is, then what
-- was found there. It is looked at once.

CREATE TABLE shown_grants (
    knock TEXT PRIMARY KEY REFERENCES knocks (id),
    sealed BLOB NOT NULL,
    looked_at BIGINT
);
