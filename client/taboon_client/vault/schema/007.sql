-- Version 7: a pop-up relay beside home, and ended epochs that are kept for as long as it may matter.

-- The pop-up relay that a group uses, and how far the mailbox of the present epoch has been read there. `over` is 1 once
-- it is not asked any more: the row stays until home was heard from, so that what was said there comes home.
CREATE TABLE popup (
    grp            INTEGER PRIMARY KEY REFERENCES grp ON DELETE CASCADE,
    url            TEXT NOT NULL,
    relay_id       BLOB NOT NULL,
    since          INTEGER NOT NULL,          -- Unix time
    reached        INTEGER,                   -- Unix time at which it last answered
    over           INTEGER NOT NULL DEFAULT 0,
    epoch          INTEGER NOT NULL,          -- the one that the rest is of
    mailbox_secret BLOB NOT NULL,
    number         INTEGER NOT NULL,
    head           BLOB NOT NULL,
    spoiled        INTEGER NOT NULL DEFAULT 0,
    said           INTEGER NOT NULL DEFAULT 0 -- 1: what we had said in this epoch before was said there, too
) STRICT;

-- Blobs of the present epoch, and which of the two relays is known to hold each. `bytes` goes when both do.
CREATE TABLE carried (
    id    INTEGER PRIMARY KEY,
    grp   INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    hash  BLOB NOT NULL,
    bytes BLOB,
    home  INTEGER NOT NULL,
    popup INTEGER NOT NULL,
    UNIQUE (grp, hash)
) STRICT;

-- The commit that ended an epoch has to stand at both relays. `popup_secret` is null where none was in use.
ALTER TABLE ended ADD COLUMN popup_secret BLOB;
ALTER TABLE ended ADD COLUMN home INTEGER NOT NULL DEFAULT 1;
ALTER TABLE ended ADD COLUMN popup INTEGER NOT NULL DEFAULT 1;
-- For a relay that lost its disk and where somebody has ended the epoch anew: the blob that shows that this commit had
-- stood at home, and the seeds of our own mailbox of that epoch, where it is said. Null where there is nothing to show.
ALTER TABLE ended ADD COLUMN stood BLOB;
ALTER TABLE ended ADD COLUMN own_read BLOB;
ALTER TABLE ended ADD COLUMN own_append BLOB;

-- Ended epochs as they were before, each for itself: another commit that ended one may yet be found.
DROP TABLE fork;
CREATE TABLE fork (
    grp   INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    at    INTEGER NOT NULL,                   -- Unix time at which we went on
    look  INTEGER NOT NULL DEFAULT 0,         -- Unix time of our next look for another commit
    kept  BLOB NOT NULL,                      -- CBOR: see session/forks.py
    PRIMARY KEY (grp, epoch)
) STRICT, WITHOUT ROWID;

-- Epochs that we have left for another side of a fork. Our keys of each were spent as far as we came, and that is not
-- known any more: it is never entered again.
CREATE TABLE left_epoch (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    epoch_id BLOB NOT NULL,
    PRIMARY KEY (grp, epoch_id)
) STRICT, WITHOUT ROWID;

-- For a newcomer: of the events of each author that we do not hold, the names and the one before, as far down as an
-- event reaches that was given to us: a cut of that author leads over them.
CREATE TABLE given_link (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    author   BLOB NOT NULL,
    number   INTEGER NOT NULL,
    name     BLOB PRIMARY KEY,
    previous BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX given_link_by_author ON given_link (grp, author);

-- We have stepped back to the other side of a fork: whom ours had removed, and until when we only read.
CREATE TABLE stepped_back (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    identity BLOB NOT NULL,
    until    INTEGER NOT NULL,                -- Unix time
    PRIMARY KEY (grp, identity)
) STRICT, WITHOUT ROWID;

-- Our own request to come back: whether we ask for having been away for too long, in which epoch that was, and whether
-- an admin has decided to go on from there meanwhile, since nobody answers.
ALTER TABLE coming_back ADD COLUMN away INTEGER NOT NULL DEFAULT 0;
ALTER TABLE coming_back ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE coming_back ADD COLUMN resumed INTEGER;  -- Unix time
UPDATE coming_back SET epoch = (SELECT epoch FROM mailbox WHERE mailbox.grp = coming_back.grp)
 WHERE EXISTS (SELECT 1 FROM mailbox WHERE mailbox.grp = coming_back.grp);
