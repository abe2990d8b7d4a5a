"""Mailboxes that expired vanish whole, from the file and from its write-ahead log.

What has expired is never answered, deleted or not: so deleting it need not wait for a start, nor a start for it.
"""

import asyncio
import time
from functools import partial
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError

from taboon_server.database import error_name
from taboon_server.days import Days
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.store import Store
from taboon_server.writer import Writer

_MOST_REWRITTEN: Final = 256 << 20
"""Bytes of an SQLite file that a start still writes anew: it takes seconds. Gigabytes take minutes without a relay."""

_START_SECONDS: Final = 5.0
"""Seconds that a start may delete; what is left is deleted while it serves."""

_LOOK_SHARE: Final = 100
"""Counting all mailboxes may take one part in so many of the time."""


def begin(store: Store, days: Days, notices: Notices) -> None:
    """Before anyone is served: delete what has expired and write the file anew, where that takes seconds.

    Raises:
        StoreError: the file is damaged.
    """
    today = days.today()
    _tell_of_leap(days, notices)
    try:
        if not store.is_postgres:
            if store.file_size() <= _MOST_REWRITTEN:
                store.purge(today, _START_SECONDS)
                store.tidy()
            else:
                notices.count("large database not written anew; `taboon relay tidy` does that")
                store.truncate_log()
        store.note_run(days.latest)
    except OperationalError as error:  # no room, or another process has it: what is stored can be served all the same
        notices.count(f"start {error_name(error)}")
    except DBAPIError as error:
        raise store.unusable(error) from error


async def look_at_all(store: Store, writer: Writer, days: Days) -> None:
    """Count what is stored in all, and take back what a clock that was ahead would keep for too long."""
    before = writer.quotas.totals
    counted = await asyncio.to_thread(store.totals)
    await writer.submit(partial(writer.quotas.correct, before, counted))
    today = days.today()
    while days.in_order and (kept := await asyncio.to_thread(store.kept_too_long, today)):
        await writer.submit(partial(store.shorten, kept, today))


async def purge_once(store: Store, writer: Writer, days: Days) -> bool:
    """Delete every expired mailbox in small steps between the appends, then empty the log.

    The log would keep what was deleted, and tells in which order mailboxes were used.

    Returns:
        Whether the log could be emptied: no reader was in the way.
    """
    while await writer.submit(partial(store.purge_step, days.today())):
        pass
    emptied: bool = await writer.submit(store.truncate_log)
    return emptied


async def purge_for_ever(store: Store, writer: Writer, days: Days, notices: Notices, seconds: float) -> None:
    """Look every so many seconds at what has expired, and at what is stored in all."""
    look_at = 0.0
    while True:
        await asyncio.sleep(seconds)
        try:
            await writer.submit(lambda: store.note_run(days.latest))
            await purge_once(store, writer, days)
            began = time.monotonic()
            if began >= look_at:
                await look_at_all(store, writer, days)
                look_at = began + _LOOK_SHARE * (time.monotonic() - began)
        except Problem as problem:
            notices.count(f"expiry {problem.name}")
        except Exception as error:  # noqa: BLE001 - expiry must outlive any mistake; it is counted
            notices.count(f"expiry {error_name(error)}")
        _tell_of_leap(days, notices)


def _tell_of_leap(days: Days, notices: Notices) -> None:
    if days.leapt:
        notices.count("clock leapt ahead; nothing more expires for a day")
