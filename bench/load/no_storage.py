"""The relay without its storage, run with the relay's own arguments: ``python -m bench.load.no_storage``.

It is the same program with one method replaced: a write that has passed every check is answered as though it had been
committed. What the relay takes above this is what storing costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taboon_server import wire
from taboon_server.appending import Append, Create
from taboon_server.cli import relay
from taboon_server.wire import Appended
from taboon_server.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

_submit = Writer.submit


async def _answered(writer: Writer, task: Create | Append | Callable[[], Any]) -> Any:
    if isinstance(task, Create):
        return True
    if isinstance(task, Append):
        return Appended(1, task.blob_hash, wire.next_head(task.mailbox, 1, task.blob_hash), task.seal)
    return await _submit(writer, task)


if __name__ == "__main__":
    Writer.submit = _answered  # type: ignore[assignment, method-assign] # this is what the program is for
    relay(prog_name="relay")
