"""QR codes: drawn on the terminal, as PNG and as SVG, and read from a picture file."""

import io
from pathlib import Path
from typing import Final

from taboon_client.cli import terminal
from taboon_client.cli.exits import UsageError

__all__ = ["draw", "read_picture", "write_picture"]

_KINDS: Final = {".png": "png", ".svg": "svg"}


def draw(text: str) -> None:
    """Draw a text as a QR code on the terminal."""
    import segno

    drawn = io.StringIO()
    segno.make(text, error="l", boost_error=False).terminal(out=drawn, border=2, compact=True)
    for line in drawn.getvalue().splitlines():
        terminal.say(line)


def write_picture(text: str, path: Path) -> None:
    """Write a text as a QR code to a new file, PNG or SVG by the ending of its name.

    Raises:
        UsageError: Another ending, or a file that is there.
    """
    import segno

    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise UsageError("a picture's name ends with .png or .svg")
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind=kind, scale=8, border=4)
    try:
        with path.open("xb") as file:
            file.write(drawn.getvalue())
    except FileExistsError:
        raise UsageError(f"{path} is there already") from None


def read_picture(path: Path) -> str:
    """Return the text of Taboon that stands as a QR code in a picture.

    Raises:
        UsageError: There is none or several, it is no picture, it is too large, or what reads it is not installed.
    """
    from taboon_client.intake import picture

    try:
        with path.open("rb") as file:
            return picture.read_picture(file.read(picture.LARGEST_PICTURE + 1))
    except picture.BadPictureError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"this picture cannot be read: {error.strerror or 'it is damaged'}") from None
