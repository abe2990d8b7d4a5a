-- The vault of a device, version 1. Everything here is inside SQLCipher; keys that are spent are deleted, not marked.
-- `secure_delete` and WAL checkpoints are set by the connection. Hashes, keys and names of events are 32-byte blobs.

-- One group, also while joining it is under way elsewhere (table joining). `version` moves with every change of MLS state:
-- a process whose memory is older reads again.
CREATE TABLE grp (
    id            INTEGER PRIMARY KEY,
    group_id      BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL,              -- as the settings register has it, folded
    state         TEXT NOT NULL CHECK (state IN ('active', 'removed', 'frozen', 'spoiled')),
    problem       TEXT,                       -- one plain sentence for the user, or null
    relay_url     TEXT NOT NULL,
    relay_id      BLOB NOT NULL,
    identity_seed BLOB NOT NULL,              -- Ed25519
    identity      BLOB NOT NULL,
    version       INTEGER NOT NULL DEFAULT 0,
    added_by      BLOB,                       -- identity key of the member whose commit added us; null for the founder
    joined        INTEGER NOT NULL DEFAULT 0, -- number of the epoch that we came in with
    snapshot      INTEGER,                    -- number of the epoch for whose newcomers we gave the last snapshot
    next_number   INTEGER NOT NULL DEFAULT 1, -- running number of our next event
    previous      BLOB,                       -- name of our last event
    synced        INTEGER                     -- Unix time of the last sync that reached the head
) STRICT;

-- The saved MLS state, by its named parts.
CREATE TABLE mls_part (
    grp   INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    name  TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (grp, name)
) STRICT, WITHOUT ROWID;

-- Private halves of what our leaf names: kept while the leaf, or an item sealed to it, may need them.
CREATE TABLE leaf_key (
    grp    INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    kind   TEXT NOT NULL CHECK (kind IN ('append', 'sealing')),
    public BLOB NOT NULL,
    secret BLOB NOT NULL,
    PRIMARY KEY (grp, public)
) STRICT, WITHOUT ROWID;

-- The epochs we know: who was in, with which roles; which cuts the commit that made the epoch brought.
CREATE TABLE epoch (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    epoch_id BLOB NOT NULL,
    record   BLOB NOT NULL,                   -- CBOR, as in the "history" payload
    committer BLOB,                           -- identity key of who made it; null where we were not there
    PRIMARY KEY (grp, number)
) STRICT, WITHOUT ROWID;

-- The mailbox of the present epoch: its keys and how far we have read. Gone when the epoch is.
CREATE TABLE mailbox (
    grp            INTEGER PRIMARY KEY REFERENCES grp ON DELETE CASCADE,
    epoch          INTEGER NOT NULL,
    class          INTEGER NOT NULL,
    mailbox_secret BLOB NOT NULL,
    blob_key       BLOB NOT NULL,
    number         INTEGER NOT NULL DEFAULT 0,
    head           BLOB NOT NULL
) STRICT;

-- Every event we hold, ours and others', as the bytes that came. `place` is an item id (a blob)
-- or a register's name (a text): the two never meet, whatever a member calls a register.
CREATE TABLE event (
    name     BLOB PRIMARY KEY,
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    author   BLOB NOT NULL,
    number   INTEGER NOT NULL,
    previous BLOB,
    place    ANY NOT NULL,
    epoch_id BLOB NOT NULL,
    carried  INTEGER,                         -- number of the latest epoch whose mailbox is known to hold it
    bytes    BLOB NOT NULL
) STRICT;
CREATE INDEX event_by_place ON event (grp, place);
CREATE INDEX event_by_author ON event (grp, author, number);
CREATE INDEX event_by_carrier ON event (grp, carried);

-- The board as it is folded, so that reading does not fold.
CREATE TABLE item (
    id       BLOB PRIMARY KEY,
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    code     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    status   TEXT NOT NULL,
    category TEXT NOT NULL,
    urgency  INTEGER NOT NULL,                -- 0 now … 3 whenever: the order of the board
    created  INTEGER NOT NULL,
    folded   BLOB NOT NULL
) STRICT;
CREATE INDEX item_by_board ON item (grp, urgency, created);
CREATE INDEX item_by_code ON item (grp, code);

CREATE TABLE person (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    identity BLOB NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (grp, identity)
) STRICT, WITHOUT ROWID;

