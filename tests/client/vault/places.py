"""A place on the disk with a schema and a vault, and other processes that use the same vault."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from taboon_client.vault import Connection, Vault
from tests.support import PASSPHRASE

REPOSITORY = Path(__file__).parents[3]

FIRST = "CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL);\nINSERT INTO counter VALUES (1, 0);\n"
SECOND = "CREATE TABLE note (text TEXT NOT NULL) STRICT;\nALTER TABLE counter ADD COLUMN kind TEXT;\n"


@dataclass
class Place:
    """Where a vault lies, and which schema it has."""

    root: Path
    folder: Path = field(init=False)
    schema: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.root / "home"
        self.schema = self.root / "schema"
        self.schema.mkdir()
        self.step(1, FIRST)

    def step(self, number: int, script: str) -> None:
        """Add a version to the schema."""
        (self.schema / f"{number:03d}.sql").write_text(script, "utf-8")

    def create(self) -> Vault:
        return Vault.create(self.folder, PASSPHRASE, schema=self.schema)

    def open(self, passphrase: str = PASSPHRASE) -> Vault:
        return Vault.open(self.folder, passphrase, schema=self.schema)

    def names(self) -> set[str]:
        """The files in the vault's folder."""
        return {path.name for path in self.folder.iterdir()}

    def start(self, what: str) -> Worker:
        """Do something to the vault in another process: see worker.py."""
        return Worker(
            subprocess.Popen(
                [sys.executable, "-m", "tests.client.vault.worker", what, str(self.folder), str(self.schema)],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )


class Worker:
    """Another process that tells what it is about to do and waits for a word before it does it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def hear(self) -> str:
        """Wait for the next line that the process says; empty if it ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> None:
        """Let the process do what it said."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""
        return self._process.wait(60)

    def kill(self) -> None:
        """End the process as a power cut would, without a chance to clean up."""
        self._process.kill()
        self._process.wait(60)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def count(vault: Vault) -> int:
    """Read the counter."""
    return int(vault.read(lambda tx: tx.execute("SELECT value FROM counter").fetchone()[0]))


def count_up(tx: Connection) -> int:
    """Read the counter, add one, write it: wrong at once if two do it at the same time."""
    value = int(tx.execute("SELECT value FROM counter").fetchone()[0]) + 1
    tx.execute("UPDATE counter SET value = ?", (value,))
    return value


def rewrite(path: Path, at: int, change: int) -> None:
    """Flip bits of one byte of a file; once more puts them back."""
    data = bytearray(path.read_bytes())
    data[at] ^= change
    path.write_bytes(data)
