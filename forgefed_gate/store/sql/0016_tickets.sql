-- Issues and merge requests (tickets.py): what was offered to a tracker of ours, or by us to one
-- elsewhere, beside the conversation that it is talked about in. `offer` is the message with its
-- words, `via` the link whose team stood for its author when it was opened, and `contained` says whether they keep track of conversations
-- by their activities.

CREATE TABLE tickets (
    offer TEXT PRIMARY KEY,
    id TEXT,
    thread TEXT NOT NULL REFERENCES threads (id),
    tracker TEXT NOT NULL,
    ours BIGINT NOT NULL,
    state TEXT NOT NULL,
    capability TEXT,
    via TEXT,
    context TEXT,
    contained BIGINT NOT NULL DEFAULT 0,
    opened_at BIGINT NOT NULL
);
CREATE INDEX tickets_by_id ON tickets (id);
CREATE INDEX tickets_by_context ON tickets (context);
CREATE INDEX tickets_by_thread ON tickets (thread);
CREATE INDEX tickets_by_via ON tickets (via, opened_at) WHERE via IS NOT NULL;
