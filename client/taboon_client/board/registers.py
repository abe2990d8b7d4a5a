"""The registers of a group: the people and the settings; its lists are :mod:`.vocabulary` (docs/protocol.md, 3.3)."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client.board.codes import shortest_codes
from taboon_client.board.freshness import Keep
from taboon_client.board.kinds import GroupName, Name, from_body
from taboon_client.board.register_kinds import Accept, Agreement, Keeping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge

__all__ = [
    "ACTS", "AREAS", "HERE", "INVITES", "MEMBERS", "PEOPLE", "QUESTIONS", "REGISTERS", "SETTINGS", "TAXONOMY", "VOTES",
    "fingerprint", "fold_accepted", "fold_agreement", "fold_group_name", "fold_keep", "fold_people", "tags",
]  # fmt: skip

PEOPLE = "people"
SETTINGS = "settings"
TAXONOMY = "taxonomy"
AREAS = "areas"
QUESTIONS = "questions"
ACTS = "acts"
MEMBERS = "members"
INVITES = "invites"
HERE = "here"
VOTES = "votes"
REGISTERS = (PEOPLE, SETTINGS, TAXONOMY, AREAS, QUESTIONS, MEMBERS, ACTS, INVITES, VOTES)
"""The registers that a newcomer is given."""

_TAG_LABEL = b"taboon tag v1"


def fold_people(graph: Graph, judge: Judge) -> dict[bytes, str]:
    """Return the names that identity keys gave themselves: of each the last that counts, in the order of the fold."""
    names: dict[bytes, str] = {}
    for _, _, event in graph.ready():
        body = from_body(event)
        if isinstance(body, Name) and judge(event):
            names[event.author] = body.name
    return names


def fold_group_name(graph: Graph, judge: Judge) -> str | None:
    """Return how the group is called: the last name that an admin gave it and that counts, in the order of the fold."""
    name = None
    for _, _, event in graph.ready():
        body = from_body(event)
        if isinstance(body, GroupName) and judge(event):
            name = body.name
    return name


def fold_keep(graph: Graph, judge: Judge) -> Keep:
    """Return for how long the group keeps items: what an admin said last, in the order of the fold."""
    keep = Keep()
    for _, _, event in graph.ready():
        body = from_body(event)
        if isinstance(body, Keeping) and judge(event):
            keep = Keep(body.open_days, body.closed_days)
    return keep


def fold_agreement(graph: Graph, judge: Judge) -> str:
    """Return what everyone who joins agrees to, as an admin said it last in the order of the fold."""
    text = ""
    for _, _, event in graph.ready():
        body = from_body(event)
        if isinstance(body, Agreement) and judge(event):
            text = body.text
    return text


def fold_accepted(graph: Graph, judge: Judge) -> dict[bytes, bytes]:
    """Return which agreement (hash of its text) each member accepted last, by identity key."""
    found: dict[bytes, bytes] = {}
    for _, _, event in graph.ready():
        body = from_body(event)
        if isinstance(body, Accept) and judge(event):
            found[event.author] = body.agreement
    return found


def fingerprint(identity: bytes) -> bytes:
    """Return the 32 bytes whose code (:func:`~taboon_client.board.codes.code_of`) is the tag of an identity key."""
    return sha256(_TAG_LABEL + identity).digest()


def tags(names: Mapping[bytes, str]) -> dict[bytes, str]:
    """Return for each identity key the tag that tells it from others whose names look alike; ``""`` where none does.

    Names look alike if they differ only in case, spaces, marks, invisible characters or ways to write one character. A
    tag is four characters, or as many more as it takes: two keys never share name and tag. Whoever makes keys
    until their tag is somebody's only makes both tags longer.
    """
    alike: dict[str, list[bytes]] = {}
    for identity, name in names.items():
        alike.setdefault(_look(name), []).append(identity)
    found = dict.fromkeys(names, "")
    for identities in alike.values():
        if len(identities) > 1:
            codes = shortest_codes(map(fingerprint, identities))
            for identity in identities:
                found[identity] = codes[fingerprint(identity)]
    return found


def _look(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if unicodedata.category(c)[0] not in "CMZ").casefold()
