"""A circle: a group whose members show that they are of its parent group (docs/protocol.md, section 2.11).

Each leaf of a circle names the identity key that its member has in the parent, and carries that key's signature over
the circle's own identity key. So every member checks it by the tree alone, and nobody outside learns that the two
groups belong together: both stand inside what is encrypted.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from taboon_client.errors import FormatError
from taboon_crypto import mls
from taboon_crypto.primitives import sodium

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.group.leaf import LeafContent

__all__ = ["check_circle", "outsiders", "parent_hint", "prove"]

_LABEL: Final = b"taboon circle member v1"
_HINT: Final = b"taboon circle parent v1"


def prove(seed: bytes, parent: bytes, identity: bytes) -> bytes:
    """Return the signature, 64 bytes, by which a member of a parent group says that an identity in a circle is theirs.

    Args:
        seed: Of the member's identity key in the parent, 32 bytes.
        parent: Id of the parent group, 32 bytes.
        identity: The identity key in the circle, 32 bytes.
    """
    return mls.SigningKey(seed).sign(_said(parent, identity))


def check_circle(parent: bytes, leaves: Iterable[tuple[bytes, LeafContent]]) -> None:
    """Check the leaves of a group: in a circle each proves another member of the parent, elsewhere none speaks of one.

    Args:
        parent: Id of the parent group, as the policy names it; empty if the group is no circle.
        leaves: Identity key and content of each leaf.

    Raises:
        FormatError: A leaf proves nothing, or two name one member of the parent.
    """
    seen: set[bytes] = set()
    for identity, content in leaves:
        if not parent:
            if content.parent:
                raise FormatError("a leaf speaks of a parent group where there is none")
            continue
        if not content.parent or not sodium.ed25519_verify(content.parent, _said(parent, identity), content.proof):
            raise FormatError("a leaf of a circle does not prove that its member is in the parent group")
        if content.parent in seen:
            raise FormatError("two leaves of a circle name one member of the parent group")
        seen.add(content.parent)


def outsiders(leaves: Iterable[tuple[bytes, LeafContent]], present: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the identity keys in a circle of those who are not in the parent any more, ascending.

    Args:
        leaves: Identity key and content of each leaf of the circle.
        present: Identity keys of the parent's members.
    """
    here = set(present)
    return tuple(sorted(identity for identity, content in leaves if content.parent not in here))


def parent_hint(parent: bytes, invite_key: bytes) -> bytes:
    """Return what an invite into a circle names its parent by, 32 bytes: only who has the group knows which it is."""
    return sha256(_HINT + invite_key + parent).digest()


def _said(parent: bytes, identity: bytes) -> bytes:
    return _LABEL + parent + identity
