"""The policy of a group: the rules every member enforces, in the MLS group context (docs/protocol.md, section 2.2).

Only the format and its sanity belong here. Whether a commit keeps to the policy is `rules.py`.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from taboon_client import cbor
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from taboon_client.group.devices import People

__all__ = ["MAX_DISPATCH", "NUMBERS", "POLICY_EXTENSION", "Policy", "RelayEntry", "differences"]

POLICY_EXTENSION: Final = 0xF7B0
"""MLS extension type of the policy, in the private-use range (RFC 9420, section 17.3)."""

_Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=100)]
_Epoch = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_VERSION: Final = 3
MAX_DISPATCH: Final = 32
"""Members of a dispatch circle, at most: every item's key is sealed to each of them."""
_MAX_POLICY = 16_384
"""More than any group's rules need, in bytes; a policy travels in every Welcome."""


class RelayEntry(msgspec.Struct, frozen=True, omit_defaults=True, rename={"pass_": "pass"}):
    """A relay of the group: its address without the id, the relay id (32 bytes), a pass where it asks for one."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    id: _Key
    pass_: Annotated[bytes, msgspec.Meta(max_length=64)] = b""


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """The group's rules. ``relays[0]`` is home; ``retention`` is the retention class of its mailboxes (0 to 3).

    ``dispatch`` names those to whom sealed details are sealed and who act for an item's author; while it names nobody,
    the admins do.

    With ``everyone`` every member is an admin, and ``admins`` (which may then be empty) are only those who make up the
    circle where ``dispatch`` names nobody. An addition, a removal and a change of the policy need as many admins as
    ``add_approvals``, ``removal_approvals`` and ``policy_approvals`` say. ``recovery`` of the ``keyholders``, who are
    all members while none are named, can together take admins away and name others; 0 means more than half of them.

    ``parent`` is the id of the group that a circle is in, empty for other groups; it stays for good.

    ``additions_from`` and ``changes_from`` are no rules but what has been done: approvals of an addition, and of a
    change or a recovery, that state an earlier first epoch are spent.
    """

    admins: Annotated[tuple[_Key, ...], msgspec.Meta(max_length=1000)]
    relays: Annotated[tuple[RelayEntry, ...], msgspec.Meta(min_length=1, max_length=8)]
    retention: Annotated[int, msgspec.Meta(ge=0, le=3)]
    removal_approvals: _Count
    members_invite: bool
    rotation_days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    v: Annotated[int, msgspec.Meta(ge=1, le=_VERSION)]
    dispatch: Annotated[tuple[_Key, ...], msgspec.Meta(max_length=MAX_DISPATCH)] = ()
    add_approvals: _Count = 1
    policy_approvals: _Count = 1
    everyone: bool = False
    recovery: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    keyholders: Annotated[tuple[_Key, ...], msgspec.Meta(max_length=100)] = ()
    parent: Annotated[bytes, msgspec.Meta(max_length=32)] = b""
    additions_from: _Epoch = 0
    changes_from: _Epoch = 0

    @classmethod
    def founding(cls, admin: bytes, relay: RelayEntry, parent: bytes = b"") -> Policy:
        """Return the rules that a new group begins with; with the id of its parent group, those of a circle."""
        return cls(
            admins=(admin,),
            relays=(relay,),
            retention=2,
            removal_approvals=1,
            members_invite=False,
            rotation_days=7,
            v=_VERSION,
            parent=parent,
        )

    @property
    def home(self) -> RelayEntry:
        """The relay whose order of commits stands before all others."""
        return self.relays[0]

    @property
    def circle(self) -> tuple[bytes, ...]:
        """The dispatch circle: those named, or the admins."""
        return self.dispatch or self.admins

    def is_admin(self, identity: bytes) -> bool:
        """Tell whether a member may add, remove and change the policy, alone or together with others."""
        return self.everyone or identity in self.admins

    def admin_count(self, members: int, people: People | None = None) -> int:
        """Return how many admins a group of so many persons has; devices of one person are one admin."""
        return members if self.everyone else _count(self.admins, people)

    def recovery_count(self, members: int, people: People | None = None) -> int:
        """Return how many keyholders a recovery needs in a group of so many persons."""
        holders = _count(self.keyholders, people) or members
        return self.recovery or holders // 2 + 1

    def without(self, gone: Collection[bytes], members: int, people: People | None = None) -> Policy:
        """Return the policy that holds when some are removed from the group; the same one if nothing names them.

        No number of approvals stays larger than there are people to give them.

        Args:
            gone: Identity keys of those who are members no longer.
            members: How many persons there are afterwards.
            people: Whose devices the members are who stay; None where each is a person of their own.
        """
        admins = _others(self.admins, gone)
        keyholders = _others(self.keyholders, gone)
        most = max(1, members if self.everyone else _count(admins, people))
        recovery = min(self.recovery, _count(keyholders, people) if self.keyholders else members)
        left = msgspec.structs.replace(
            self,
            admins=admins,
            dispatch=_others(self.dispatch, gone),
            keyholders=keyholders,
            add_approvals=min(self.add_approvals, most),
            removal_approvals=min(self.removal_approvals, most),
            policy_approvals=min(self.policy_approvals, most),
            recovery=recovery,
        )
        # When the last keyholder goes all members are keyholders, and no admin alone may bring in more of them.
        return msgspec.structs.replace(left, add_approvals=max(left.add_approvals, left.least_additions))

    def under(
        self, admins: Collection[bytes], members: int, *, everyone: bool = False, people: People | None = None
    ) -> Policy:
        """Return the policy under other admins, and nothing else changed but approvals that nobody could give."""
        named = self.changed(admins=tuple(sorted(admins)), everyone=everyone)
        most = max(1, named.admin_count(members, people))
        return named.changed(
            add_approvals=min(self.add_approvals, most),
            removal_approvals=min(self.removal_approvals, most),
            policy_approvals=min(self.policy_approvals, most),
        )

    @property
    def least_additions(self) -> int:
        """How many admins an addition needs at least: whoever is let in by fewer could outvote the others.

        Newcomers count where every member is an admin, or a keyholder. They could do then what removals and changes of
        the policy both ask more admins for.
        """
        newcomers_count = self.everyone or not self.keyholders
        return min(self.removal_approvals, self.policy_approvals) if newcomers_count else 1

    @property
    def rules(self) -> Policy:
        """The rules alone, without which approvals are spent."""
        return self.changed(additions_from=0, changes_from=0)

    def spending(self, before: Policy, derived: Policy, *, epoch: int, removes: bool) -> Policy:
        """Return this policy with the approvals spent that a commit, which leaves these rules, has carried.

        A change of the rules spends all approvals of changes. Whoever was let in can be let in again with the same
        approvals only when their leaf is gone: so the commit that takes a leaf out spends the approvals of additions,
        and so does one after which additions need more of them than before.

        Args:
            before: The policy before the commit.
            derived: The one that follows from its removals alone.
            epoch: The number of the epoch that it ends.
            removes: Whether it takes a leaf out of the tree in another way than on that leaf's own request.
        """
        changes = self.rules != derived.rules
        additions = self.add_approvals > (1 if removes else before.add_approvals)
        return self.changed(
            additions_from=epoch + 1 if additions else before.additions_from,
            changes_from=epoch + 1 if changes else before.changes_from,
        )

    @property
    def places(self) -> tuple[tuple[str, bytes], ...]:
        """Address and id of every relay, home first: a new pass does not move the group."""
        return tuple((relay.url, relay.id) for relay in self.relays)

    def changed(self, **changes: object) -> Policy:
        """Return another policy, in the newest version of the format."""
        return msgspec.structs.replace(self, **{**changes, "v": _VERSION})

    def fault(self, members: Collection[bytes], people: People | None = None) -> str | None:
        """Say what makes this no policy for a group of these members, None if it is one.

        It names members alone, leaves at least one admin, and asks for no more approvals than there are people.
        """
        present = set(members)
        persons = _count(present, people)
        admins = self.admin_count(persons, people)
        if not admins:
            return "a policy leaves the group without an admin"
        if not present.issuperset(self.admins):
            return "a policy names an admin who is not in the group"
        if not present.issuperset(self.dispatch):
            return "a policy names somebody of the dispatch circle who is not in the group"
        if not present.issuperset(self.keyholders):
            return "a policy names a keyholder who is not in the group"
        if max(self.add_approvals, self.removal_approvals, self.policy_approvals) > admins:
            return "a policy asks for more approvals than the group has admins"
        if self.add_approvals < self.least_additions:
            return "a policy lets fewer admins bring in those who count than it asks to remove somebody"
        if self.recovery > (_count(self.keyholders, people) or persons):
            return "a policy asks for more keyholders than the group has"
        return None

    def plain(self) -> Policy:
        """Return the policy without what version 1 of the format could not say."""
        return msgspec.structs.replace(
            self,
            add_approvals=1,
            policy_approvals=1,
            everyone=False,
            recovery=0,
            keyholders=(),
            parent=b"",
            additions_from=0,
            changes_from=0,
        )

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the rules as extension data: what an approval of a change names them by, 32 bytes."""
        return sha256(self.rules.encode()).digest()

    def encode(self) -> bytes:
        """Return the extension data."""
        return cbor.encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @classmethod
    def decode(cls, data: bytes) -> Policy:
        """Read extension data.

        Raises:
            FormatError: It is no policy of a version that this program knows.
        """
        if len(data) > _MAX_POLICY:
            raise FormatError("the group's policy is longer than any policy is")
        try:
            policy = msgspec.convert(cbor.decode(data), cls, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise FormatError(f"the group's policy cannot be read: {error}") from error
        if list(policy.admins) != sorted(set(policy.admins)):
            raise FormatError("the group's policy names its admins twice or out of order")
        if list(policy.dispatch) != sorted(set(policy.dispatch)):
            raise FormatError("the group's policy names its dispatch circle twice or out of order")
        if list(policy.keyholders) != sorted(set(policy.keyholders)):
            raise FormatError("the group's policy names its keyholders twice or out of order")
        if len(policy.parent) not in (0, 32):
            raise FormatError("the group's policy names its parent by what is no id of a group")
        if policy.v == 1 and (not policy.admins or policy != policy.plain()):
            raise FormatError("the group's policy says more than its version knows")
        if policy.v == 2 and (policy.additions_from or policy.changes_from):
            raise FormatError("the group's policy says more than its version knows")
        return policy


_RULES: Final = (
    *("admins", "everyone", "dispatch", "keyholders", "recovery", "add_approvals", "removal_approvals"),
    *("policy_approvals", "members_invite", "rotation_days", "retention", "relays"),
)
_MEMBERS: Final = frozenset({"admins", "dispatch", "keyholders"})
NUMBERS: Final = frozenset({"add_approvals", "removal_approvals", "policy_approvals", "recovery"})
"""The rules that say how many have to agree: they follow from who is there, too."""


def differences(before: Policy, after: Policy) -> list[tuple[str, str, str]]:
    """Return (rule, before, after) of every rule that is another, as text; members as identity keys in hexadecimal."""
    return [
        (rule, _text(rule, old), _text(rule, new))
        for rule in _RULES
        if (old := getattr(before, rule)) != (new := getattr(after, rule))
    ]


def _text(rule: str, value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(one.hex() if rule in _MEMBERS else _place(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(relay: RelayEntry) -> str:
    """Return a relay as it is given to people: whoever agrees to it must see which key answers there."""
    return f"{relay.url}/#{urlsafe_b64encode(relay.id).rstrip(b'=').decode('ascii')}"


def _count(names: Iterable[bytes], people: People | None) -> int:
    return len(set(names)) if people is None else people.count(names)


def _others(names: tuple[bytes, ...], gone: Collection[bytes]) -> tuple[bytes, ...]:
    return tuple(name for name in names if name not in gone)
