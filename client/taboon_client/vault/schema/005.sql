-- Version 5: what somebody has set up for themselves in a group. It stays on this device and is in no event.

-- Kinds: 'view' (a saved view of the board, by its name), 'person' (what its owner can help with; its name is empty).
CREATE TABLE own_setting (
    grp   INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (grp, kind, name)
) STRICT, WITHOUT ROWID;
