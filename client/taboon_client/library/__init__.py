"""The library: open a vault, create or join a group, post, pledge, watch the board, rotate, remove.

    async with await Taboon.open(passphrase) as taboon:
        group = await taboon.group("Harbour")
        need = await group.post(Need(title="Drinking water", lines=(Line(quantity=20, unit="L"),), created=0))
        await group.sync()

The vault is used on one thread of its own, so a slow disk never stops an event loop. `post` and the like return when
the event is saved; `sync` and `flush` talk to the relay. :mod:`taboon_client.blocking` has the same without ``async``.
"""

from taboon_client.library.group import COMMIT_WAIT, DEFAULT_WAIT, Group
from taboon_client.library.taboon import Taboon

__all__ = ["COMMIT_WAIT", "DEFAULT_WAIT", "Group", "Taboon"]
