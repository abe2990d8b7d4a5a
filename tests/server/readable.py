"""`taboon relay` whose memory its parent may read: `python -m tests.server.readable`. All else is as it is."""

from __future__ import annotations

from taboon_server import memory
from taboon_server.cli import relay

if __name__ == "__main__":
    # The relay forbids it; a test that looks for what stays in memory has to look.
    memory.no_core_dumps = lambda: None
    relay(prog_name="relay")
