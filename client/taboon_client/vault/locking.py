"""Locking every process that uses a vault: a number in the vault's folder, which each of them watches.

It holds no secret and needs none to be raised: whoever can write to the folder could take the vault away as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.vault.folder import create_file, replace_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LOCK_NAME", "lock_everything", "lock_number"]

LOCK_NAME: Final = "vault.locked"
_LONGEST: Final = 20


def lock_number(folder: Path) -> int:
    """Return how often the vault in a folder was locked; a process that sees another number than at its start ends.

    Where the file cannot be read the answer is -1, so that taking the folder away locks too.
    """
    try:
        text = (folder / LOCK_NAME).read_bytes()[:_LONGEST]
    except FileNotFoundError:
        return 0
    except OSError:
        return -1
    return int(text) if text.strip().isdigit() else -1


def lock_everything(folder: Path) -> None:
    """Lock the vault in every process that uses it.

    Raises:
        OSError: The folder cannot be written.
    """
    path = folder / LOCK_NAME
    raised = f"{max(lock_number(folder), 0) + 1}\n".encode()
    try:
        create_file(path, raised)
    except FileExistsError:
        replace_file(path, raised)
