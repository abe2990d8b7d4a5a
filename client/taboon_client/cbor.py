"""Deterministic CBOR (RFC 8949, section 4.2.1), as narrow as docs/protocol.md, section 2, makes it.

Values are ``None``, ``bool``, ``int`` (-2^64 to 2^64-1), ``bytes``, ``str``, lists, and maps whose keys are
texts. Everything else that CBOR can say (floats, tags, undefined, other simple values, indefinite lengths,
other keys) is refused in both directions. For every value there is exactly one encoding, and the decoder takes
no other.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeAlias

import cbor2

from taboon_client.errors import CborError

__all__ = ["MAX_DEPTH", "MAX_ITEMS", "MAX_SIZE", "Value", "decode", "encode"]

# A recursive alias would make every reader of a decoded body narrow it by hand; the kinds do that in one place.
Value: TypeAlias = Any

MAX_DEPTH = 16
"""Arrays and maps inside each other."""
MAX_SIZE = 4 * 1024 * 1024
"""Bytes of one encoding: the largest message that travels in parts."""
MAX_ITEMS = 250_000
"""Values in one encoding: a megabyte of empty arrays would need a hundred of memory."""

# Smaller inputs cannot hold enough values to hurt, and are nearly all there is.
_COUNT_FROM = 64 * 1024

_SCALARS = frozenset({int, str, bytes, bool, type(None)})
_MIN_INT = -(2**64)
_MAX_INT = 2**64 - 1


def _refuse_tag(*_: object) -> NoReturn:
    raise CborError("tags have no place in Taboon's CBOR")


class _RefuseEveryTag(dict[int, Any]):
    """Answers for every tag number, so that no tag is acted on: some build patterns, dates or huge numbers."""

    def get(self, key: int, default: object = None) -> Any:  # noqa: ARG002 - the shape of dict.get
        return _refuse_tag

    def __missing__(self, key: int) -> Any:
        return _refuse_tag

    def __contains__(self, key: object) -> bool:
        return True


_NO_TAGS = _RefuseEveryTag()


def encode(value: Value) -> bytes:
    """Return the one encoding of ``value``.

    Tuples are encoded as arrays.

    Raises:
        CborError: The value holds something that Taboon's CBOR cannot say, is too deep or too large.
    """
    _check_writable(value, MAX_DEPTH)
    try:
        data = cbor2.dumps(value, canonical=True)
    except UnicodeEncodeError:
        raise CborError("a text holds half of a character (a lone surrogate): remove it") from None
    except (cbor2.CBORError, ValueError) as error:
        raise CborError(f"the value cannot be encoded ({type(error).__name__})") from None
    if len(data) > MAX_SIZE:
        raise CborError(f"the encoding has {len(data)} bytes, {MAX_SIZE} are allowed")
    return data


def decode(data: bytes, *, max_size: int = MAX_SIZE) -> Value:
    """Return the value that ``data`` is the one encoding of.

    Args:
        data: The encoding, whole and nothing after it.
        max_size: Refuse more bytes than this before looking at any.

    Raises:
        CborError: Too large, too deep, too many values, cut short, or not the one encoding of a value.
    """
    if len(data) > max_size:
        raise CborError(f"the encoding has {len(data)} bytes, {max_size} are allowed")
    if len(data) > _COUNT_FROM:
        _count_items(data)
    try:
        value = cbor2.loads(
            data,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        )
        _check_read(value)
        # Key order was checked above, so the quicker encoder that keeps a map's order says the same as the
        # canonical one.
        same = cbor2.dumps(value) == data
    except CborError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever hostile bytes do to the library is one answer
        raise CborError(f"this is not CBOR that Taboon takes ({type(error).__name__})") from None
    if not same:
        raise CborError("this is not the deterministic encoding, or bytes follow it")
    return value


def _check_read(value: Value) -> None:
    """Refuse what the library takes and Taboon does not; the library has bounded the depth already."""
    kind = type(value)
    if kind is dict:
        last_length = -1
        last = ""
        for key, inner in value.items():
            if type(key) is not str:
                raise CborError("the keys of a map are texts")
            # Encoded text sorts by its length in bytes, then by its bytes (RFC 8949, section 4.2.1).
            length = len(key) if key.isascii() else len(key.encode())
            if length <= last_length and (length < last_length or key <= last):
                raise CborError("the keys of a map stand in another order")
            last_length = length
            last = key
            if type(inner) not in _SCALARS:
                _check_read(inner)
    elif kind is list:
        for inner in value:
            if type(inner) not in _SCALARS:
                _check_read(inner)
    elif kind not in _SCALARS:
        raise CborError("floats, tags, undefined and simple values have no place in Taboon's CBOR")


def _check_writable(value: Value, room: int) -> None:
    kind = type(value)
    if kind is int:
        if not _MIN_INT <= value <= _MAX_INT:
            raise CborError("whole numbers have at most 64 bits")
    elif kind is dict or kind is list or kind is tuple:
        if room == 0:
            raise CborError(f"arrays and maps stand at most {MAX_DEPTH} deep inside each other")
        if kind is dict:
            for key, inner in value.items():
                if type(key) is not str:
                    raise CborError(f"the keys of a map are texts, not {type(key).__name__}")
                _check_writable(inner, room - 1)
        else:
            for inner in value:
                _check_writable(inner, room - 1)
    elif kind not in _SCALARS:
        raise CborError(f"a {kind.__name__} cannot be encoded; use null, bool, int, bytes, str, list or map")


def _count_items(data: bytes) -> None:
    """Refuse an input that says more values than :data:`MAX_ITEMS`, looking at the heads alone."""
    position = 0
    end = len(data)
    items = 0
    while position < end:
        items += 1
        if items > MAX_ITEMS:
            raise CborError(f"more than {MAX_ITEMS} values in one encoding")
        head = data[position]
        major, low = head >> 5, head & 31
        position += 1
        argument = low
        if 24 <= low <= 27:
            width = 1 << (low - 24)
            argument = int.from_bytes(data[position : position + width], "big")
            position += width
        # Only strings hold bytes that are no heads; the heads of an array's or a map's values follow its own.
        if major in (2, 3):
            position += argument
