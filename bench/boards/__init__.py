"""What the board's benchmark is built from: histories of a group, in memory and in a vault."""
