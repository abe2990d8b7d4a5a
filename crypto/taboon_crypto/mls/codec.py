"""The TLS presentation language of RFC 9420, section 2.1: a dataclass is the struct, its annotations are the format.

    ==========================================  =============================================
    annotation                                  wire format
    ==========================================  =============================================
    UInt8, UInt16, UInt32, UInt64               integer, network byte order
    Annotated[SomeIntEnum, Width(n)]            the same, unknown values refused
    bytes, Secret                               opaque x<V>
    bool                                        one byte, 0 or 1
    Annotated[bytes, Fixed(n)]                  opaque x[n]
    tuple[T, ...]                               T x<V>
    Annotated[tuple[T, ...], AtMost(n)]         the same, refused with more than n elements
    T | None                                    optional<T>
    a subclass of Struct                        the struct, nested
    A | B | ... of tagged Structs               select: the tag of the class, then the struct
    ==========================================  =============================================

A class is tagged with ``class A(Struct, tag=1, width=2)``: the tag is written by the field that selects, not by
``encode`` of the struct itself. ``Kept`` is a Struct that keeps the bytes it was decoded from, so that signatures and
hashes are computed over what was received. A struct whose format needs more than its own fields overrides ``read`` and
``write``.

``Struct.decode`` reads a whole message and refuses trailing bytes; ``codec_of(annotation)`` gives the reader and the
writer of any annotation of the table, compiled once; ``decode(annotation, data)`` and ``encode(annotation, value)`` use
it. Annotations are read at run time: a module that defines structs imports what they name for good, and does not use
``from __future__ import annotations``.

Reading raises DecodeError and nothing else, writing raises UsageError and nothing else.

Longer than other files on purpose: the reader and the writer of each line of the table stand side by side.
"""

import struct as _struct
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeVar

from taboon_crypto.mls.errors import DecodeError, UsageError
from taboon_crypto.primitives.secret import Secret

__all__ = [
    "MAX_MESSAGE_LENGTH",
    "MAX_VECTOR_LENGTH",
    "AtMost",
    "Codec",
    "Fixed",
    "Kept",
    "Struct",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Width",
    "codec_of",
    "decode",
    "encode",
    "opaque",
    "read_opaque",
    "read_varint",
    "varint",
]

T = TypeVar("T")
Read = Callable[[bytes, int, int], tuple[Any, int]]
Write = Callable[[Any, bytearray], None]

MAX_VECTOR_LENGTH = 2**30 - 1
MAX_MESSAGE_LENGTH = 32 * 2**20  # a Welcome with a tree of 50,000 members, 8,000 in a hybrid suite; bounds one decode


@dataclass(frozen=True, slots=True)
class Width:
    """Marks an int or IntEnum as an integer of so many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """Marks bytes as opaque x[length], without a length in front."""

    length: int


@dataclass(frozen=True, slots=True)
class AtMost:
    """Marks a vector as one of at most so many elements: a limit of ours, on the work that a message can make."""

    count: int


UInt8 = Annotated[int, Width(1)]
UInt16 = Annotated[int, Width(2)]
UInt32 = Annotated[int, Width(4)]
UInt64 = Annotated[int, Width(8)]


class Codec(NamedTuple):
    """How one annotation is read and written.

    ``read(data, position, end)`` returns the value and the position after it and never looks at or past ``end``;
    ``write(value, output)`` appends to ``output``.
    """

    read: Read
    write: Write


# --- lengths and opaque vectors --------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """Encode a vector length in 1, 2 or 4 bytes (section 2.1.2)."""
    if value < 0x40:
        return value.to_bytes(1)
    if value < 0x4000:
        return (value | 0x4000).to_bytes(2)
    if value <= MAX_VECTOR_LENGTH:
        return (value | 0x8000_0000).to_bytes(4)
    raise UsageError(f"a vector holds at most {MAX_VECTOR_LENGTH} bytes, not {value}")


def read_varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Read a vector length; refuses encodings longer than needed (section 2.1.2)."""
    if position >= end:
        raise DecodeError("a length is missing")
    first = data[position]
    if first < 0x40:
        return first, position + 1
    size = 1 << (first >> 6)
    if size == 8:
        raise DecodeError("a length starts with the bits 11")
    if position + size > end:
        raise DecodeError("a length is cut off")
    value = int.from_bytes(data[position : position + size]) & ((1 << (8 * size - 2)) - 1)
    if value < 1 << (4 * size - 2):
        raise DecodeError("a length is encoded in more bytes than it needs")
    return value, position + size


