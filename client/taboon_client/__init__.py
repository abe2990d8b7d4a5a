"""The Taboon client: vault, group session, board, sync and command line."""
