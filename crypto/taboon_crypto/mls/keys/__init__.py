"""The secrets of an epoch: RFC 9420, chapters 8 and 9."""
