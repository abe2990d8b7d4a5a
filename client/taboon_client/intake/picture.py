"""The link that stands as a QR code in a photograph."""

from __future__ import annotations

import io
import warnings
from typing import Final

from taboon_client.errors import TaboonError

__all__ = ["LARGEST_PICTURE", "BadPictureError", "read_picture"]

LARGEST_PICTURE: Final = 20 * 1024 * 1024
"""Bytes that a picture may have."""
_PIXELS: Final = 60_000_000
"""A photograph of a good telephone has 12 to 50 million."""
_PREFIX: Final = "taboon:"
_TOO_LARGE: Final = "this picture is too large: crop it to the code"


class BadPictureError(TaboonError):
    """No one text of Taboon can be read from a picture; says what to do."""


def read_picture(data: bytes) -> str:
    """Return the text of Taboon that stands as a QR code in a picture: PNG, JPEG or WebP.

    Raises:
        BadPictureError: There is none or several, it is no picture, it is too large, or what reads it is not installed.
    """
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise BadPictureError("to read pictures, install the extra “taboon[scan]”; or paste the link") from None
    if len(data) > LARGEST_PICTURE:
        raise BadPictureError(_TOO_LARGE)
    try:
        # Pillow's own limit is another; its warning is no more than ours, and its error is caught below.
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture,
        ):
            if picture.width * picture.height > _PIXELS:
                raise BadPictureError(_TOO_LARGE)
            found = zxingcpp.read_barcodes(
                picture.convert("L"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
    except Image.DecompressionBombError:
        raise BadPictureError(_TOO_LARGE) from None
    except UnidentifiedImageError:
        raise BadPictureError("this is no picture that can be read: PNG, JPEG or WebP") from None
    except OSError:
        raise BadPictureError("this picture cannot be read: it is damaged") from None
    texts = {one.text for one in found}
    ours = {text for text in texts if text.startswith(_PREFIX)}
    if len(ours) == 1:
        return ours.pop()
    if ours:
        raise BadPictureError("several codes of Taboon stand in this picture: crop it to one")
    if texts:
        raise BadPictureError("the code in this picture is not one of Taboon. Nothing was done with it")
    raise BadPictureError(
        "there is no code in this picture, or it is not sharp enough. Take it again, closer and straight"
    )
