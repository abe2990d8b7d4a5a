"""The pass of a relay, which is asked for in a file: arguments are seen by others and stay in histories."""

from pathlib import Path
from typing import Annotated

import typer

from taboon_client.cli.errand import Errand
from taboon_client.cli.exits import UsageError

__all__ = ["PassFile", "relay_pass"]

_LONGEST = 64
PassFile = Annotated[
    Path | None,
    typer.Option("--pass-file", metavar="FILE", help="File with the relay's pass, where it asks for one (-: input)."),
]


def relay_pass(errand: Errand, file: Path | None) -> bytes:
    """Return the pass in the first line of a file, or of standard input for ``-``; empty without one.

    Raises:
        UsageError: It cannot be read, or is no pass.
    """
    if file is None:
        return b""
    try:
        text = errand.text("-", "Pass of the relay").encode() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"the file with the relay's pass cannot be read: {error.strerror}") from None
    found = text.partition(b"\n")[0].strip()
    if len(found) > _LONGEST:
        raise UsageError(f"a relay's pass has at most {_LONGEST} bytes: copy it again")
    return found
