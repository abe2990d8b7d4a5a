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
from taboon_client.blocking.carrying import Carrying
from taboon_client.blocking.devices import Devices
from taboon_client.blocking.inviting import Inviting
from taboon_client.blocking.items import Items
from taboon_client.blocking.lists import Lists
from taboon_client.blocking.looking import Looking
from taboon_client.blocking.membership import Membership
from taboon_client.blocking.popup import Popups
from taboon_client.blocking.resting import Resting
from taboon_client.blocking.ruling import Ruling
from taboon_client.blocking.running import each, now, soon, waiting
from taboon_client.blocking.sealing import Sealing
from taboon_client.blocking.telling import Telling
from taboon_client.blocking.voting import Voting
from taboon_client.errors import WeakPassphraseError
from taboon_client.library import DEFAULT_WAIT
from taboon_client.runner import DirectRunner
from taboon_client.vault import default_folder
from taboon_client.vault.folder import SLOTS_NAME
from taboon_crypto import passphrase as passphrases
from taboon_crypto.errors import PassphraseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from taboon_client.values import (
        GroupStatus,
        Joining,
        Knock,
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


class Taboon:
    """An open vault, for the thread that opened it. See :class:`taboon_client.library.Taboon`."""

    def __init__(self, taboon: library.Taboon) -> None:
        self._taboon = taboon

    @classmethod
    def create(cls, passphrase: str, folder: Path | None = None, *, cost: Cost | None = None) -> Self:
        """Make a vault and open it."""
        return cls(now(library.Taboon.create(passphrase, folder, cost=cost, runner=DirectRunner())))

    @classmethod
    def open(cls, passphrase: str, folder: Path | None = None) -> Self:
        """Open a vault."""
        return cls(now(library.Taboon.open(passphrase, folder, runner=DirectRunner())))

    def close(self) -> None:
        """Close the vault."""
        now(self._taboon.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def change_passphrase(self, old: str, new: str) -> None:
        """Let another passphrase open the vault."""
        now(self._taboon.change_passphrase(old, new))

    def groups(self) -> list[Group]:
        """Return all groups on this device."""
        return [Group(group) for group in now(self._taboon.groups())]

    def group(self, ref: str) -> Group:
        """Return a group by name, code or unique prefix of either."""
        return Group(now(self._taboon.group(ref)))

    def create_group(
        self,
        name: str,
        *,
        relay: str,
        me: str,
        post_quantum: bool = False,
        relay_pass: bytes = b"",
        wait: float = _COMMIT_WAIT,
    ) -> Group:
        """Make a group at a relay, with you as its first member and admin."""
        made = self._taboon.create_group(
            name, relay=relay, me=me, post_quantum=post_quantum, relay_pass=relay_pass, wait=wait
        )
        return Group(waiting(made))

    def knock(self, link: str, wait: float = _COMMIT_WAIT) -> Knock:
        """Return what the group behind an invite asks whoever wants to join."""
        return waiting(self._taboon.knock(link, wait))

    def join(
        self,
        link: str,
        *,
        me: str,
        answers: Mapping[bytes, str] | None = None,
        agreement: str = "",
        wait: float = _COMMIT_WAIT,
    ) -> Joining:
        """Ask to join a group with an invite link."""
        return soon(self._taboon.join(link, me=me, answers=answers, agreement=agreement, wait=wait), wait)

    def take_back(self, code: str, wait: float = _COMMIT_WAIT) -> bool:
        """Take a request to join back; returns whether the group could be told."""
        return soon(self._taboon.take_back(code, wait), wait)

    def joinings(self) -> list[Joining]:
        """Return our requests to join."""
        return now(self._taboon.joinings())

    def sync(
        self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None
    ) -> dict[str, SyncReport]:
        """Sync our requests to join and all groups."""
        return waiting(self._taboon.sync(wait, progress))

    def watch(self, seconds: float | None = None) -> Iterator[tuple[str, SyncReport]]:
        """Sync everything again and again; yields what changed, by name of group."""
        return each(self._taboon.watch(seconds))


class Group(
    Items,
    Looking,
    Telling,
    Resting,
    Carrying,
    Sealing,
    Lists,
    Membership,
    Ruling,
    Inviting,
    Devices,
    Voting,
    Popups,
):
    """One group on this device. See :class:`taboon_client.library.Group`."""

    def create_circle(self, name: str, *, me: str, wait: float = _COMMIT_WAIT) -> Group:
        """Make a circle: a group inside this one, whose members come from it alone."""
        return Group(soon(self._group.create_circle(name, me=me, wait=wait), wait))

    def circles(self) -> list[Group]:
        """Return the circles of this group that are on this device."""
        return [Group(group) for group in now(self._group.circles())]

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
        return now(self._group.status())

    def unsent(self) -> int:
        """Return how much is saved and not yet known to be at the relay."""
        return now(self._group.unsent())

    def sync(self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None) -> SyncReport:
        """Read what is new and send what waits."""
        return waiting(self._group.sync(wait, progress))

    def flush(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Wait until the relay has everything that is saved."""
        waiting(self._group.flush(progress))

    def watch(self, seconds: float | None = None) -> Iterator[SyncReport]:
        """Sync, and go on reading as news comes."""
        return each(self._group.watch(seconds))
