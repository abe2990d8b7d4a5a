"""Where a passphrase comes from: a prompt without echo, or a file. Never an argument, never the environment."""

import os
import sys
from pathlib import Path
from typing import Final

from taboon_client.cli import terminal
from taboon_client.cli.exits import UsageError

__all__ = ["from_file", "typed"]

_LONGEST: Final = 8_192
_OTHERS: Final = 0o077


def from_file(path: Path, *, warn: bool) -> str:
    """Return the first line of a file, or of standard input for ``-``.

    Args:
        path: The file.
        warn: Whether to say that others can read it.

    Raises:
        UsageError: It cannot be read, or is not UTF-8.
    """
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.readline(_LONGEST)
        else:
            with path.open("rb") as file:
                if warn and os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                    terminal.hint(
                        "Others on this device can read the passphrase file: take that right away (chmod 600)."
                    )
                raw = file.readline(_LONGEST)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"the passphrase file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError("the passphrase file is not UTF-8 text: save it again as UTF-8") from None
    return text.rstrip("\r\n")


def typed(prompt: str) -> str:
    """Ask for a passphrase at the terminal, without echo.

    Raises:
        UsageError: There is no terminal to ask at.
    """
    if not terminal.can_ask():
        raise UsageError("there is no terminal to ask for the passphrase: name a file with --passphrase-file")
    import getpass

    return getpass.getpass(prompt)
