"""Who is who and what is what in one group, as the board shows it: names and tags, and the codes of items."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Item

__all__ = ["People"]


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

    def data(self, identity: bytes) -> dict[str, object]:
        """Someone for ``--json``."""
        return {
            "name": self.name(identity),
            "tag": self.tag(identity),
            "identity": identity.hex(),
            "me": self.is_me(identity),
        }
