-- Version 2: the board from a need to a need met. The folded board is made anew after this step (grp.folded).

-- When an event was first here, in Unix seconds, to the hour: renewals and closings count from no later than this.
ALTER TABLE event ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
UPDATE event SET received = CAST(strftime('%s', 'now') AS INTEGER) / 3600 * 3600;

-- Which version of the fold has made the folded board of a group; what the dispatch circle was when keys were last
-- sealed to it; whether the snapshot that we were given when we joined has come whole.
ALTER TABLE grp ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grp ADD COLUMN circle BLOB;
ALTER TABLE grp ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;

-- What a deleted event leaves: its author's number, its name and the name before it, so that it is no gap and comes in no more.
CREATE TABLE gone_event (
    name     BLOB PRIMARY KEY,
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    author   BLOB NOT NULL,
    number   INTEGER NOT NULL,
    previous BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_event_by_author ON gone_event (grp, author, number);

-- Ids of items that were deleted here; or that were closed before we came, of which we hold nothing.
CREATE TABLE gone_item (
    id      BLOB PRIMARY KEY,
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    deleted INTEGER NOT NULL                  -- 1: deleted; 0: closed before we came
) STRICT, WITHOUT ROWID;

-- What stays of a deleted item: what it was and how much, without a name, a text, an id or a signature.
CREATE TABLE total (
    id            INTEGER PRIMARY KEY,
    grp           INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    week          INTEGER NOT NULL,           -- Unix time / 604 800 of its opening
    kind          TEXT NOT NULL,
    category      TEXT NOT NULL,
    sub           TEXT NOT NULL,
    area          TEXT NOT NULL,
    urgency       TEXT NOT NULL,
    status        TEXT NOT NULL,
    why           TEXT NOT NULL,
    pledge_hours  INTEGER,                    -- from its opening to the first pledge, as stated; null without one
    deliver_hours INTEGER,                    -- to the first handing over
    people        INTEGER NOT NULL,
    lines         BLOB NOT NULL               -- CBOR: [[unit, quantity, delivered, confirmed] …]
) STRICT;
CREATE INDEX total_by_week ON total (grp, week);

DROP TABLE item;
CREATE TABLE item (
    id       BLOB PRIMARY KEY,
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    code     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    status   TEXT NOT NULL,
    category TEXT NOT NULL,
    sub      TEXT NOT NULL,
    area     TEXT NOT NULL,
    urgency  INTEGER NOT NULL,                -- 0 now … 3 whenever: the order of the board
    urgent   INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    renewed  INTEGER NOT NULL,                -- Unix time from which its freshness and its retention count
    closed   INTEGER,                         -- Unix time at which the event that closed it was first here; null if it is open
    needed   INTEGER NOT NULL,                -- needed by; 0 if not stated
    merged   BLOB,
    folded   BLOB NOT NULL
) STRICT;
CREATE INDEX item_by_board ON item (grp, urgency, created);
CREATE INDEX item_by_code ON item (grp, code);
CREATE INDEX item_by_category ON item (grp, category, created);
CREATE INDEX item_by_merged ON item (grp, merged) WHERE merged IS NOT NULL;

-- The group's lists as they are folded: taxonomy, areas, questions, how long to keep.
CREATE TABLE register (
    grp    INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    name   TEXT NOT NULL,
    folded BLOB NOT NULL,
    PRIMARY KEY (grp, name)
) STRICT, WITHOUT ROWID;

-- The sealing keys of the present members' leaves, so that sealing loads no MLS.
CREATE TABLE sealing_key (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    identity BLOB NOT NULL,
    public   BLOB NOT NULL,
    PRIMARY KEY (grp, identity)
) STRICT, WITHOUT ROWID;

-- A wish may also be for another dispatch circle: its identity keys, one after the other.
CREATE TABLE wish_002 (
    id      INTEGER PRIMARY KEY,
    grp     INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    kind    TEXT NOT NULL CHECK (kind IN ('add', 'remove', 'rotate', 'dispatch')),
    data    BLOB NOT NULL,
    problem TEXT,
    UNIQUE (grp, kind, data)
) STRICT;
INSERT INTO wish_002 (id, grp, kind, data, problem) SELECT id, grp, kind, data, problem FROM wish;
DROP TABLE wish;
ALTER TABLE wish_002 RENAME TO wish;
