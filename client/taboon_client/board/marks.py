"""What members say about each other: a device at risk, a person vouched for (docs/protocol.md, section 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taboon_client.board.kinds import from_body
from taboon_client.board.register_kinds import Lift, Risk, Vouch
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import History, Judge

__all__ = ["SUSPENDED_BY", "Marks", "fold_marks"]

SUSPENDED_BY: Final = 2
"""How many members suspend a device."""


class Marks(NamedTuple):
    """What stands about each member, by identity key: who says so, and why; the last word of each counts."""

    risks: dict[bytes, dict[bytes, str]]
    vouches: dict[bytes, dict[bytes, str]]

    def suspended(self, identity: bytes) -> bool:
        """Tell whether a member is suspended: no sealed details to it, no invites by it, until an admin decides."""
        return len(self.risks.get(identity, ())) >= SUSPENDED_BY

    @property
    def all_suspended(self) -> frozenset[bytes]:
        """Identity keys of everyone who is suspended."""
        return frozenset(filter(self.suspended, self.risks))

    def to_value(self) -> list[Any]:
        """Return it as CBOR keeps it."""
        return [[[one, list(said.items())] for one, said in kind.items()] for kind in self]

    @classmethod
    def from_value(cls, value: Any) -> Marks:
        """Read what was kept."""
        try:
            risks, vouches = ({one: dict(map(tuple, said)) for one, said in kind} for kind in value)
        except (TypeError, ValueError) as error:
            raise FormatError("the marks of members cannot be read") from error
        return cls(risks, vouches)


def fold_marks(graph: Graph, judge: Judge, history: History) -> Marks:
    """Return what stands about the members: of each person the last word, in the order of the fold.

    Two devices of one person are one who says it. Nobody speaks of itself; nobody vouches for a device of their own,
    or lifts what was said of one.
    """
    marks = Marks({}, {})
    for _, _, event in graph.ready():
        body = from_body(event)
        if not isinstance(body, Risk | Lift | Vouch) or body.member == event.author or not judge(event):
            continue
        by = history.person(event.author, event.epoch)
        if by is None or (not isinstance(body, Risk) and by == history.person(body.member)):
            continue
        if isinstance(body, Risk):
            marks.risks.setdefault(body.member, {})[by] = body.reason
        elif isinstance(body, Vouch):
            marks.vouches.setdefault(body.member, {})[by] = body.text
        else:
            marks.risks.pop(body.member, None)
    return marks
