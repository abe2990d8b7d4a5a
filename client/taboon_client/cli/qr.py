"""QR codes: drawn on the terminal, as PNG and as SVG, and read from a picture file."""

import io
import warnings
from pathlib import Path
from typing import Final

from taboon_client.cli import terminal
from taboon_client.cli.exits import UsageError

__all__ = ["draw", "read_picture", "write_picture"]

_KINDS: Final = {".png": "png", ".svg": "svg"}
_LARGEST: Final = 20 * 1024 * 1024
_PIXELS: Final = 60_000_000
"""A photograph of a good telephone has 12 to 50 million."""
_PREFIX: Final = "taboon:"


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
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise UsageError("to read pictures, install the extra “taboon[scan]”; or paste the link") from None
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError("this picture is too large: crop it to the code")
        # Pillow's own limit is another; its warning is no more than ours, and its error is caught below.
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > _PIXELS:
                raise UsageError("this picture is too large: crop it to the code")
            found = zxingcpp.read_barcodes(
                picture.convert("L"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
    except Image.DecompressionBombError:
        raise UsageError("this picture is too large: crop it to the code") from None
    except OSError as error:
        if isinstance(error, UnidentifiedImageError):
            raise UsageError("this is no picture that can be read: PNG, JPEG or WebP") from None
        raise UsageError(f"this picture cannot be read: {error.strerror or 'it is damaged'}") from None
    texts = {one.text for one in found}
    ours = {text for text in texts if text.startswith(_PREFIX)}
    if len(ours) == 1:
        return ours.pop()
    if ours:
        raise UsageError("several codes of Taboon stand in this picture: crop it to one")
    if texts:
        raise UsageError("the code in this picture is not one of Taboon. Nothing was done with it")
    raise UsageError("there is no code in this picture, or it is not sharp enough. Take it again, closer and straight")
