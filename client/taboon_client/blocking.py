"""The library without ``async``: the same methods as :mod:`taboon_client.library`, each returning when it is done.

    with Taboon.open(passphrase) as taboon:
        group = taboon.group("Harbour")
        group.post(Need(title="Drinking water", created=0))
        print(group.sync().problem)

The vault is used on the calling thread. What only reads or writes the vault needs no event loop and loads none; what
talks to the relay runs one for the time it takes. Arguments, results and errors are those of the async methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, TypeVar

from taboon_client import library
from taboon_client.errors import WeakPassphraseError
from taboon_client.library import DEFAULT_WAIT
from taboon_client.runner import DirectRunner
from taboon_client.vault import default_folder
from taboon_client.vault.folder import SLOTS_NAME
from taboon_crypto import passphrase as passphrases
from taboon_crypto.errors import PassphraseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Any

    from taboon_client.board import Item, Need, Offer
    from taboon_client.values import (
        GroupStatus,
        ImportReport,
        Invite,
        Joining,
        JoinRequest,
        Member,
        Outcome,
        SyncReport,
    )
    from taboon_crypto.slots import Cost

__all__ = ["Group", "Taboon", "check_passphrase", "generate_passphrase", "has_vault", "vault_folder"]

T = TypeVar("T")
_COMMIT_WAIT = 10.0


def vault_folder(folder: Path | None = None) -> Path:
    """Return where the vault is: the folder given, TABOON_HOME, or the system's place for such things."""
    return folder or default_folder()


def has_vault(folder: Path | None = None) -> bool:
    """Tell whether there is a vault, without opening it."""
    return (vault_folder(folder) / SLOTS_NAME).is_file()


def generate_passphrase(language: Literal["en", "ar"] = "en") -> str:
    """Return five random words.

    Args:
        language: ``en`` or ``ar``.
    """
    import os

    return passphrases.generate_passphrase(language, os.urandom)


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is too easy to guess.

    Raises:
        WeakPassphraseError: The message says what to do.
    """
    try:
        passphrases.check_passphrase(passphrase)
    except PassphraseError as error:
        raise WeakPassphraseError(str(error)) from None


def _now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Finish a coroutine that only uses the vault: with the direct runner it never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("this waits for the network: it belongs into an event loop")


def _waiting(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that talks to a relay."""
    import asyncio

    return asyncio.run(coroutine)


def _each(reports: AsyncIterator[T]) -> Iterator[T]:
    """Go through an async iterator from here."""
    import asyncio

    async def following() -> T:
        return await anext(reports)

    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(following())
            except StopAsyncIteration:
                return


