"""The cold start of a command: a new process from its first instruction to its end, less what Argon2 takes in it.

The process runs what the installed ``taboon`` script runs. The one thing added is a stopwatch around the call of
Argon2, whose time it writes as its last line; the vault is one that any ``taboon`` opens, at the least cost there is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench.harness import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["UNAVOIDABLE", "command_ms", "first_line_ms", "start_ms"]

UNAVOIDABLE = ("typer", "msgspec", "sqlcipher3.dbapi2", "nacl.bindings", "argon2.low_level")
"""What any form of the command imports: the command line's library, codec, database, libsodium, Argon2."""

_TABOON = """
import sys, time
from taboon_crypto import slots
spent, argon2id = 0.0, slots.argon2id
def timed(*arguments):
    global spent
    start = time.perf_counter()
    result = argon2id(*arguments)
    spent += time.perf_counter() - start
    return result
slots.argon2id = timed
from taboon_client.cli import main
code = main()
sys.stdout.flush()
print(spent, file=sys.stderr)
sys.exit(code)
"""


def command_ms(arguments: Sequence[str], home: Path, passphrase_file: Path) -> float:
    """Return the milliseconds of one ``taboon`` command without those of Argon2.

    Args:
        arguments: Of the command.
        home: Folder of the vault.
        passphrase_file: Holds the passphrase.

    Raises:
        RuntimeError: The command failed.
    """
    watch = Stopwatch()
    with watch:
        done = subprocess.run(
            [sys.executable, "-c", _TABOON, *arguments, "--passphrase-file", str(passphrase_file)],
            env=os.environ | {"TABOON_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"taboon {arguments[0]} failed: {done.stderr}")
    return (watch.seconds - float(done.stderr.splitlines()[-1])) * 1000


def first_line_ms(arguments: Sequence[str], home: Path, passphrase_file: Path) -> float:
    """Return the milliseconds until a ``taboon`` command writes its first line, without those of Argon2.

    Raises:
        RuntimeError: The command failed, or wrote nothing.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-u", "-c", _TABOON, *arguments, "--passphrase-file", str(passphrase_file)],
        env=os.environ | {"TABOON_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        seconds = time.perf_counter() - started
        _, told = process.communicate()
    if process.returncode != 0 or not first:
        raise RuntimeError(f"taboon {arguments[0]} failed: {told}")
    return (seconds - float(told.splitlines()[-1])) * 1000


def start_ms(modules: Sequence[str] = UNAVOIDABLE) -> float:
    """Return the milliseconds of a Python process that imports these modules and ends."""
    code = "".join(f"import {module}\n" for module in modules) or "pass"
    watch = Stopwatch()
    with watch:
        subprocess.run([sys.executable, "-c", code], check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return watch.seconds * 1000
