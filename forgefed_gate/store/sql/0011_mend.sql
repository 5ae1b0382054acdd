-- What other servers say that they run (software.py), so that those which are known to show private
-- posts around get a notice in place of words.

CREATE TABLE software (
    origin TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX software_by_age ON software (asked_at);

-- In which note an author is asked about a piece (publications.py): it is recalled where it has not
-- gone out when they are taken out of the conversation.

ALTER TABLE consents ADD COLUMN note TEXT;
