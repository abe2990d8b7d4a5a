"""The invites that are shared among the admins (docs/protocol.md, sections 3.3 and 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from taboon_client.board.epochs import ADMIN
from taboon_client.board.kinds import from_body
from taboon_client.board.register_kinds import InviteEnd, SharedInvite
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge

__all__ = ["Shared", "decode_invites", "encode_invites", "fold_invites"]


class Shared(NamedTuple):
    """An invite as everybody in the group sees it.

    Attributes:
        event: Name of the event that shared it.
        maker: Identity key.
        invite: Digest of the payload.
        expires: Unix time.
        ended: Why it is over; empty while it is not.
    """

    event: bytes
    maker: bytes
    invite: bytes
    expires: int
    ended: str


def fold_invites(graph: Graph, judge: Judge) -> tuple[Shared, ...]:
    """Return all invites that count; the first event that names an invite stands for it."""
    found: dict[bytes, Shared] = {}
    taken: set[bytes] = set()
    for _, name, event in graph.ready():
        body = from_body(event)
        if isinstance(body, SharedInvite) and body.invite not in taken and judge(event):
            found[name] = Shared(name, event.author, body.invite, body.expires, "")
            taken.add(body.invite)
        elif isinstance(body, InviteEnd) and body.event in found:
            here = found[body.event]
            if not here.ended and (judge(event) if event.author == here.maker else judge(event, ADMIN)):
                found[body.event] = here._replace(ended=body.why or "revoked")
    return tuple(found.values())


def encode_invites(invites: tuple[Shared, ...]) -> list[Any]:
    """Return them as CBOR keeps them."""
    return [list(one) for one in invites]


def decode_invites(value: Any) -> tuple[Shared, ...]:
    """Read what was kept."""
    try:
        return tuple(Shared(*one) for one in value)
    except TypeError as error:
        raise FormatError("the invites of the group cannot be read") from error
