"""The relay: stores encrypted blobs in mailboxes, in order, until they expire. It knows nothing else."""
