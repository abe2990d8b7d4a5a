"""Who is who and what is what in one group, as the board shows it: names and tags, and the codes of items."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Item

__all__ = ["People"]

# Letters of the Latin, Greek and Cyrillic scripts.
_PLAIN = re.compile(r"[^\W\d_\u0530-\U0010ffff]{2,20}(?: [^\W\d_\u0530-\U0010ffff]{1,20}\.?)?")


class People:
    """The names in a group, of members and of those who were, and the short codes of its items."""

    def __init__(self, group: "Group") -> None:
        self._group = group
        self._everyone = group.people()
        self._codes: dict[bytes, str] | None = None

    def code(self, item: "Item") -> str:
        """The shortest code that means this item alone."""
        if self._codes is None:
            self._codes = self._group.codes()
        return self._codes.get(item.id, item.code)

    def is_me(self, identity: bytes) -> bool:
        """Whether this is the one who asks."""
        one = self._everyone.get(identity)
        return one is not None and one.me

    def tag(self, identity: bytes) -> str:
        """The short code of someone, which nobody can choose."""
        one = self._everyone.get(identity)
        return "?" if one is None else one.tag

    def name(self, identity: bytes) -> str:
        """What someone is called; empty if they never said."""
        one = self._everyone.get(identity)
        return "" if one is None else one.name

    def called(self, identity: bytes) -> str:
        """What someone is called in the middle of a sentence of ours.

        The name where it is one or two plain words that read from left to right and nobody else's; else the tag, which
        nobody can choose: a name could turn the sentence around, or go on with it.
        """
        name, tag = self.name(identity), self.tag(identity)
        if not _PLAIN.fullmatch(name):
            return tag
        alike = sum(one.name.casefold() == name.casefold() for one in self._everyone.values())
        return name if alike == 1 else f"{name} ({tag})"

    def data(self, identity: bytes) -> dict[str, object]:
        """Someone for ``--json``."""
        return {
            "name": self.name(identity),
            "tag": self.tag(identity),
            "identity": identity.hex(),
            "me": self.is_me(identity),
        }
