-- Who was added to a conversation beside its contributor (parties.py). A seat is proposed, taken
-- once the contributor has agreed (`since` is how many messages there were then), and ended.
-- `history` says that the project would show its own earlier words too.

CREATE TABLE seats (
    code TEXT PRIMARY KEY,
    thread TEXT NOT NULL REFERENCES threads (id),
    actor TEXT NOT NULL,
    history BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    since BIGINT,
    taken_at BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX seats_alive ON seats (thread, actor) WHERE ended_at IS NULL;
CREATE INDEX seats_by_actor ON seats (actor);

-- A message as one reader got it from us, under an id that names nobody else (copies.py).

CREATE TABLE copies (
    id TEXT PRIMARY KEY,
    message TEXT NOT NULL REFERENCES messages (id),
    reader TEXT NOT NULL
);
CREATE UNIQUE INDEX copies_by_message ON copies (message, reader);

-- Whose contributor is gone: whoever gets their name next is somebody else, and no party of it.

ALTER TABLE threads ADD COLUMN orphaned BIGINT NOT NULL DEFAULT 0;

-- What only the people of the project read, and whoever has a copy.

ALTER TABLE messages ADD COLUMN aside BIGINT NOT NULL DEFAULT 0;
