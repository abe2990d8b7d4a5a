-- Version 10: a group can move to another home relay.

-- Homes that a group has left, for 30 days: who is behind still reads there, and asks there to come back.
CREATE TABLE former_home (
    grp      INTEGER NOT NULL REFERENCES grp ON DELETE CASCADE,
    relay_id BLOB NOT NULL,
    url      TEXT NOT NULL,
    pass     BLOB NOT NULL,
    since    INTEGER NOT NULL,                -- Unix time at which we left it
    due      INTEGER NOT NULL DEFAULT 0,      -- Unix time before which it is not asked: it had not answered
    PRIMARY KEY (grp, relay_id)
) STRICT, WITHOUT ROWID;

-- Which relay was home in an epoch that has ended, and at which one `popup_secret` opens a mailbox of it.
ALTER TABLE ended ADD COLUMN relay_id BLOB NOT NULL DEFAULT X'';
ALTER TABLE ended ADD COLUMN popup_id BLOB;
UPDATE ended SET
    relay_id = (SELECT grp.relay_id FROM grp WHERE grp.id = ended.grp),
    popup_id = (SELECT popup.relay_id FROM popup WHERE popup.grp = ended.grp);

-- At which relay a request to come back was found, and so where the answer is looked for.
ALTER TABLE return_request ADD COLUMN relay_id BLOB NOT NULL DEFAULT X'';
ALTER TABLE reply ADD COLUMN relay_id BLOB NOT NULL DEFAULT X'';
UPDATE return_request SET relay_id = (SELECT grp.relay_id FROM grp WHERE grp.id = return_request.grp);
UPDATE reply SET relay_id = (SELECT grp.relay_id FROM grp WHERE grp.id = reply.grp);

-- Unix time of our next look at homes that were left; null where the leaf came after.
ALTER TABLE watched_leaf ADD COLUMN look_back INTEGER;
