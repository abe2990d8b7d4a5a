"""Copying a relay's database, also while it is served: for a backup, another box, or another kind of database."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Row, insert, select, update

from taboon_server import wire
from taboon_server.database import StoreError
from taboon_server.store import Store
from taboon_server.tables import BLOBS, ENDED, MAILBOXES

_BLOBS_AT_ONCE: Final = 64
_COMMIT_BYTES: Final = 8 << 20
_NO_FIT: Final = (
    "What is stored does not fit: the source is damaged, or the target is no copy of it. Name an empty one."
)


def copy_all(source: Store, target: Store) -> tuple[int, int]:
    """Copy every mailbox as it stands now; what the target has of an earlier copy is not copied again.

    The source is read in one transaction, so its relay may go on: what it takes meanwhile is copied by the next run.
    Every running head is computed again on the way, and nothing is stored that does not fit it. What has expired by the
    last day on which the source ran leaves the target first.

    Returns:
        How many mailboxes the target has now, and how many blobs were copied.

    Raises:
        StoreError: the source is damaged, or the target holds what the source does not.
    """
    target.purge(source.last_run())
    mailboxes = blobs = size = 0
    with source.reading.connect() as reading, target.writing.connect() as writing:
        for mailbox in _mailboxes(reading):
            number, head, used = _start(writing, mailbox)
            for batch in _newer(reading, mailbox.id, number):
                for row in batch:
                    number, head = number + 1, wire.next_head(head, number + 1, wire.sha256(row.bytes))
                    if (row.number, row.head) != (number, head):
                        raise StoreError(_NO_FIT)
                    used += len(row.bytes)
                writing.execute(insert(BLOBS), [row._asdict() for row in batch])
                _move(writing, mailbox, number, head, used)
                blobs, size = blobs + len(batch), size + sum(len(row.bytes) for row in batch)
                if size >= _COMMIT_BYTES:
                    writing.commit()
                    size = 0
            if (number, head) != (mailbox.head_number, mailbox.head_hash):
                raise StoreError(_NO_FIT)
            _move(writing, mailbox, number, head, used)
            mailboxes += 1
        writing.commit()
    target.note_run(max(source.last_run(), target.last_run()))
    return mailboxes, blobs


def _mailboxes(connection: Connection) -> Iterator[Row[tuple[object, ...]]]:
    last = b""
    here = select(MAILBOXES).where(MAILBOXES.c.kept_until != ENDED).order_by(MAILBOXES.c.id).limit(1_000)
    while rows := connection.execute(here.where(MAILBOXES.c.id > last)).all():
        yield from rows
        last = rows[-1].id


def _newer(connection: Connection, mailbox: bytes, number: int) -> Iterator[list[Row[tuple[object, ...]]]]:
    here = select(BLOBS).where(BLOBS.c.mailbox == mailbox).order_by(BLOBS.c.number).limit(_BLOBS_AT_ONCE)
    while rows := list(connection.execute(here.where(BLOBS.c.number > number))):
        yield rows
        number = rows[-1].number


def _start(connection: Connection, mailbox: Row[tuple[object, ...]]) -> tuple[int, bytes, int]:
    """Return number, head and bytes that the target has of a mailbox; make it there if it is not."""
    there = connection.execute(select(MAILBOXES).where(MAILBOXES.c.id == mailbox.id)).one_or_none()
    if there is not None:
        if there.head_number > mailbox.head_number:
            raise StoreError(_NO_FIT)
        return there.head_number, there.head_hash, there.bytes_used
    head = wire.first_head(mailbox.id)
    empty = {"head_number": 0, "head_hash": head, "sealed": False, "bytes_used": 0}
    connection.execute(insert(MAILBOXES), mailbox._asdict() | empty)
    return 0, head, 0


def _move(connection: Connection, mailbox: Row[tuple[object, ...]], number: int, head: bytes, used: int) -> None:
    sealed = mailbox.sealed and number == mailbox.head_number
    values = {"head_number": number, "head_hash": head, "sealed": sealed, "bytes_used": used}
    connection.execute(
        update(MAILBOXES).where(MAILBOXES.c.id == mailbox.id).values(**values, kept_until=mailbox.kept_until)
    )