-- A post with a key is made once, however often it is asked for (imports, bots).
CREATE TABLE post_key (
    grp   INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    key   BLOB NOT NULL,
    event BLOB NOT NULL,
    PRIMARY KEY (grp, key)
) STRICT, WITHOUT ROWID;

-- The outbox: what is saved and not yet known to be at the relay. A row is an event of the table above, or a payload of its own.
-- `blob` is set when it has been encrypted, and cleared again if the epoch ended before that blob got in.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY,
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    event   BLOB,
    payload BLOB,
    blob    BLOB,
    CHECK ((event IS NULL) <> (payload IS NULL))
) STRICT;
CREATE INDEX outbox_by_blob ON outbox (grp, blob);
CREATE INDEX outbox_by_event ON outbox (grp, event);

-- Blobs of ours in the present epoch's mailbox. `bytes` goes when the relay has given its receipt; the hash stays until the
-- epoch ends, because a message of our own leaf that is not in this table means a second copy of the vault.
CREATE TABLE own_blob (
    id    INTEGER PRIMARY KEY,                -- the order in which they were made, and go out
    grp   INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    hash  BLOB NOT NULL UNIQUE,
    bytes BLOB
) STRICT;

-- Parts of messages longer than a blob, until their message is whole: contents in the order of the mailbox.
CREATE TABLE part (
    id       INTEGER PRIMARY KEY,
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    transfer BLOB NOT NULL,
    content  BLOB NOT NULL
) STRICT;

-- For a newcomer: the last number and name of each author at the time of the snapshot. What lies below is no gap.
CREATE TABLE author_base (
    grp    INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    author BLOB NOT NULL,
    number INTEGER NOT NULL,
    name   BLOB NOT NULL,
    PRIMARY KEY (grp, author)
) STRICT, WITHOUT ROWID;

-- What an admin or member wants from the next commit; it stays until a commit has brought it about.
CREATE TABLE wish (
    id   INTEGER PRIMARY KEY,
    grp  INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('add', 'remove', 'rotate')),
    data BLOB NOT NULL,                       -- add: digests of invite and key package; remove: identity key; rotate: empty
    problem TEXT,                             -- why it cannot come about, until whoever wished it has been told
    UNIQUE (grp, kind, data)
) STRICT;

-- Our commits that may become this epoch's seal. `expected` is the number the seal must get; a removal insists on one
-- three times. One is live and is sent; those that the relay refused stay until the epoch ends, in case it lied.
CREATE TABLE staged (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    live     INTEGER NOT NULL DEFAULT 1,
    bytes    BLOB NOT NULL,
    blobs    BLOB NOT NULL,                   -- CBOR: the blobs that carry it, the last one is the seal
    hash     BLOB PRIMARY KEY,                -- of the seal
    expected INTEGER,
    welcome  BLOB,
    adds     BLOB NOT NULL                    -- CBOR: what the "add" wishes say whose joiners this commit adds
) STRICT, WITHOUT ROWID;

-- Invites of ours, and the rendezvous behind each.
CREATE TABLE invite (
    id          INTEGER PRIMARY KEY,
    grp         INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    digest      BLOB NOT NULL UNIQUE,         -- of the payload
    payload     BLOB NOT NULL,
    invite_seed BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'requested', 'approved', 'answered', 'ended')),
    request     BLOB,                         -- the content of the one request
    blobs       BLOB,                         -- CBOR: Welcome or "ended", ready to append at the rendezvous
    number      INTEGER NOT NULL DEFAULT 0,
    head        BLOB NOT NULL
) STRICT;

-- Our own requests to join.
CREATE TABLE joining (
    id            INTEGER PRIMARY KEY,
    digest        BLOB NOT NULL UNIQUE,       -- of the payload
    payload       BLOB,                       -- the invite's secrets; null once the request is closed
    safety        BLOB NOT NULL,              -- CBOR: the safety code in its three forms
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'joined', 'ended')),
    problem       TEXT,
    name          TEXT NOT NULL,
    identity_seed BLOB,
    key_package   BLOB NOT NULL,
    expires       INTEGER NOT NULL,           -- Unix time / 60
    secrets       BLOB,                       -- private halves; null once spent
    blob          BLOB,                       -- the request; null once it is closed
    grp           INTEGER REFERENCES grp ON DELETE SET NULL
) STRICT;