def opaque(value: bytes) -> bytes:
    """Encode ``opaque value<V>``."""
    return varint(len(value)) + value


def read_opaque(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    """Read ``opaque value<V>``."""
    length, position = read_varint(data, position, end)
    stop = position + length
    if stop > end:
        raise DecodeError(f"a vector of {length} bytes runs past the end by {stop - end}")
    return data[position:stop], stop


def _write_opaque(value: bytes | bytearray, output: bytearray) -> None:
    output += varint(len(value))
    output += value


def _read_secret(data: bytes, position: int, end: int) -> tuple[Secret, int]:
    value, position = read_opaque(data, position, end)
    return Secret(value), position


def _read_bool(data: bytes, position: int, end: int) -> tuple[bool, int]:
    if position >= end:
        raise DecodeError("a truth value is cut off")
    if data[position] > 1:
        raise DecodeError(f"a truth value is {data[position]}, neither 0 nor 1")
    return data[position] == 1, position + 1


def _write_bool(value: bool, output: bytearray) -> None:
    output += value.to_bytes(1)


# --- structs ---------------------------------------------------------------------------------------------


class Struct:
    """Base of all wire structs; subclasses are dataclasses with ``frozen=True, slots=True``."""

    __slots__ = ()
    _tag: ClassVar[int | None] = None
    _tag_width: ClassVar[int] = 0
    _compiled: ClassVar[tuple[tuple[str, ...], tuple[Read, ...], tuple[Write, ...]] | None] = None

    def __init_subclass__(cls, *, tag: int | None = None, width: int = 2) -> None:
        # dataclass(slots=True) makes the class a second time, without the keywords: then the first values stay.
        if tag is not None:
            cls._tag = int(tag)
            cls._tag_width = width
        cls._compiled = None

    @classmethod
    def read(cls, data: bytes, position: int, end: int) -> tuple[Self, int]:
        """Read one struct out of ``data[position:end]``; return it and the position after it."""
        names, readers, _ = cls._compiled or _compile(cls)
        values: list[Any] = []
        try:
            for reader in readers:
                value, position = reader(data, position, end)
                values.append(value)
        except DecodeError as error:
            raise error.inside(names[len(values)]) from None
        return cls(*values), position

    def write(self, output: bytearray) -> None:
        """Append the encoding to ``output``."""
        cls = type(self)
        names, _, writers = cls._compiled or _compile(cls)
        for name, writer in zip(names, writers, strict=True):
            writer(getattr(self, name), output)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a whole message.

        Raises:
            DecodeError: Malformed, longer than MAX_MESSAGE_LENGTH, or with bytes left over.
        """
        return _decode_whole(cls.read, data, cls.__name__)

    def encode(self) -> bytes:
        """Encode.

        Raises:
            UsageError: A field does not fit its format.
        """
        return _encode_whole(type(self).write, self, type(self).__name__)


class Kept(Struct):
    """A Struct that keeps its own encoding: the bytes it was decoded from, or those of its first ``encode``."""

    __slots__ = ("_encoding",)
    _encoding: bytes

    @classmethod
    def read(cls, data: bytes, position: int, end: int) -> tuple[Self, int]:
        """Read one struct and keep its bytes."""
        value, stop = super().read(data, position, end)
        object.__setattr__(value, "_encoding", data[position:stop])
        return value, stop

    def write(self, output: bytearray) -> None:
        """Append the kept encoding to ``output``."""
        output += self.encode()

    def encode(self) -> bytes:
        """Return the kept encoding; made on first use for a struct that was not decoded."""
        try:
            return self._encoding
        except AttributeError:
            encoding = _encode_whole(Struct.write, self, type(self).__name__)
            object.__setattr__(self, "_encoding", encoding)
            return encoding


def _compile(cls: type[Struct]) -> tuple[tuple[str, ...], tuple[Read, ...], tuple[Write, ...]]:
    hints = typing.get_type_hints(cls, include_extras=True)
    names = tuple(field.name for field in fields(cls))  # type: ignore[arg-type]  # every concrete Struct is a dataclass
    codecs = [codec_of(hints[name]) for name in names]
    cls._compiled = names, tuple(codec.read for codec in codecs), tuple(codec.write for codec in codecs)
    return cls._compiled


# --- any annotation --------------------------------------------------------------------------------------


@cache
def codec_of(annotation: Any) -> Codec:
    """Return the codec of an annotation of the table in this module's docstring.

    Raises:
        UsageError: The annotation is not in the table.
    """
    if annotation is bytes:
        return Codec(read_opaque, _write_opaque)
    if annotation is Secret:
        return Codec(_read_secret, _write_opaque)
    if annotation is bool:
        return Codec(_read_bool, _write_bool)
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return Codec(annotation.read, annotation.write)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        base, mark = arguments[0], arguments[1]
        if isinstance(mark, Width):
            return _enum(base, mark.size) if issubclass(base, IntEnum) else _integer(mark.size)
        if isinstance(mark, Fixed):
            return _fixed(mark.length)
        if isinstance(mark, AtMost):
            return _vector(typing.get_args(base)[0], mark.count)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _vector(arguments[0])
    if origin in (types.UnionType, typing.Union):
        if arguments[-1] is type(None):
            return _optional(codec_of(typing.Union[arguments[:-1]]))  # noqa: UP007  # built from a list of types
        return _select(arguments)
    raise UsageError(f"no wire format for the annotation {annotation!r}")


def decode(annotation: Any, data: bytes) -> Any:
    """Decode a whole value of any annotation of the table; raises DecodeError."""
    return _decode_whole(codec_of(annotation).read, data, str(annotation))


def encode(annotation: Any, value: Any) -> bytes:
    """Encode a value of any annotation of the table; raises UsageError."""
    return _encode_whole(codec_of(annotation).write, value, str(annotation))


def _decode_whole(read: Callable[[bytes, int, int], tuple[T, int]], data: bytes, name: str) -> T:
    if len(data) > MAX_MESSAGE_LENGTH:
        raise DecodeError(f"{len(data)} bytes are more than the limit of {MAX_MESSAGE_LENGTH}").inside(name)
    data = bytes(data)
    try:
        value, stop = read(data, 0, len(data))
    except DecodeError as error:
        raise error.inside(name) from None
    if stop != len(data):
        raise DecodeError(f"{len(data) - stop} bytes are left over").inside(name)
    return value


def _encode_whole(write: Write, value: Any, name: str) -> bytes:
    output = bytearray()
    try:
        write(value, output)
    except (OverflowError, TypeError, AttributeError, _struct.error):
        # The cause would print field values: it is cut off on purpose.
        raise UsageError(f"{name}: a field has a value that its format cannot hold") from None
    return bytes(output)


def _integer(size: int) -> Codec:
    def read(data: bytes, position: int, end: int) -> tuple[int, int]:
        stop = position + size
        if stop > end:
            raise DecodeError(f"an integer of {size} bytes is cut off")
        return int.from_bytes(data[position:stop]), stop

    def write(value: int, output: bytearray) -> None:
        output += value.to_bytes(size)

    return Codec(read, write)


def _enum(enum: type[IntEnum], size: int) -> Codec:
    integer = _integer(size)
    members = {int(member): member for member in enum}

    def read(data: bytes, position: int, end: int) -> tuple[IntEnum, int]:
        value, position = integer.read(data, position, end)
        member = members.get(value)
        if member is None:
            raise DecodeError(f"{value} is no {enum.__name__}")
        return member, position

    return Codec(read, integer.write)


def _fixed(length: int) -> Codec:
    def read(data: bytes, position: int, end: int) -> tuple[bytes, int]:
        stop = position + length
        if stop > end:
            raise DecodeError(f"a field of {length} bytes is cut off")
        return data[position:stop], stop

    def write(value: bytes, output: bytearray) -> None:
        if len(value) != length:
            raise OverflowError
        output += value

    return Codec(read, write)


def _vector(element: Any, most: int = MAX_VECTOR_LENGTH) -> Codec:
    if typing.get_origin(element) is Annotated and typing.get_args(element)[0] is int:
        return _integer_vector(typing.get_args(element)[1].size, most)
    item = codec_of(element)

    def read(data: bytes, position: int, end: int) -> tuple[tuple[Any, ...], int]:
        length, position = read_varint(data, position, end)
        stop = position + length
        if stop > end:
            raise DecodeError(f"a vector of {length} bytes runs past the end by {stop - end}")
        values: list[Any] = []
        read_item = item.read
        while position < stop:
            before = position
            value, position = read_item(data, position, stop)
            if position == before:
                raise DecodeError("a vector has elements of no bytes")
            if len(values) == most:
                raise DecodeError(f"a vector has more than {most} elements")
            values.append(value)
        return tuple(values), stop

    def write(values: tuple[Any, ...], output: bytearray) -> None:
        body = bytearray()
        for value in values:
            item.write(value, body)
        _write_opaque(body, output)

    return Codec(read, write)


def _integer_vector(size: int, most: int) -> Codec:
    letter = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]

    def read(data: bytes, position: int, end: int) -> tuple[tuple[int, ...], int]:
        length, position = read_varint(data, position, end)
        stop = position + length
        if stop > end:
            raise DecodeError(f"a vector of {length} bytes runs past the end by {stop - end}")
        if length % size:
            raise DecodeError(f"{length} bytes are no whole number of {size}-byte integers")
        if length // size > most:
            raise DecodeError(f"a vector has more than {most} elements")
        return _struct.unpack_from(f">{length // size}{letter}", data, position), stop

    def write(values: tuple[int, ...], output: bytearray) -> None:
        _write_opaque(_struct.pack(f">{len(values)}{letter}", *values), output)

    return Codec(read, write)


def _optional(inner: Codec) -> Codec:
    def read(data: bytes, position: int, end: int) -> tuple[Any, int]:
        if position >= end:
            raise DecodeError("an optional field is cut off")
        present = data[position]
        if present == 0:
            return None, position + 1
        if present != 1:
            raise DecodeError(f"an optional field is marked {present}, neither absent nor present")
        return inner.read(data, position + 1, end)

    def write(value: Any, output: bytearray) -> None:
        if value is None:
            output.append(0)
        else:
            output.append(1)
            inner.write(value, output)

    return Codec(read, write)


def _select(classes: tuple[type[Struct], ...]) -> Codec:
    by_tag = {cls._tag: cls for cls in classes}
    widths = {cls._tag_width for cls in classes}
    if None in by_tag or len(widths) != 1 or len(by_tag) != len(classes):
        raise UsageError("a select needs Structs with tags that differ and have one width")
    integer = _integer(widths.pop())
    names = " or ".join(cls.__name__ for cls in classes)

    def read(data: bytes, position: int, end: int) -> tuple[Struct, int]:
        tag, position = integer.read(data, position, end)
        cls = by_tag.get(tag)
        if cls is None:
            raise DecodeError(f"the type {tag} is none of {names}")
        return cls.read(data, position, end)

    def write(value: Struct, output: bytearray) -> None:
        cls = type(value)
        if cls._tag is None or by_tag.get(cls._tag) is not cls:
            raise TypeError
        integer.write(cls._tag, output)
        value.write(output)

    return Codec(read, write)
