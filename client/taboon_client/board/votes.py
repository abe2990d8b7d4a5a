"""What the group decides: motions, and votes with the electorate as it was when the motion was made (3.3).

Nobody can bring in voters after a question was asked: whoever joins later has no vote on it. What is decided by a vote
has no effect by itself; an admin does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from taboon_client.board.kinds import from_body
from taboon_client.board.register_kinds import CHOICES, CloseMotion, Motion, Vote
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import History, Judge

__all__ = ["GroupMotion", "decode_motions", "encode_motions", "fold_motions"]


class GroupMotion(NamedTuple):
    """A motion, with all votes that count.

    Attributes:
        name: Of its event.
        author: Identity key.
        text: What is asked.
        created, until: Stated Unix times.
        electorate: Identity keys of the persons who may vote, on any of their devices.
        votes: (identity key of the person, choice) of each who did.
        closed: The author closed it.
    """

    name: bytes
    author: bytes
    text: str
    created: int
    until: int
    electorate: tuple[bytes, ...]
    votes: tuple[tuple[bytes, str], ...]
    closed: bool

    def count(self, choice: str) -> int:
        """Return how many voted so."""
        return sum(voted == choice for _, voted in self.votes)

    @property
    def decided(self) -> str:
        """``yes`` or ``no`` if more than half of the electorate voted so, else empty."""
        for choice in ("yes", "no"):
            if 2 * self.count(choice) > len(self.electorate):
                return choice
        return ""


def fold_motions(graph: Graph, judge: Judge, history: History) -> tuple[GroupMotion, ...]:
    """Return the motions that count, in the order of the fold.

    The epoch that a motion states must be one of the standing chain that is known here: only of such is it known who
    was a member. Of each person, whatever their devices, the last vote in the fold counts; once the author has closed
    it, the votes that the closing names and no others.
    """
    motions: dict[bytes, GroupMotion] = {}
    epochs: dict[bytes, bytes] = {}
    votes: dict[bytes, dict[bytes, tuple[bytes, str]]] = {}
    closed: dict[bytes, frozenset[bytes]] = {}
    said: dict[bytes, tuple[bytes, bytes, str]] = {}
    for _, name, event in graph.ready():
        body = from_body(event)
        if not isinstance(body, Motion | Vote | CloseMotion) or not judge(event):
            continue
        if isinstance(body, Motion):
            electorate = history.persons_in(event.epoch)
            if electorate:
                epochs[name] = event.epoch
                motions[name] = GroupMotion(
                    name, event.author, body.text, body.created, body.until, electorate, (), closed=False
                )
            continue
        motion = motions.get(body.motion)
        if motion is None:
            continue
        voter = history.person(event.author, epochs[body.motion])
        if voter is None:
            continue
        if isinstance(body, CloseMotion):
            if voter == history.person(motion.author, epochs[body.motion]) and body.motion not in closed:
                closed[body.motion] = frozenset(body.votes)
        elif voter in motion.electorate and body.choice in CHOICES:
            votes.setdefault(body.motion, {})[voter] = (name, body.choice)
            said[name] = (body.motion, voter, body.choice)
    found = []
    for name, motion in motions.items():
        counted = {who: choice for who, (_, choice) in votes.get(name, {}).items()}
        if name in closed:
            counted = {
                who: choice for vote, (about, who, choice) in said.items() if about == name and vote in closed[name]
            }
        found.append(motion._replace(votes=tuple(sorted(counted.items())), closed=name in closed))
    return tuple(found)


def encode_motions(motions: tuple[GroupMotion, ...]) -> list[Any]:
    """Return them as CBOR keeps them."""
    return [[*one[:5], list(one.electorate), [list(vote) for vote in one.votes], one.closed] for one in motions]


def decode_motions(value: Any) -> tuple[GroupMotion, ...]:
    """Read what was kept."""
    try:
        return tuple(
            GroupMotion(name, author, text, created, until, tuple(who), tuple((v, c) for v, c in votes), closed=closed)
            for name, author, text, created, until, who, votes, closed in value
        )
    except (TypeError, ValueError, IndexError) as error:
        raise FormatError("the motions of the group cannot be read") from error
