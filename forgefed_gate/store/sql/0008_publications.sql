-- What leaves a private conversation, by the consent of those who wrote it. While they are asked, every
-- word is sealed under the key that its author has in that conversation, so that erasing somebody
-- erases the proposal. What is public is plain. What ended, or was withdrawn, is blank.

CREATE TABLE publications (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (slug),
    thread TEXT NOT NULL REFERENCES threads (id),
    proposer TEXT NOT NULL,
    stage TEXT NOT NULL,
    heading BLOB, -- sealed: the title, and the salt of the hash
    title TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX publications_by_project ON publications (project, changed_at);
CREATE INDEX publications_by_thread ON publications (thread);

CREATE TABLE excerpts (
    publication TEXT NOT NULL REFERENCES publications (id),
    position BIGINT NOT NULL,
    author TEXT NOT NULL,
    speaker TEXT NOT NULL,
    note TEXT NOT NULL,
    revision BIGINT NOT NULL,
    sealed BLOB,
    words TEXT NOT NULL,
    PRIMARY KEY (publication, position)
);

CREATE TABLE consents (
    publication TEXT NOT NULL REFERENCES publications (id),
    author TEXT NOT NULL,
    code TEXT NOT NULL,
    hash TEXT NOT NULL,
    given BIGINT NOT NULL,
    sealed_name BLOB,
    name TEXT NOT NULL,
    evidence BLOB, -- sealed: the signed request, or the gate's word, that brought the yes
    PRIMARY KEY (publication, author)
);
CREATE UNIQUE INDEX consents_by_author ON consents (author, code);
