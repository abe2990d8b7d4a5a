"""A group and its life: RFC 9420, chapters 11, 12 and 14."""
