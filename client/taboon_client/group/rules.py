"""Whether a commit keeps to the policy: pure functions that every member answers alike (docs/protocol.md, section 2.5).

Nothing here looks at a clock, at the relay, or at events that one may hold or not. A commit that breaks a rule is
spoiled, whoever signed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FormatError
from taboon_client.group.commit_data import CommitData
from taboon_client.group.epoch import policy_of, roles_of
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent
from taboon_client.group.policy import POLICY_EXTENSION, Policy
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BrokenRuleError", "check_commit", "check_member", "lost_roles", "required_extensions"]


class BrokenRuleError(FormatError):
    """A commit does what the policy does not let its author do. The message names the rule, never a person."""


def required_extensions() -> bytes:
    """Return the data of the group context's required_capabilities: both of Taboon's extension types."""
    return mls.RequiredCapabilities(extension_types=(POLICY_EXTENSION, LEAF_EXTENSION)).encode()


def check_member(member: mls.Member, suite: mls.CipherSuite) -> LeafContent:
    """Check that a leaf is one of Taboon: credential and signature key agree, and it says what a leaf must say.

    Args:
        member: The leaf.
        suite: Of the group that it is in, or asks to be in.

    Raises:
        BrokenRuleError: It is not.
    """
    credential = member.credential
    if not isinstance(credential, mls.BasicCredential) or credential.identity != member.signature_key:
        raise BrokenRuleError("a leaf names another identity than the key it signs with")
    data = mls.find_extension(member.extensions, LEAF_EXTENSION)
    try:
        return LeafContent.decode(data, suite)
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error


def check_commit(group: mls.Group, staged: mls.StagedCommit, *, last_committer: bytes | None) -> CommitData:
    """Check a commit against the policy of the epoch that it ends.

    Args:
        group: The group in the epoch that the commit ends.
        staged: The commit, whose signature, tree and hashes MLS has checked.
        last_committer: Identity key of the author of the commit before, None if unknown here.

    Returns:
        What its authenticated data says.

    Raises:
        BrokenRuleError: It breaks the policy; the message says which rule.
    """
    policy = policy_of(group)
    author = group.member(staged.sender_leaf).signature_key
    try:
        data = CommitData.decode(staged.authenticated_data)
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error
    proposals = [proposal for _, proposal in staged.proposals]
    if author not in policy.admins:
        if proposals:
            raise BrokenRuleError("only an admin may change who is in the group, or its rules")
        if last_committer == author:
            raise BrokenRuleError("the same member rotated twice with no other commit between")
    _check_kinds(proposals, data)
    _check_path(group, staged)
    after = _check_new_policy(policy, staged)
    _check_roster(group, staged, policy, after, data)
    return data


def lost_roles(before: Policy, after: Policy, staying: Iterable[bytes]) -> list[tuple[bytes, str]]:
    """Return (identity key, role) of every role that one policy gives and the next does not: each is a cut."""
    return [(identity, role) for identity in staying for role in roles_of(before, identity) - roles_of(after, identity)]


def _check_kinds(proposals: Iterable[mls.Proposal], data: CommitData) -> None:
    psks = set()
    for proposal in proposals:
        if isinstance(proposal, mls.PreSharedKey):
            if not isinstance(proposal.psk.psk, mls.ExternalPsk) or proposal.psk.psk.psk_id not in data.psks:
                raise BrokenRuleError("a commit uses a pre-shared key that it does not carry")
            psks.add(proposal.psk.psk.psk_id)
        elif not isinstance(proposal, mls.Add | mls.Remove | mls.GroupContextExtensions):
            raise BrokenRuleError("a commit holds a proposal that no policy of Taboon allows")
        elif isinstance(proposal, mls.Add) and proposal.key_package.is_last_resort:
            raise BrokenRuleError("a commit adds by a key package that is kept and used again")
    if psks != set(data.psks):
        raise BrokenRuleError("a commit carries a pre-shared key that it does not use")


def _check_path(group: mls.Group, staged: mls.StagedCommit) -> None:
    if not staged.has_path:
        raise BrokenRuleError("a commit without a fresh path")
    renewed = next((member for member in staged.members() if member.leaf == staged.sender_leaf), None)
    if renewed is None:
        raise BrokenRuleError("a commit whose author is not in the group after it")
    before = check_member(group.member(staged.sender_leaf), group.suite)
    after = check_member(renewed, group.suite)
    if renewed.signature_key != group.member(staged.sender_leaf).signature_key:
        raise BrokenRuleError("a leaf changed its identity key")
    if before.append_key == after.append_key or before.rejoin_secret == after.rejoin_secret:
        raise BrokenRuleError("a leaf was renewed without fresh keys for its own mailboxes")


def _check_new_policy(policy: Policy, staged: mls.StagedCommit) -> Policy:
    extensions = staged.context_extensions
    kinds = {extension.extension_type for extension in extensions}
    if kinds != {POLICY_EXTENSION, mls.REQUIRED_CAPABILITIES}:
        raise BrokenRuleError("a commit leaves the group with other extensions than Taboon's")
    if mls.find_extension(extensions, mls.REQUIRED_CAPABILITIES) != required_extensions():
        raise BrokenRuleError("a commit changes which capabilities the group requires")
    data = mls.find_extension(extensions, POLICY_EXTENSION)
    try:
        after = Policy.decode(data or b"")
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error
    if after.removal_approvals != 1:
        raise BrokenRuleError("a policy asks for approvals, which this version of the protocol does not have yet")
    if after.relays != policy.relays:
        raise BrokenRuleError("a policy moves the group to another relay, which this version cannot follow")
    return after


def _check_roster(group: mls.Group, staged: mls.StagedCommit, policy: Policy, after: Policy, data: CommitData) -> None:
    added = [member.signature_key for member in staged.added]
    removed = [member.signature_key for member in staged.removed]
    for member in staged.added:
        check_member(member, group.suite)
    if len(set(added)) != len(added):
        raise BrokenRuleError("a commit adds one identity key twice")
    remaining = {member.signature_key for member in group.members()} - set(removed)
    if remaining & set(added):
        raise BrokenRuleError("a commit adds somebody who is in the group")
    rejoining = set(added) & set(removed)
    if len(data.psks) != len(set(added) - rejoining):
        raise BrokenRuleError("a commit adds without the pre-shared key of an invite")
    if not set(after.admins) <= remaining | set(added):
        raise BrokenRuleError("a commit leaves an admin who is not in the group")
    if not set(after.dispatch) <= remaining | set(added):
        raise BrokenRuleError("a commit leaves somebody in the dispatch circle who is not in the group")
    gone = set(removed) - rejoining
    staying = {member.signature_key for member in group.members()} - gone
    wanted = sorted([*((identity, "") for identity in gone), *lost_roles(policy, after, staying)])
    if sorted((cut.identity, cut.role) for cut in data.cuts) != wanted:
        raise BrokenRuleError("a commit does not say which events of those it cuts off still count")
