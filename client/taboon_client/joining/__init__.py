"""How one person comes into a group: link, rendezvous, safety code, approval, Welcome (docs/protocol.md, section 4)."""
