"""Mailboxes that expired vanish whole, from the file and from its write-ahead log."""

import asyncio

from taboon_server.days import Days
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.store import Store, purge_step
from taboon_server.writer import Writer


def purge_at_start(store: Store, today: int) -> None:
    """Delete every expired mailbox and tidy the file, before anyone is served."""
    while gone := store.expired(today):
        for mailbox in gone:
            with store.writing.begin() as connection:
                more = purge_step(connection, mailbox, today)
            while more:
                with store.writing.begin() as connection:
                    more = purge_step(connection, mailbox, today)
    store.tidy()


async def purge_once(store: Store, writer: Writer, days: Days) -> bool:
    """Delete every expired mailbox in small steps between the appends, then empty the log.

    Returns:
        Whether the log could be emptied (nothing was deleted, or no reader was in the way).
    """
    purged = False
    while gone := await asyncio.to_thread(store.expired, days.today()):
        for mailbox in gone:
            while await writer.purge(mailbox):
                pass
        purged = True
    return not purged or await writer.truncate_log()


async def purge_for_ever(store: Store, writer: Writer, days: Days, notices: Notices, seconds: float) -> None:
    """Look for expired mailboxes every so many seconds."""
    emptied = True
    while True:
        await asyncio.sleep(seconds)
        try:
            emptied = await purge_once(store, writer, days) and (emptied or await writer.truncate_log())
        except Problem as problem:
            notices.count(f"expiry {problem.name}")
        if days.leapt:
            notices.count("clock leapt ahead, nothing expires until it has run on for a day")
