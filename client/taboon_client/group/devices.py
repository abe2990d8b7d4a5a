"""Which leaves are devices of one person: said by both leaves, so the tree alone tells it (docs/protocol.md, 2.10).

A further device names the person in its own leaf, for as long as it is a member; the person's first device names it
back. Each leaf is signed by its own identity key, so nobody can say it for somebody else, and everyone who has the tree
finds the same answer: whether approvals are enough may depend on nothing that one may hold or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.group.leaf import LEAF_EXTENSION, read_devices
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["People", "people_of", "persons_after"]

_Said = tuple[bytes, tuple[bytes, ...]]


class People:
    """Whose device each leaf of a tree is.

    A person is named by the identity key of their first device, also when that one is gone: the others then still
    count as one. A leaf that names a person who does not name it back is nobody's: it counts for none.

    Args:
        leaves: By identity key the person that each leaf names (empty: none), and the devices.
    """

    def __init__(self, leaves: dict[bytes, _Said]) -> None:
        self._leaves = leaves

    def of(self, identity: bytes) -> bytes | None:
        """Return the person whose device a member is; None if that is not agreed. Others are a person of their own."""
        person = self.claimed(identity)
        first = self._leaves.get(person)
        if person == identity or first is None:
            return person
        return person if not first[0] and identity in first[1] else None

    def claimed(self, identity: bytes) -> bytes:
        """Return whose device a member says that it is, itself if it says nothing."""
        return self._leaves.get(identity, (b"", ()))[0] or identity

    def is_first(self, person: bytes) -> bool:
        """Tell whether a member is here and no further device of anybody: only then others can be linked to it."""
        return person in self._leaves and self.claimed(person) == person

    def heirs(self, person: bytes) -> frozenset[bytes]:
        """Return who speaks for a person whose first device is gone: the devices that are left. Else nobody."""
        if person in self._leaves:
            return frozenset()
        return frozenset(one for one in self._leaves if self.claimed(one) == person)

    def strays(self, gone: Iterable[bytes]) -> tuple[bytes, ...]:
        """Return whoever says that it is a device of one of these, which never said so: it goes with them, ascending.

        Else it would pass for a device of that person as soon as nobody is there to say otherwise.
        """
        left = set(gone)
        return tuple(sorted(one for one in self._leaves if self.of(one) is None and self.claimed(one) in left - {one}))

    def devices_of(self, identity: bytes) -> tuple[bytes, ...]:
        """Return all devices of the person whose device a member is, itself among them, ascending."""
        person = self.of(identity)
        if person is None:
            return (identity,)
        return tuple(sorted(one for one in self._leaves if self.of(one) == person))

    def count(self, identities: Iterable[bytes]) -> int:
        """Return how many persons these are."""
        return len({self.of(one) for one in identities} - {None})

    def renews_again(self, author: bytes, last: bytes | None, renewed: bytes | None) -> bool:
        """Tell whether a person renews leaves of their own alone twice in a row: so nobody else would come to commit.

        Here a device that is not confirmed is theirs whose it says that it is.

        Args:
            author: Whose commit it is.
            last: Author of the commit before, None if unknown here.
            renewed: Whose leaf it renews or brings back; None if it does something else.
        """
        if last is None or renewed is None:
            return False
        return self.claimed(last) == self.claimed(author) == self.claimed(renewed)

    def without(self, gone: Iterable[bytes]) -> People:
        """Return the people when some leaves are gone."""
        left = set(gone)
        return People({identity: leaf for identity, leaf in self._leaves.items() if identity not in left})


def people_of(members: Iterable[mls.Member]) -> People:
    """Return whose devices the leaves of a tree are; raises FormatError where one is none of Taboon's."""
    return People(
        {one.signature_key: read_devices(mls.find_extension(one.extensions, LEAF_EXTENSION)) for one in members}
    )


def persons_after(people: People, members: Iterable[bytes], gone: Iterable[bytes], added: Iterable[bool]) -> int:
    """Return how many persons there are at least after a commit.

    Args:
        people: Before it.
        members: Before it.
        gone: Those of them who are removed and not added again.
        added: For each newcomer, whether it is a person of its own.
    """
    left = set(members) - set(gone)
    return people.without(gone).count(left) + sum(added)
