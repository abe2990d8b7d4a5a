-- Version 4: what an admin needs to see about keys, removals and acts; invites that every admin's device can answer.

-- With which epoch the leaf came that a member has now, and when that was noted here (Unix time, to the hour; null where
-- we were not there). `checked` says how we know that the identity key is that person's: null where we do not.
CREATE TABLE leaf (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    identity BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    since    INTEGER,
    checked  TEXT,
    PRIMARY KEY (grp, identity)
) STRICT, WITHOUT ROWID;

-- Removals: the commit that ended an epoch with them. `mailbox` is, for a commit of ours, what reads that epoch's mailbox
-- once more over another connection; null once that was done, or where somebody else removed.
CREATE TABLE removal (
    grp       INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    epoch     INTEGER NOT NULL,               -- the one that the commit made
    members   BLOB NOT NULL,                  -- CBOR: identity keys
    at        INTEGER NOT NULL,               -- Unix time, to the hour
    ours      INTEGER NOT NULL,
    mailbox   BLOB,                           -- CBOR: [relay address, relay id, class, secret, number, head, hash of the seal]
    confirmed INTEGER NOT NULL DEFAULT 0,     -- half of the members were seen since
    PRIMARY KEY (grp, epoch)
) STRICT, WITHOUT ROWID;

-- What admins have done, as this device saw it: what a member can read of it.
CREATE TABLE deed (
    id      INTEGER PRIMARY KEY,
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    epoch   INTEGER NOT NULL,                 -- the one that the commit made
    at      INTEGER NOT NULL,                 -- Unix time, to the hour
    author  BLOB NOT NULL,
    kind    TEXT NOT NULL,
    members BLOB NOT NULL,                    -- CBOR: identity keys
    changes BLOB NOT NULL,                    -- CBOR: [[rule, before, after] …]
    agreed  BLOB NOT NULL                     -- CBOR: identity keys of those whose approval the commit carried
) STRICT;
CREATE INDEX deed_by_group ON deed (grp, id);

-- Who made an invite, and by which event all admins hold it; null for one that is ours alone.
ALTER TABLE invite ADD COLUMN maker BLOB;
ALTER TABLE invite ADD COLUMN event BLOB;
-- The event that we speak of when an invite is ended: the reason, for the others.
ALTER TABLE invite ADD COLUMN why TEXT;
