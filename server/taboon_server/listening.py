"""Waking readers whose mailbox got its blob through another process on the same PostgreSQL.

What is said between processes is only that one of them appended something. PostgreSQL keeps notifications on its
disk, in order: with a mailbox in them, even hashed, whoever seizes it would see which were used after each other.
So each process that hears one asks whether those mailboxes moved that its own readers wait on.
"""

import asyncio
import time
from typing import Any, Final

from taboon_server.database import LINE, error_name
from taboon_server.notices import Notices
from taboon_server.store import CHANNEL, Store
from taboon_server.waiters import Waiters

_HEAR_SECONDS: Final = 1.0
_REST: Final = 4
"""How many times as long as asking took nothing is asked again: it never takes more than a fifth of the time."""


async def listen_for_ever(store: Store, waiters: Waiters, notices: Notices) -> None:
    """Wake readers when another process has appended; on SQLite there is none."""
    while store.is_postgres:
        try:
            connection = await asyncio.to_thread(_connect, store)
            try:
                while True:
                    began = time.monotonic()
                    if waiting := waiters.waiting():
                        waiters.wake(await asyncio.to_thread(store.moved, waiting))
                    await asyncio.sleep(_REST * (time.monotonic() - began))
                    while not await asyncio.to_thread(_heard, connection, store.own_name):
                        pass
            finally:
                connection.close()
        except Exception as error:  # noqa: BLE001 - as expiry's
            notices.count(f"listening {error_name(error)}")
            await asyncio.sleep(_HEAR_SECONDS)


def _connect(store: Store) -> Any:
    url = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = store.driver.connect(url, **LINE)
    connection.autocommit = True
    connection.execute(f"LISTEN {CHANNEL}")
    return connection


def _heard(connection: Any, own_name: str) -> bool:
    """Wait a while for a notification by another process; take all that are there, for one question answers them."""
    heard = [notification.payload for notification in connection.notifies(timeout=_HEAR_SECONDS, stop_after=1)]
    heard += [notification.payload for notification in connection.notifies(timeout=0)]
    return any(name != own_name for name in heard)
