"""From what a person types to the one thing meant: names, short codes and unique prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from taboon_client.board import Item, read_code
from taboon_client.errors import AmbiguousError, NotFoundError
from taboon_client.vault import board as rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.values import Member
    from taboon_client.vault import Connection

__all__ = ["one_group", "one_item", "one_member"]

_SHOWN = 20
_LEAST_HEX = 8
_ID_HEX = 64


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def code(self) -> str: ...


G = TypeVar("G", bound=_Named)


def one_group(groups: Sequence[G], ref: str) -> G:
    """Return the group of a name or code, or of a unique prefix of either.

    Raises:
        NotFoundError: There is none.
        AmbiguousError: There are several.
    """
    found = [group for group in groups if ref in (group.name, group.code)] or [
        group
        for group in groups
        if group.name.casefold().startswith(ref.casefold()) or group.code.startswith(ref.lower())
    ]
    if not found or not ref:
        raise NotFoundError("group", "no group of that name is on this device. `taboon groups` lists them")
    if len(found) > 1:
        choices = tuple(f"{group.name} ({group.code})" for group in found)
        raise AmbiguousError("several groups have that name: use the code", choices)
    return found[0]


def one_member(members: Sequence[Member], ref: str, *, whole: bool = False) -> Member:
    """Return the member of a tag, of a name, or of a unique prefix of the name.

    A tag comes first: nobody can choose theirs, and anybody can call themselves by the tag of another.

    Args:
        members: To choose from.
        ref: What was typed.
        whole: Take no prefix of a name: for what cannot be undone.

    Raises:
        NotFoundError: There is none.
        AmbiguousError: There are several.
    """
    found = [member for member in members if ref.upper() == member.tag]
    found = found or [member for member in members if ref == member.name]
    if not found and not whole:
        found = [member for member in members if member.name.casefold().startswith(ref.casefold())]
    if not found or not ref:
        raise NotFoundError("member", "nobody of that name is in the group. `taboon members` lists them")
    if len(found) > 1:
        choices = tuple(f"{member.name} ({member.tag})" for member in found)
        raise AmbiguousError("several members have that name: use the tag", choices)
    return found[0]


def one_item(tx: Connection, grp: int, ref: str | bytes) -> Item:
    """Return the item of an id, short code (``K7F2``, ``#K7F2``), prefix of the id in hexadecimal, or unique title.

    Raises:
        NotFoundError: There is none.
        AmbiguousError: There are several.
    """
    if isinstance(ref, bytes):
        folded = rows.items_like(tx, grp, "-", ref, ref)
    else:
        text = ref.strip()
        folded = rows.items_like(tx, grp, read_code(text) or "-", *_hex_range(text))
        if not folded and text:
            everything = rows.items(tx, grp)
            folded = [row for row in everything if Item.decode(row).title.casefold().startswith(text.casefold())]
    found = [Item.decode(row) for row in folded]
    if not found:
        raise NotFoundError("item", "nothing on the board has that code. `taboon board` lists what is there")
    if len(found) > 1:
        choices = tuple(f"{item.id.hex()[:12]} {item.title}" for item in found[:_SHOWN])
        raise AmbiguousError("several items fit: use more of the code", choices)
    return found[0]


def _hex_range(text: str) -> tuple[bytes, bytes]:
    """Return the lowest and highest id that begin with these hexadecimal digits; an empty range for other texts."""
    if not _LEAST_HEX <= len(text) <= _ID_HEX or any(digit not in "0123456789abcdef" for digit in text.lower()):
        return b"\xff", b""
    return bytes.fromhex(text.ljust(_ID_HEX, "0")), bytes.fromhex(text.ljust(_ID_HEX, "f"))
