"""Vaults that are filled before their page is opened: by the library, on a thread without a browser's event loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from taboon_client.blocking import Group, Taboon
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["elsewhere", "founded"]

T = TypeVar("T")


def elsewhere(act: Callable[[], T]) -> T:
    """Do something on a thread of its own, and return what it gave."""
    given: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            given.append(act())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it was asked for
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return given[0]


def founded(folder: Path, relay: str, name: str, me: str, act: Callable[[Group], object]) -> None:
    """Make a vault with one group in it, and do something there. Needs ``fast_kdf``."""

    def run() -> None:
        with Taboon.create(PASSPHRASE, folder) as taboon:
            act(taboon.create_group(name, relay=relay, me=me))

    elsewhere(run)
