"""Mailboxes that expired vanish whole, from the file and from its write-ahead log."""

import asyncio
import contextlib
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

_LOOK_SHARE: Final = 100
"""Counting all mailboxes may take one part in so many of the time."""


def purge_at_start(store: Store, days: Days, notices: Notices) -> None:
    """Delete every expired mailbox and tidy the file, before anyone is served.

    Raises:
        StoreError: the file is damaged.
    """
    try:
        store.purge(days.today())
        if not store.is_postgres:
            if store.file_size() <= _MOST_REWRITTEN:
                store.tidy()
            else:
                notices.count("large database not written anew; `taboon relay tidy` does that")
                store.truncate_log()
        store.note_run(days.today())
        _tell_of_leap(days, notices)
    except OperationalError as error:  # no room, or another process has it: what is stored can be served all the same
        notices.count(f"start {error_name(error)}")
    except DBAPIError as error:
        raise store.unusable(error) from error


async def purge_once(store: Store, writer: Writer, days: Days) -> bool:
    """Delete every expired mailbox in small steps between the appends, then empty the log.

    The log would keep what was deleted, and tells in which order mailboxes were used.

    Returns:
        Whether the log could be emptied: no reader was in the way.
    """
    while gone := await asyncio.to_thread(store.expired, days.today()):
        for mailbox in gone:
            while await writer.alone(partial(store.purge_step, mailbox, days.today())):
                pass
    return await writer.alone(store.truncate_log)


async def purge_for_ever(store: Store, writer: Writer, days: Days, notices: Notices, seconds: float) -> None:
    """Look every so many seconds at what is stored in all, and at what has expired."""
    look_at = 0.0
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(writer.met_expired.wait(), seconds)
        writer.met_expired.clear()
        try:
            began = time.monotonic()
            if began >= look_at:
                writer.quotas.totals = await asyncio.to_thread(store.totals)
                look_at = began + _LOOK_SHARE * (time.monotonic() - began)
            await writer.alone(partial(store.note_run, days.today()))
            await purge_once(store, writer, days)
        except Problem as problem:
            notices.count(f"expiry {problem.name}")
        except Exception as error:  # noqa: BLE001 - expiry must outlive any mistake; it is counted
            notices.count(f"expiry {error_name(error)}")
        _tell_of_leap(days, notices)


def _tell_of_leap(days: Days, notices: Notices) -> None:
    if days.leapt:
        notices.count("clock leapt ahead; nothing more expires for a day")
