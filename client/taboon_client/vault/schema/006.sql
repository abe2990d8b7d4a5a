-- Version 6: what the relay has signed, to be held against what it signed for others.

-- The latest signed word of the relay on each of a group's mailboxes: a receipt, or the signed part of a page.
CREATE TABLE signed (
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    mailbox BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    raw     BLOB NOT NULL,
    PRIMARY KEY (grp, mailbox)
) STRICT, WITHOUT ROWID;

-- Two signed words of the relay on one mailbox that cannot both be true.
CREATE TABLE proof (
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    mailbox BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    ours    BLOB NOT NULL,
    theirs  BLOB NOT NULL,
    at      INTEGER NOT NULL,                 -- Unix time at which it was found
    PRIMARY KEY (grp, mailbox)
) STRICT, WITHOUT ROWID;
