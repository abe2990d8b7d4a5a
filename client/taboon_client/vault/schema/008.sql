-- Version 8: a wish that confirms a device of ours is of a kind of its own, and no rotation that names one.

UPDATE wish SET kind = 'confirm' WHERE kind = 'rotate' AND length(data) > 0;
