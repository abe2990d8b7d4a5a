"""Approvals that a commit carries: who agreed to an act, and whether that is enough (docs/protocol.md, section 2.5).

An approval is a signed event of kind ``approve``. It names the act, what it is done to, and the first and last epoch it
is good for, so it outlives the epoch it was given in. Nothing here asks whether the event is held or counts.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from taboon_client.board import Event, from_body
from taboon_client.board.register_kinds import ADD, POLICY, RECOVER, REMOVE, Approve
from taboon_client.errors import EventError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.group.policy import Policy

__all__ = [
    "ADD",
    "MAX_APPROVALS",
    "POLICY",
    "RECOVER",
    "REMOVE",
    "Given",
    "added",
    "changed",
    "is_good",
    "read_approvals",
    "recovered",
    "who_approved",
]

MAX_APPROVALS: Final = 400
"""Approvals in one commit, at most: each is a signature to be checked by everyone."""

Given = tuple[bytes, Approve]
"""Who gave an approval (identity key), and what it says."""


def added(key_package: bytes) -> bytes:
    """Return what an approval of an addition names: the hash of the very key package, 32 bytes."""
    return sha256(key_package).digest()


def changed(before: Policy, after: Policy) -> bytes:
    """Return what an approval of a change of the policy names: the policies before and after, 32 bytes."""
    return sha256(b"taboon policy change v1" + before.digest + after.digest).digest()


def recovered(before: Policy, after: Policy, removed: Iterable[bytes]) -> bytes:
    """Return what a keyholder agrees to: other admins, and which of the old ones are removed, 32 bytes."""
    return sha256(b"taboon recovery v1" + before.digest + after.digest + b"".join(sorted(removed))).digest()


def read_approvals(raws: Iterable[bytes], group_id: bytes) -> list[Given]:
    """Read the approvals that a commit carries.

    Raises:
        EventError: One of them is no approval that somebody signed for this group.
    """
    found: list[Given] = []
    for raw in raws:
        if len(found) == MAX_APPROVALS:
            raise EventError("a commit carries more approvals than any commit needs")
        event = Event.read(raw, group_id)
        body = from_body(event)
        if not isinstance(body, Approve):
            raise EventError("a commit carries an event that approves nothing")
        found.append((event.author, body))
    return found


def is_good(said: Approve, policy: Policy, epoch: int) -> bool:
    """Tell whether an approval can be carried by a commit that ends this epoch, under this policy: it is not spent."""
    spent_before = {ADD: policy.additions_from, POLICY: policy.changes_from, RECOVER: policy.changes_from}
    return spent_before.get(said.act, 0) <= said.first <= epoch <= said.last


def who_approved(given: Iterable[Given], act: str, target: bytes, policy: Policy, epoch: int) -> frozenset[bytes]:
    """Return the identity keys of those whose approval names an act and is good for a commit that ends this epoch."""
    return frozenset(
        author for author, said in given if said.act == act and said.target == target and is_good(said, policy, epoch)
    )
