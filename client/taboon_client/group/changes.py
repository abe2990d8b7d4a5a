"""Changes of the policy as they are wished for: kept as what is different, and applied to the policy in force.

So two wishes that speak of different things do not undo each other, whatever came between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client import cbor
from taboon_client.errors import FieldError, FormatError
from taboon_client.group.policy import Policy, RelayEntry

if TYPE_CHECKING:
    from collections.abc import Collection

    from taboon_client.group.devices import People

__all__ = ["PLAIN", "PolicyChange", "apply_change", "exact"]


class PolicyChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What shall be different. None, and empty, leave things as they are.

    Attributes:
        admins_in, admins_out: Identity keys of who shall be an admin, and who no longer.
        everyone: Whether every member is an admin.
        dispatch: The whole dispatch circle; ``()`` makes it the admins.
        keyholders: Everyone who may take part in a recovery; ``()`` makes it all members.
        relays: All relays, home first.
        policy, base: The whole policy, and the digest of the one that it was written for.
    """

    admins_in: tuple[bytes, ...] = ()
    admins_out: tuple[bytes, ...] = ()
    everyone: bool | None = None
    dispatch: tuple[bytes, ...] | None = None
    keyholders: tuple[bytes, ...] | None = None
    relays: tuple[RelayEntry, ...] | None = None
    add_approvals: int | None = None
    removal_approvals: int | None = None
    policy_approvals: int | None = None
    members_invite: bool | None = None
    rotation_days: int | None = None
    retention: int | None = None
    recovery: int | None = None
    policy: bytes = b""
    base: bytes = b""

    def encode(self) -> bytes:
        """Return it as a wish keeps it."""
        return cbor.encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @classmethod
    def decode(cls, data: bytes) -> PolicyChange:
        """Read what a wish keeps."""
        try:
            return msgspec.convert(cbor.decode(data), cls, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise FormatError("this device keeps a change of the rules that it cannot read") from error


PLAIN = (
    *("everyone", "dispatch", "keyholders", "relays", "add_approvals", "removal_approvals", "policy_approvals"),
    *("members_invite", "rotation_days", "retention", "recovery"),
)
_SORTED = ("dispatch", "keyholders")


def exact(before: Policy, after: Policy) -> PolicyChange:
    """Return the change from one policy to another and from no other one."""
    return PolicyChange(policy=after.rules.encode(), base=before.digest)


def apply_change(
    policy: Policy, change: PolicyChange, members: Collection[bytes], people: People | None = None
) -> Policy:
    """Return the policy that a change makes of the one in force.

    Args:
        policy: In force.
        change: What shall be different.
        members: Identity keys of the members.
        people: Whose devices they are; None where each is a person of their own.

    Raises:
        FieldError: It cannot be; says why and what to do.
    """
    if change.policy:
        after = Policy.decode(change.policy)
        if change.base != policy.digest and after.rules != policy.rules:
            raise FieldError("policy", "the rules have changed since this was proposed. Propose it again")
        return after
    changes: dict[str, Any] = {name: value for name in PLAIN if (value := getattr(change, name)) is not None}
    for name in _SORTED:
        if name in changes:
            changes[name] = tuple(sorted(set(changes[name])))
    admins = (set(policy.admins) | set(change.admins_in)) - set(change.admins_out)
    after = policy.changed(**{**changes, "admins": tuple(sorted(admins))})
    if after.changed() == policy.changed():
        return policy
    try:
        msgspec.convert(msgspec.to_builtins(after, builtin_types=(bytes,)), Policy, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise FieldError("policy", str(error)) from error
    _refuse_what_cannot_be(after, members, people)
    return after


def _refuse_what_cannot_be(after: Policy, members: Collection[bytes], people: People | None) -> None:
    persons = len(members) if people is None else people.count(members)
    count = after.admin_count(persons, people)
    if not count:
        raise FieldError(
            "admins",
            "the group would have no admin. Make somebody else an admin first (“taboon admins GROUP --add MEMBER”), or "
            "all of you (“taboon admins GROUP --everyone”)",
        )
    for field in ("add_approvals", "removal_approvals", "policy_approvals"):
        if getattr(after, field) > count:
            raise FieldError(
                field,
                f"{getattr(after, field)} admins would have to agree, and there would be {count}. Name more admins",
            )
    holders = (people.count(after.keyholders) if people is not None else len(after.keyholders)) or persons
    if after.recovery > holders:
        raise FieldError("recovery", f"{after.recovery} would have to agree, and there would be {holders} keyholders")
    if after.add_approvals < after.least_additions:
        few, need = after.add_approvals, after.least_additions
        if after.everyone:
            raise FieldError(
                "add_approvals",
                f"{few} could let in enough people to outvote the others. Ask {need} admins to agree to that, too",
            )
        raise FieldError(
            "add_approvals",
            f"{few} could let in enough people to outvote the others. Ask {need} admins to agree to that, too, "
            "or name keyholders",
        )
    fault = after.fault(members, people)
    if fault is not None:
        raise FieldError("policy", fault)
