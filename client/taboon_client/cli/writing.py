"""Files that somebody has asked for: whole or not at all, for their owner alone, and through no link to another one."""

import os
import sys
from pathlib import Path

from taboon_client.cli import terminal
from taboon_client.cli.errand import Errand
from taboon_client.cli.exits import UsageError

__all__ = ["write_file"]


def write_file(errand: Errand, file: Path, data: bytes, *, yes: bool) -> None:
    """Write a file, over none that is there unless told; ``-`` is standard output, where a person reads it.

    What is there is replaced by a new file: where it was a link, what it led to stays as it was.

    Raises:
        UsageError: There is a file, or it cannot be written there.
        typer.Exit: Somebody did not want it.
    """
    if str(file) == "-":
        if errand.human:
            sys.stdout.write(data.decode())
        return
    if os.path.lexists(file):
        if not (yes or (errand.human and terminal.interactive())):
            raise UsageError("there is a file of that name already: --yes writes over it")
        errand.confirm("There is a file of that name already. Write over it?", yes=yes)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        temporary.replace(file)
    except FileExistsError:
        raise UsageError(f"the file cannot be written: {temporary.name} is in its way") from None
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"the file cannot be written: {error.strerror}") from None
