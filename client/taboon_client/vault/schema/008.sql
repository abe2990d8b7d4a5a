-- Version 8: who was removed while away is told so; a wish that confirms a device is of a kind of its own.

-- The day since 1970 on which the member was removed whose leaf this was; null while they are a member.
ALTER TABLE watched_leaf ADD COLUMN removed INTEGER;
-- 1: it is left only where nobody has left the same yet.
ALTER TABLE reply ADD COLUMN once INTEGER NOT NULL DEFAULT 0;

UPDATE wish SET kind = 'confirm' WHERE kind = 'rotate' AND length(data) > 0;
