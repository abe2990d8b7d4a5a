"""Secret: bytes that do not print themselves, and compare in constant time."""

from __future__ import annotations

from hmac import compare_digest
from typing import NoReturn

__all__ = ["Secret"]


class Secret(bytes):
    """Secret bytes. ``repr`` and ``str`` hide them, ``==`` takes constant time, pickling is refused.

    Whatever is cut from or added to a Secret (a slice, a sum) is plain bytes: wrap it again where it stays secret.
    Python cannot erase memory: forgetting a secret means dropping the last reference to it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret(<{len(self)} bytes>)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, bytes):
            return NotImplemented
        return compare_digest(self, other)

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, bytes):
            return NotImplemented
        return not compare_digest(self, other)

    __hash__ = bytes.__hash__

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a Secret is not pickled or copied: hand the object itself on, or encode it on purpose"
        raise TypeError(msg)
