"""What members send: RFC 9420, chapters 6 and 10, sections 12.1, 12.4 and 12.4.3."""
