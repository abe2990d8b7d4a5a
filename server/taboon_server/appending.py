"""What one transaction of the writer does: makes mailboxes, and appends blobs in the order in which they came."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from taboon_server import problems, wire
from taboon_server.days import Days
from taboon_server.problems import Problem
from taboon_server.quotas import DISK_RETRY, Quotas
from taboon_server.store import Store
from taboon_server.wire import Appended

_COLUMNS: Final = "id, head_number, head_hash, sealed, bytes_used, retention, kept_until"
# `{rows}` stands for all rows of a batch: one statement for many of them, see `Database.each`.
_MAKE: Final = f"INSERT INTO mailbox ({_COLUMNS}) {{rows}} ON CONFLICT DO NOTHING RETURNING 1"
_MADE_OF: Final = ("bytea", "bigint", "bytea", "boolean", "bigint", "integer", "integer")
_FIND: Final = f"SELECT {_COLUMNS} FROM mailbox WHERE id IN ({{rows}})"  # noqa: S608 - a constant
# Several processes lock the rows of their batches in one order, so that they never wait for each other in a circle.
_LOCK: Final = f"{_FIND} ORDER BY id FOR UPDATE"
_KNOWN: Final = (
    "WITH wanted (box, name) AS ({rows}) "
    "SELECT mailbox, hash, number, head FROM wanted JOIN blob ON mailbox = box AND hash = name"
)
_ADD: Final = "INSERT INTO blob (mailbox, number, hash, head, bytes) {rows}"
_ADDED_OF: Final = ("bytea", "bigint", "bytea", "bytea", "bytea")
_MOVE: Final = (
    "WITH moved (box, number, head, seal, used) AS ({rows}) UPDATE mailbox "
    "SET head_number = number, head_hash = head, sealed = seal, bytes_used = used FROM moved WHERE id = box"
)
_MOVED_OF: Final = ("bytea", "bigint", "bytea", "boolean", "bigint")
# Apart, since it changes an index: once a day for each mailbox.
_KEEP: Final = "WITH kept (box, day) AS ({rows}) UPDATE mailbox SET kept_until = day FROM kept WHERE id = box"


@dataclass(frozen=True, slots=True)
class Create:
    """Make a mailbox, if it is not there."""

    mailbox: bytes
    retention: int


@dataclass(frozen=True, slots=True)
class Append:
    """Append a blob, with its SHA-256, to a mailbox, as its seal or not, perhaps only as a certain number."""

    mailbox: bytes
    blob: bytes
    blob_hash: bytes
    seal: bool
    expected: int | None


Result = Appended | Problem | bool
"""What became of a write; for a creation, whether it is there now, or one that expired is still in its place."""


@dataclass(slots=True)
class _State:
    """A mailbox as the transaction has it."""

    id: bytes
    number: int
    head: bytes
    sealed: bool
    used: int
    retention: int
    kept_until: int
    was_unused: bool = False
    moved: bool = False
    kept: bool = False


class Batch:
    """The writes of one transaction.

    Args:
        store: the database.
        quotas: what it takes.
        days: which day it is.
    """

    def __init__(self, store: Store, quotas: Quotas, days: Days) -> None:
        self._store = store
        self._quotas = quotas
        self._today = days.today()
        self._keeping = days.keeping()

    def write(self, writes: Sequence[Create | Append]) -> list[Result]:
        """Do every write that can be done, and commit.

        Returns:
            What became of each, in their order. Nothing of it is true if this raises an SQLAlchemy error.
        """
        with self._store.cursor(self._store.writing) as cursor:
            each = partial(self._store.each, cursor)
            made = self._make([write for write in writes if isinstance(write, Create)], each)
            found = each(
                _LOCK if self._store.is_postgres else _FIND,
                ("bytea",),
                [(mailbox,) for mailbox in sorted({write.mailbox for write in writes})],
            )
            states = {row[0]: _State(*row) for row in found}
            names = {(write.mailbox, write.blob_hash) for write in writes if isinstance(write, Append)}
            known = {
                (mailbox, name): (number, head)
                for mailbox, name, number, head in each(_KNOWN, ("bytea", "bytea"), names)
            }
            results: list[Result] = []
            new: list[tuple[Any, ...]] = []
            for write in writes:
                state = states.get(write.mailbox)
                if isinstance(write, Create):
                    results.append(problems.busy(DISK_RETRY) if state is None else self._today <= state.kept_until)
                elif state is None or self._today > state.kept_until:
                    results.append(problems.unknown_mailbox())
                elif (before := known.get((write.mailbox, write.blob_hash))) is not None:
                    number, head = before
                    is_seal = state.sealed and number == state.number
                    results.append(Appended(number, write.blob_hash, head, is_seal))
                elif (refusal := self._refusal(state, write)) is not None:
                    results.append(refusal)
                else:
                    self._add(state, write)
                    results.append(Appended(state.number, write.blob_hash, state.head, write.seal))
                    known[write.mailbox, write.blob_hash] = state.number, state.head
                    new.append((state.id, state.number, write.blob_hash, state.head, write.blob))
            moved = [state for state in states.values() if state.moved]
            each(_ADD, _ADDED_OF, new)
            each(_MOVE, _MOVED_OF, [(state.id, state.number, state.head, state.sealed, state.used) for state in moved])
            each(_KEEP, ("bytea", "integer"), [(state.id, state.kept_until) for state in moved if state.kept])
        unsealed = sum(state.was_unused - state.sealed for state in moved)
        self._quotas.add(mailboxes=made, unsealed=unsealed, size=sum(len(row[-1]) for row in new))
        return results

    def _make(self, creates: Iterable[Create], each: Callable[..., list[Any]]) -> int:
        if not self._quotas.takes_mailboxes:
            return 0
        kept_until = self._keeping + wire.UNUSED_DAYS
        rows = {
            create.mailbox: (create.mailbox, 0, wire.first_head(create.mailbox), False, 0, create.retention, kept_until)
            for create in sorted(creates, key=lambda create: create.mailbox)
        }
        return len(each(_MAKE, _MADE_OF, rows.values()))

    def _refusal(self, state: _State, append: Append) -> Problem | None:
        if state.sealed:
            return problems.sealed()
        if append.expected is not None and append.expected != state.number + 1:
            return problems.moved(state.number + 1)
        return self._quotas.refusal(state.id, state.number, state.used, len(append.blob), seal=append.seal)

    def _add(self, state: _State, append: Append) -> None:
        state.was_unused |= state.number == 0
        state.number += 1
        state.head = wire.next_head(state.head, state.number, append.blob_hash)
        state.sealed = append.seal
        state.used += len(append.blob)
        state.moved = True
        kept_until = max(state.kept_until, self._keeping + wire.RETENTION_DAYS[state.retention])
        state.kept |= kept_until != state.kept_until
        state.kept_until = kept_until
