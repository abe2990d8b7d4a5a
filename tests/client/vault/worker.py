"""What another process does to a vault: ``python -m tests.client.vault.worker WHAT FOLDER SCHEMA``.

It says a line before each step that a test wants to hold it at, and waits for a line on standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taboon_client.vault import Connection, Vault, migrate
from tests.client.vault.places import count_up
from tests.support import PASSPHRASE, allow_fast_kdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMES = 200


def hold(word: str) -> None:
    print(word, flush=True)
    if not sys.stdin.readline():
        sys.exit(3)


def die_while_writing(vault: Vault) -> None:
    vault.write(count_up)

    def act(tx: Connection) -> None:
        tx.execute("UPDATE counter SET value = 1000")
        for number in range(2, 2_000):
            tx.execute("INSERT INTO counter VALUES (?, ?)", (number, number))
        hold("writing")

    vault.write(act)


def hold_the_lock(vault: Vault) -> None:
    vault.write(lambda _: hold("locked"))


def read_twice(vault: Vault) -> None:
    def act(tx: Connection) -> None:
        first = tx.execute("SELECT value FROM counter").fetchone()
        hold(str(first[0]))
        print(tx.execute("SELECT value FROM counter").fetchone()[0], flush=True)

    vault.read(act)


def count_many(vault: Vault) -> None:
    hold("ready")
    print(*(vault.write(count_up) for _ in range(TIMES)), flush=True)


def hold_in_migrations() -> None:
    """Stop after the first statement of a migration, which has then been run."""
    real = migrate.statements

    def held(script: str) -> Iterator[str]:
        for number, statement in enumerate(real(script)):
            if number == 1:
                hold("migrating")
            yield statement

    migrate.statements = held


def main(what: str, folder: Path, schema: Path) -> None:
    allow_fast_kdf(pytest.MonkeyPatch())
    if what == "migrate":
        hold_in_migrations()
    with Vault.open(folder, PASSPHRASE, schema=schema) as vault:
        acts: dict[str, Callable[[Vault], None]] = {
            "die": die_while_writing,
            "lock": hold_the_lock,
            "read": read_twice,
            "count": count_many,
            "migrate": lambda _: print("migrated", flush=True),
            "open": lambda _: hold("open"),
        }
        acts[what](vault)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
