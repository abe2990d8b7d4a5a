-- Version 3: an epoch goes on after its mailbox was spoiled, and a device that lost the group comes back.

-- Whether the mailbox of the present epoch was sealed with something that is no commit of it: then everyone writes into
-- own mailboxes. Whether the relay has lost it since we read it first: what we say there may have been seen by nobody.
ALTER TABLE mailbox ADD COLUMN spoiled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
-- When we followed the seal before it, Unix time: while that one is still there, this one cannot have expired.
ALTER TABLE mailbox ADD COLUMN entered INTEGER NOT NULL DEFAULT 0;

-- A group that an older version stopped for a spoiled seal reads that seal again.
UPDATE grp SET state = 'active', problem = NULL WHERE state = 'spoiled';

-- Own mailboxes of the present epoch, one for each leaf and count, and how far each has been read. `open` is 0 once it
-- has been sealed: nothing that counts comes there any more.
CREATE TABLE own_box (
    grp        INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    leaf       INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    append_key BLOB NOT NULL,                 -- public half, of the leaf
    read_seed  BLOB NOT NULL,
    number     INTEGER NOT NULL DEFAULT 0,
    head       BLOB NOT NULL,
    open       INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (grp, leaf, count)
) STRICT, WITHOUT ROWID;

-- Where members ask to come back: one row for each leaf of the present tree, and for those replaced within 30 days.
CREATE TABLE watched_leaf (
    grp        INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    append_key BLOB NOT NULL,                 -- public half
    identity   BLOB NOT NULL,
    leaf_hash  BLOB NOT NULL,
    secret     BLOB NOT NULL,                 -- the leaf's rejoin secret
    class      INTEGER NOT NULL,
    replaced   INTEGER,                       -- Unix time at which another leaf took its place; null while it is in the tree
    look       INTEGER NOT NULL,              -- Unix time of our next look
    PRIMARY KEY (grp, append_key)
) STRICT, WITHOUT ROWID;

-- Our own request to come back, and where the answer is looked for.
CREATE TABLE coming_back (
    grp         INTEGER PRIMARY KEY REFERENCES grp ON DELETE CASCADE,
    why         TEXT NOT NULL,                -- one plain sentence: why this device stopped
    made        INTEGER NOT NULL,             -- Unix time
    key_package BLOB NOT NULL,
    secrets     BLOB NOT NULL,                -- CBOR: of the key package; private halves of append and sealing key
    asking      BLOB NOT NULL,                -- CBOR, for each leaf that may be ours: [rejoin secret, append seed,
                                              -- retention class, [blob with the request …]]
    answering   BLOB NOT NULL                 -- secret of the return mailbox
) STRICT;

-- Requests of others to come back, by the key package that they offer.
CREATE TABLE return_request (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    digest   BLOB NOT NULL,                   -- of the request
    request  BLOB NOT NULL,
    identity BLOB NOT NULL,
    PRIMARY KEY (grp, digest)
) STRICT, WITHOUT ROWID;

-- Welcomes for those who come back, until the relay has them.
CREATE TABLE reply (
    id     INTEGER PRIMARY KEY,
    grp    INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    secret BLOB NOT NULL,                     -- of the return mailbox
    class  INTEGER NOT NULL,
    blobs  BLOB NOT NULL                      -- CBOR
) STRICT;

-- Events that others name and we do not hold, and when we last asked for them.
CREATE TABLE asked (
    grp  INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    name BLOB NOT NULL,
    at   INTEGER NOT NULL,                    -- Unix time
    PRIMARY KEY (grp, name)
) STRICT, WITHOUT ROWID;

-- A spoiled epoch that ended in an own mailbox, as it was before: another seal of it may stand before the one that we
-- have followed. Kept until every admin was seen after it, or for 7 days. One for each epoch that ended so is enough.
CREATE TABLE fork (
    grp  INTEGER PRIMARY KEY REFERENCES grp ON DELETE CASCADE,
    at   INTEGER NOT NULL,                    -- Unix time at which we went on
    kept BLOB NOT NULL                        -- CBOR: see session/forks.py
) STRICT;

-- The commits that ended the latest epochs, as the blobs that came, for a relay that loses its disk. The blob key of an
-- ended epoch is gone: these open for nobody here.
CREATE TABLE ended (
    grp            INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    epoch          INTEGER NOT NULL,
    class          INTEGER NOT NULL,
    mailbox_secret BLOB NOT NULL,
    blobs          BLOB NOT NULL,             -- CBOR: the last one is the seal
    at             INTEGER NOT NULL,          -- Unix time at which it was followed
    PRIMARY KEY (grp, epoch)
) STRICT, WITHOUT ROWID;

-- Wishes of any kind: what a kind means is said where commits are made.
CREATE TABLE wish_003 (
    id      INTEGER PRIMARY KEY,
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    data    BLOB NOT NULL,
    problem TEXT,
    UNIQUE (grp, kind, data)
) STRICT;
INSERT INTO wish_003 (id, grp, kind, data, problem) SELECT id, grp, kind, data, problem FROM wish;
DROP TABLE wish;
ALTER TABLE wish_003 RENAME TO wish;
