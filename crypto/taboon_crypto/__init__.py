"""Cryptography of Taboon: MLS (RFC 9420), blobs, safety codes and key slots. No I/O, no clock, no storage."""
