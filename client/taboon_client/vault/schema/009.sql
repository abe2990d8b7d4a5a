-- Version 9: two histories of a group are brought together, also where the epoch in which they part was not kept whole.

-- `witness` is enough to judge other commits of that epoch and leads nowhere (CBOR); `last` is who had committed before;
-- `leaf` is our own leaf's name in that epoch and its secret for asking to come back. `relook` is when home is asked
-- once more whether it still shows this commit.
ALTER TABLE ended ADD COLUMN witness BLOB;
ALTER TABLE ended ADD COLUMN last BLOB;
ALTER TABLE ended ADD COLUMN leaf BLOB;
ALTER TABLE ended ADD COLUMN relook INTEGER NOT NULL DEFAULT 0;

-- Epochs from which on others are in another history: what their side shows, null until it came; whether it stands before
-- ours; the blobs by which we say so to our side, and the epoch they were made in.
CREATE TABLE other_side (
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    epoch   INTEGER NOT NULL,
    at      INTEGER NOT NULL,                 -- Unix time at which we learned of it
    showing BLOB,
    stands  INTEGER NOT NULL DEFAULT 0,
    heard   INTEGER NOT NULL DEFAULT 0,       -- 1: our side was told by somebody else
    blobs   BLOB,                             -- CBOR
    made    INTEGER,
    PRIMARY KEY (grp, epoch)
) STRICT, WITHOUT ROWID;

-- What our side of a fork had done, to be done again once we are on the other one (CBOR).
CREATE TABLE redo (
    grp  INTEGER PRIMARY KEY REFERENCES grp ON DELETE CASCADE,
    todo BLOB NOT NULL
) STRICT;

-- A device that has lost its way is `astray`; `spoiled` is what becomes of an epoch.
ALTER TABLE grp ADD COLUMN stands TEXT NOT NULL DEFAULT 'active'
    CHECK (stands IN ('active', 'removed', 'frozen', 'astray'));
UPDATE grp SET stands = replace(state, 'spoiled', 'astray');
ALTER TABLE grp DROP COLUMN state;
ALTER TABLE grp RENAME COLUMN stands TO state;
