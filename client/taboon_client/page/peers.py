"""Which user of this machine is at the other end of a connection, where the system tells (Linux: ``/proc/net/tcp``).

The code and the token keep others out everywhere. This keeps them from guessing at the door, too: five wrong codes of
somebody else's would shut it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["is_ours", "uid_in"]

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOOPBACK: Final = ("0100007F", "0000000000000000FFFF00000100007F")
"""127.0.0.1 as each table writes it on a little-endian machine; elsewhere nothing is found, and nobody is refused."""
_UID: Final = 7


def is_ours(theirs: int, ours: int) -> bool:
    """Tell whether a connection on 127.0.0.1 may be one of our own user's; where nobody knows, it may.

    Args:
        theirs: The port that it comes from.
        ours: The port that it came to.
    """
    for path in _TABLES:
        try:
            table = path.read_text("ascii", "replace")
        except OSError:
            continue
        uid = uid_in(table, theirs, ours)
        if uid is not None:
            return uid == os.geteuid()
    return True


def uid_in(table: str, theirs: int, ours: int) -> int | None:
    """Return the user who holds their end of a connection, None if it is not in the table."""
    wanted = [[f"{address}:{theirs:04X}", f"{address}:{ours:04X}"] for address in _LOOPBACK]
    for line in table.splitlines():
        fields = line.split()
        if fields[1:3] in wanted and len(fields) > _UID and fields[_UID].isdecimal():
            return int(fields[_UID])
    return None
