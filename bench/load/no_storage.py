"""The relay without its storage, run with the relay's own arguments: ``python -m bench.load.no_storage``.

It is the same program with one method replaced: a write that has passed every check is answered as though it had been
committed. What the relay takes above this is what storing costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_server import wire
from taboon_server.appending import Append, Appended
from taboon_server.cli import relay
from taboon_server.writer import Writer

if TYPE_CHECKING:
    from taboon_server.appending import Create


async def _create(_: Writer, create: Create) -> None:  # noqa: ARG001 - it makes nothing
    return


async def _append(_: Writer, append: Append) -> Appended:
    return Appended(1, append.blob_hash, wire.next_head(append.mailbox, 1, append.blob_hash), append.seal)


if __name__ == "__main__":
    Writer.create = _create  # type: ignore[assignment, method-assign] # this is what the program is for
    Writer.append = _append  # type: ignore[assignment, method-assign] # this is what the program is for
    relay(prog_name="relay")
