"""What one transaction of the writer does: makes mailboxes, and appends blobs in the order in which they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_, update

from taboon_server import problems, wire
from taboon_server.problems import Problem
from taboon_server.settings import Settings
from taboon_server.store import is_expired
from taboon_server.tables import BLOBS, MAILBOXES

DISK_RETRY: Final = 60
"""Seconds after which trying again makes sense when the disk is full."""

_FIND_MAILBOXES: Final = select(MAILBOXES).where(MAILBOXES.c.id.in_(bindparam("ids", expanding=True)))
_FIND_BLOBS: Final = select(BLOBS.c.mailbox, BLOBS.c.hash, BLOBS.c.number).where(
    tuple_(BLOBS.c.mailbox, BLOBS.c.hash).in_(bindparam("names", expanding=True))
)
_MOVE_HEAD: Final = (
    update(MAILBOXES)
    .where(MAILBOXES.c.id == bindparam("mailbox"))
    .values({name: bindparam(f"new_{name}") for name in ("head_number", "head_hash", "sealed", "bytes_used", "day")})
)


@dataclass(frozen=True, slots=True)
class Create:
    """Make a mailbox, if it is not there."""

    mailbox: bytes
    retention: int


@dataclass(frozen=True, slots=True)
class Append:
    """Append a blob to a mailbox, as its seal or not, perhaps only as a certain number."""

    mailbox: bytes
    blob: bytes
    seal: bool
    expected: int | None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a blob stands. `head` is None for a blob that was there before: it has to be computed."""

    number: int
    blob_hash: bytes
    head: bytes | None
    is_seal: bool


Result = Appended | Problem | None
"""What became of a write; None for a mailbox that is there now."""


@dataclass(slots=True)
class _State:
    """A mailbox as the transaction has it."""

    number: int
    head: bytes
    sealed: bool
    used: int
    day: int
    moved: bool = False


def write_all(
    connection: Connection, writes: Sequence[Create | Append], settings: Settings, today: int, *, disk_is_low: bool
) -> list[Result]:
    """Do every write that can be done, inside the connection's transaction.

    Returns:
        What became of each, in their order; it is true only once the transaction has been committed.
    """
    results: list[Result] = [None] * len(writes)
    appends: list[tuple[int, Append]] = []
    for position, write in enumerate(writes):
        if isinstance(write, Create):
            results[position] = _create(connection, write, today, disk_is_low=disk_is_low)
        else:
            appends.append((position, write))
    if not appends:
        return results

    ids = list({append.mailbox for _, append in appends})
    states = {
        row.id: _State(row.head_number, row.head_hash, row.sealed, row.bytes_used, row.day)
        for row in connection.execute(_FIND_MAILBOXES, {"ids": ids})
        if not is_expired(row.head_number, row.retention, row.day, today)
    }
    names = {position: (append.mailbox, wire.sha256(append.blob)) for position, append in appends}
    found = connection.execute(_FIND_BLOBS, {"names": list(names.values())})
    known = {(mailbox, blob_hash): number for mailbox, blob_hash, number in found}
    new: list[dict[str, Any]] = []
    for position, append in appends:
        state, number, blob_hash = states.get(append.mailbox), known.get(names[position]), names[position][1]
        if state is None:
            results[position] = problems.unknown_mailbox()
        elif number is not None:
            results[position] = Appended(number, blob_hash, None, state.sealed and number == state.number)
        elif (refusal := _refusal(state, append, settings, disk_is_low=disk_is_low)) is not None:
            results[position] = refusal
        else:
            results[position] = _add(state, append, blob_hash, today)
            known[names[position]] = state.number
            new.append({"mailbox": append.mailbox, "number": state.number, "hash": blob_hash, "bytes": append.blob})
    if new:
        connection.execute(insert(BLOBS), new)
        connection.execute(_MOVE_HEAD, [_row(mailbox, state) for mailbox, state in states.items() if state.moved])
    return results


def _create(connection: Connection, create: Create, today: int, *, disk_is_low: bool) -> Problem | None:
    mailbox = create.mailbox
    row = connection.execute(select(MAILBOXES).where(MAILBOXES.c.id == mailbox)).one_or_none()
    if row is not None:
        if not is_expired(row.head_number, row.retention, row.day, today):
            return None
        connection.execute(delete(BLOBS).where(BLOBS.c.mailbox == mailbox))
        connection.execute(delete(MAILBOXES).where(MAILBOXES.c.id == mailbox))
    if disk_is_low:
        return problems.busy(DISK_RETRY)
    state = _State(0, wire.first_head(mailbox), sealed=False, used=0, day=today)
    values = {name.removeprefix("new_"): value for name, value in _row(mailbox, state).items() if name != "mailbox"}
    connection.execute(insert(MAILBOXES), {"id": mailbox, "retention": create.retention, **values})
    return None


def _refusal(state: _State, append: Append, settings: Settings, *, disk_is_low: bool) -> Problem | None:
    if state.sealed:
        return problems.sealed()
    if append.expected is not None and append.expected != state.number + 1:
        return problems.moved(state.number + 1)
    if append.seal:
        return None
    if disk_is_low:
        return problems.busy(DISK_RETRY)
    if state.number >= settings.quota_blobs or state.used + len(append.blob) > settings.quota_bytes:
        return problems.full()
    return None


def _add(state: _State, append: Append, blob_hash: bytes, today: int) -> Appended:
    state.number += 1
    state.head = wire.next_head(state.head, state.number, blob_hash)
    state.sealed = append.seal
    state.used += len(append.blob)
    state.day = max(state.day, today)  # a clock that stepped back must not make a mailbox older
    state.moved = True
    return Appended(state.number, blob_hash, state.head, append.seal)


def _row(mailbox: bytes, state: _State) -> dict[str, Any]:
    return {
        "mailbox": mailbox,
        "new_head_number": state.number,
        "new_head_hash": state.head,
        "new_sealed": state.sealed,
        "new_bytes_used": state.used,
        "new_day": state.day,
    }
