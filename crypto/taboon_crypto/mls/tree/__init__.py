"""The ratchet tree: RFC 9420, chapters 4 and 7, appendix C."""
