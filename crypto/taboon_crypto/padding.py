"""Padding to the size classes (docs/protocol.md, section 2.4).

Content ‖ 0x80 ‖ 0x00 …, as long as the smallest class that holds it.
Lengths here are those of the plaintext inside a blob: a size class less nonce and tag.
"""

from __future__ import annotations

from typing import Final

from taboon_crypto.errors import ContentError, ContentTooLongError

__all__ = ["BLOB_OVERHEAD", "CONTENT_LIMITS", "SIZE_CLASSES", "pad", "unpad"]

SIZE_CLASSES: Final = (2_048, 16_384, 65_536, 262_144)
"""Lengths of a blob in bytes; the index is the size class."""

BLOB_OVERHEAD: Final = 40
"""Bytes of a blob that are not padded content: a 24-byte nonce and a 16-byte tag."""

CONTENT_LIMITS: Final = tuple(size - BLOB_OVERHEAD - 1 for size in SIZE_CLASSES)
"""The longest content of each size class, in bytes."""

_MARK: Final = 0x80


def pad(content: bytes) -> bytes:
    """Return ``content`` padded to the smallest size class that holds it, less 40 bytes.

    Raises:
        ContentTooLongError: It is longer than ``CONTENT_LIMITS[-1]`` bytes.
    """
    for limit in CONTENT_LIMITS:
        if len(content) <= limit:
            return content + bytes((_MARK,)) + bytes(limit - len(content))
    raise ContentTooLongError(f"a blob holds at most {CONTENT_LIMITS[-1]} bytes, and this is {len(content)}")


def unpad(padded: bytes) -> bytes:
    """Undo :func:`pad`, and accept nothing that it would not have made.

    Raises:
        ContentError: Not the length of a size class less 40, no mark, something after the mark, or a larger size class
            than the content needs.
    """
    content = padded.rstrip(b"\x00")
    if not content or content[-1] != _MARK:
        raise ContentError("the padding has no mark")
    content = content[:-1]
    if not _is_needed(len(padded) - 1, len(content)):
        raise ContentError("the padding is not that of the smallest size class")
    return content


def _is_needed(limit: int, length: int) -> bool:
    """Tell whether content of ``length`` bytes belongs into the size class that holds at most ``limit``."""
    return next((one for one in CONTENT_LIMITS if length <= one), None) == limit
