"""Mailboxes that expired vanish whole, from the file and from its write-ahead log."""

import asyncio
from functools import partial

from sqlalchemy.exc import DatabaseError, OperationalError

from taboon_server.days import Days
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.store import Store, sqlite_name
from taboon_server.writer import Writer


def purge_at_start(store: Store, today: int, notices: Notices) -> None:
    """Delete every expired mailbox and tidy the file, before anyone is served.

    Raises:
        StoreError: the file is damaged.
    """
    try:
        while gone := store.expired(today):
            for mailbox in gone:
                while store.purge_step(mailbox, today):
                    pass
        store.tidy()
    except OperationalError as error:  # no room, or another process has it: what is stored can be served all the same
        notices.count(f"start {sqlite_name(error)}")
    except DatabaseError as error:
        raise store.unusable() from error


async def purge_once(store: Store, writer: Writer, days: Days) -> bool:
    """Delete every expired mailbox in small steps between the appends, then empty the log.

    Returns:
        Whether the log could be emptied (nothing was deleted, or no reader was in the way).
    """
    purged = False
    while gone := await asyncio.to_thread(store.expired, days.today()):
        for mailbox in gone:
            while await writer.alone(partial(store.purge_step, mailbox, days.today())):
                pass
        purged = True
    return not purged or await writer.alone(store.truncate_log)


async def purge_for_ever(store: Store, writer: Writer, days: Days, notices: Notices, seconds: float) -> None:
    """Look for expired mailboxes every so many seconds."""
    emptied = True
    while True:
        await asyncio.sleep(seconds)
        try:
            emptied = await purge_once(store, writer, days) and (emptied or await writer.alone(store.truncate_log))
        except Problem as problem:
            notices.count(f"expiry {problem.name}")
            emptied = False
        except DatabaseError as error:
            notices.count(f"expiry {sqlite_name(error)}")
            emptied = False
        if days.leapt:
            notices.count("clock leapt ahead; nothing more expires for a day")