class Taboon:
    """An open vault, for the thread that opened it. See :class:`taboon_client.library.Taboon`."""

    def __init__(self, taboon: library.Taboon) -> None:
        self._taboon = taboon

    @classmethod
    def create(cls, passphrase: str, folder: Path | None = None, *, cost: Cost | None = None) -> Self:
        """Make a vault and open it."""
        return cls(_now(library.Taboon.create(passphrase, folder, cost=cost, runner=DirectRunner())))

    @classmethod
    def open(cls, passphrase: str, folder: Path | None = None) -> Self:
        """Open a vault."""
        return cls(_now(library.Taboon.open(passphrase, folder, runner=DirectRunner())))

    def close(self) -> None:
        """Close the vault."""
        _now(self._taboon.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def change_passphrase(self, old: str, new: str) -> None:
        """Let another passphrase open the vault."""
        _now(self._taboon.change_passphrase(old, new))

    def groups(self) -> list[Group]:
        """Return all groups on this device."""
        return [Group(group) for group in _now(self._taboon.groups())]

    def group(self, ref: str) -> Group:
        """Return a group by name, code or unique prefix of either."""
        return Group(_now(self._taboon.group(ref)))

    def create_group(
        self, name: str, *, relay: str, me: str, post_quantum: bool = False, wait: float = _COMMIT_WAIT
    ) -> Group:
        """Make a group at a relay, with you as its first member and admin."""
        made = self._taboon.create_group(name, relay=relay, me=me, post_quantum=post_quantum, wait=wait)
        return Group(_waiting(made))

    def join(self, link: str, *, me: str, wait: float = _COMMIT_WAIT) -> Joining:
        """Ask to join a group with an invite link."""
        coroutine = self._taboon.join(link, me=me, wait=wait)
        return _waiting(coroutine) if wait else _now(coroutine)

    def joinings(self) -> list[Joining]:
        """Return our requests to join."""
        return _now(self._taboon.joinings())

    def sync(
        self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None
    ) -> dict[str, SyncReport]:
        """Sync our requests to join and all groups."""
        return _waiting(self._taboon.sync(wait, progress))

    def watch(self, seconds: float | None = None) -> Iterator[tuple[str, SyncReport]]:
        """Sync everything again and again; yields what changed, by name of group."""
        return _each(self._taboon.watch(seconds))


class Group:
    """One group on this device. See :class:`taboon_client.library.Group`."""

    def __init__(self, group: library.Group) -> None:
        self._group = group

    def __repr__(self) -> str:
        return repr(self._group)

    @property
    def name(self) -> str:
        """How the group was called when this object was made."""
        return self._group.name

    @property
    def code(self) -> str:
        """Short code that tells groups of one name apart."""
        return self._group.code

    def status(self) -> GroupStatus:
        """Return how the group stands on this device."""
        return _now(self._group.status())

    def unsent(self) -> int:
        """Return how much is saved and not yet known to be at the relay."""
        return _now(self._group.unsent())

    def members(self) -> list[Member]:
        """Return who is in the group."""
        return _now(self._group.members())

    def member(self, ref: str, *, whole: bool = False) -> Member:
        """Return a member by tag, name or, unless ``whole``, unique prefix of the name."""
        return _now(self._group.member(ref, whole=whole))

    def people(self) -> dict[bytes, Member]:
        """Return everyone who is or was here, by identity key."""
        return _now(self._group.people())

    def board(self, *, kind: str | None = None, status: str | None = None, category: str | None = None) -> list[Item]:
        """Return the items that pass the filters, most urgent and oldest first."""
        return _now(self._group.board(kind=kind, status=status, category=category))

    def item(self, ref: str | bytes) -> Item:
        """Return an item by id, short code, prefix of the id, or unique title."""
        return _now(self._group.item(ref))

    def codes(self) -> dict[bytes, str]:
        """Return the shortest code of every item on the board, by id."""
        return _now(self._group.codes())

    def post(self, opening: Need | Offer, key: bytes | str | None = None) -> Item:
        """Put a need or an offer on the board."""
        return _now(self._group.post(opening, key))

    def post_all(
        self, posts: Sequence[tuple[bytes | str, Need | Offer]], progress: Callable[[int, int], None] | None = None
    ) -> ImportReport:
        """Post many, each under its key: repeating it changes nothing."""
        return _now(self._group.post_all(posts, progress))

    def pledge(self, item: Item | str, quantity: int | None = None) -> Item:
        """Promise to cover an item, or part of its only line."""
        return _now(self._group.pledge(item, quantity))

    def release(self, item: Item | str, reason: str = "") -> Item:
        """Give your pledge back."""
        return _now(self._group.release(item, reason))

    def deliver(self, item: Item | str) -> Item:
        """Say that you have handed over what you pledged."""
        return _now(self._group.deliver(item))

    def confirm(self, item: Item | str) -> Item:
        """Say that what was handed over to you has arrived."""
        return _now(self._group.confirm(item))

    def withdraw(self, item: Item | str, reason: str = "") -> Item:
        """Close an item of yours."""
        return _now(self._group.withdraw(item, reason))

    def comment(self, item: Item | str, text: str) -> Item:
        """Say something about an item."""
        return _now(self._group.comment(item, text))

    def invite(self, hours: int = 72) -> Invite:
        """Make an invite for one person."""
        return _now(self._group.invite(hours))

    def invites(self) -> list[Invite]:
        """Return our invites that are open or being answered."""
        return _now(self._group.invites())

    def requests(self) -> list[JoinRequest]:
        """Return who asks to join with one of our invites."""
        return _now(self._group.requests())

    def approve(self, ref: str, wait: float = _COMMIT_WAIT) -> Outcome:
        """Let somebody in who asks to join."""
        coroutine = self._group.approve(ref, wait)
        return _waiting(coroutine) if wait else _now(coroutine)

    def remove(self, member: Member | str, wait: float = _COMMIT_WAIT) -> Outcome:
        """Remove a member."""
        coroutine = self._group.remove(member, wait)
        return _waiting(coroutine) if wait else _now(coroutine)

    def rotate(self, wait: float = _COMMIT_WAIT) -> Outcome:
        """Make fresh keys for yourself and a new epoch for the group."""
        coroutine = self._group.rotate(wait)
        return _waiting(coroutine) if wait else _now(coroutine)

    def sync(self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None) -> SyncReport:
        """Read what is new and send what waits."""
        return _waiting(self._group.sync(wait, progress))

    def flush(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Wait until the relay has everything that is saved."""
        _waiting(self._group.flush(progress))

    def watch(self, seconds: float | None = None) -> Iterator[SyncReport]:
        """Sync, and go on reading as news comes."""
        return _each(self._group.watch(seconds))
