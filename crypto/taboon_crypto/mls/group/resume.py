"""Beginning a group that continues another one: RFC 9420, sections 11.2 and 11.3. Joining one is ``Group.join``.

reinitialise(group, ...)        the group that a ReInit asks for, with all members
branch(group, ...)              a group of some of the members
"""

from collections.abc import Sequence

from taboon_crypto.mls.ciphersuite import Random
from taboon_crypto.mls.errors import UnsupportedError, UsageError
from taboon_crypto.mls.extension import Extension
from taboon_crypto.mls.group.committing import commit
from taboon_crypto.mls.group.group import Group
from taboon_crypto.mls.group.origin import OldGroup, check_same_members, check_subset
from taboon_crypto.mls.group.staged import StagedCommit
from taboon_crypto.mls.keys.psk import ResumptionUsage
from taboon_crypto.mls.messages.key_package import KeyPackage, MemberProfile
from taboon_crypto.mls.messages.proposal import Add
from taboon_crypto.mls.tree.leaf_node import MLS10

__all__ = ["branch", "reinitialise"]


def reinitialise(
    old: Group, member: MemberProfile, key_packages: Sequence[KeyPackage], *, now: int, random: Random
) -> tuple[Group, StagedCommit]:
    """Begin the group that another one was reinitialised to (section 11.2).

    Args:
        old: The group that a commit of a ReInit has ended.
        member: What this member says of itself in the new group.
        key_packages: Of all other members.
        now: Unix time in seconds.
        random: Source of all secrets.

    Returns:
        The new group in epoch 0, and its first commit, staged: merge it, and release its Welcome.

    Raises:
        UsageError: The old group was not reinitialised.
        UnsupportedError: The new protocol version or suite is not supported.
        ValidationError: A member is missing, or a rule is broken.
    """
    wanted = old.reinit
    if wanted is None:
        raise UsageError("this group was not reinitialised: commit a ReInit first")
    if wanted.version != MLS10:
        raise UnsupportedError(f"the group was reinitialised to protocol version {wanted.version}")
    group = Group.create(
        wanted.cipher_suite,
        wanted.group_id,
        member,
        extensions=wanted.extensions,
        now=now,
        random=random,
        signed_generations=old.signed_generations,
        limits=old.limits,
    )
    staged = _continue(OldGroup.of(old.state), group, ResumptionUsage.REINIT, key_packages, now, random)
    check_same_members(OldGroup.of(old.state), staged.members())
    return group, staged


def branch(
    old: Group,
    group_id: bytes,
    member: MemberProfile,
    key_packages: Sequence[KeyPackage],
    *,
    extensions: tuple[Extension, ...] | None = None,
    now: int,
    random: Random,
) -> tuple[Group, StagedCommit]:
    """Begin a group of some of the members of another one, linked to it (section 11.3).

    Args:
        old: The group that it comes from.
        group_id: Of the new group, fresh.
        member: What this member says of itself there.
        key_packages: Of the other members of the new group.
        extensions: Of its group context; None takes those of the old group.
        now: Unix time in seconds.
        random: Source of all secrets.

    Returns:
        The new group in epoch 0, and its first commit, staged: merge it, and release its Welcome.

    Raises:
        ValidationError: Somebody is no member of the old group, or a rule is broken.
    """
    wanted = old.context_extensions if extensions is None else extensions
    group = Group.create(
        old.suite,
        group_id,
        member,
        extensions=wanted,
        now=now,
        random=random,
        signed_generations=old.signed_generations,
        limits=old.limits,
    )
    staged = _continue(OldGroup.of(old.state), group, ResumptionUsage.BRANCH, key_packages, now, random)
    check_subset(OldGroup.of(old.state), staged.members())
    return group, staged


def _continue(
    old: OldGroup,
    group: Group,
    usage: ResumptionUsage,
    key_packages: Sequence[KeyPackage],
    now: int,
    random: Random,
) -> StagedCommit:
    return commit(
        group.state,
        [Add(key_package) for key_package in key_packages],
        [(old.psk(usage), old.epoch.secrets.resumption_psk)],
        profile=group.own_profile,
        random=random,
        now=now,
        resuming=usage,
    )
