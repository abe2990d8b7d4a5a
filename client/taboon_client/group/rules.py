"""Whether a commit keeps to the policy: pure functions that every member answers alike (docs/protocol.md, section 2.5).

Nothing here looks at a clock, at the relay, or at events that one may hold or not. A commit that breaks a rule is
spoiled, whoever signed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client.errors import EventError, FormatError, RelayAddressError
from taboon_client.group.approvals import (
    ADD,
    POLICY,
    RECOVER,
    REMOVE,
    added,
    changed,
    read_approvals,
    recovered,
    who_approved,
)
from taboon_client.group.circles import check_circle
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.devices import People, people_of, persons_after
from taboon_client.group.epoch import policy_after, policy_of, roles_of
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent
from taboon_client.group.policy import POLICY_EXTENSION, Policy
from taboon_client.group.rejoining import ReturnRequest, leaf_hash, return_psk
from taboon_client.relay.address import RelayAddress
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from taboon_client.group.approvals import Given

__all__ = [
    "BrokenRuleError",
    "check_commit",
    "check_member",
    "check_return",
    "derived_policy",
    "lost_roles",
    "required_extensions",
]


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
        content = LeafContent.decode(data, suite)
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error
    if member.signature_key in (content.person, *content.devices):
        raise BrokenRuleError("a leaf names itself as another device")
    return content


def check_commit(group: mls.Group, staged: mls.CommitSummary, *, last_committer: bytes | None) -> CommitData:
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
        approvals = read_approvals(data.approvals, group.group_id)
    except (FormatError, EventError) as error:
        raise BrokenRuleError(str(error)) from error
    proposals = [proposal for _, proposal in staged.proposals]
    for member in staged.added:
        check_member(member, group.suite)
    change = _Change.of(group, staged, policy)
    back = _returns_alone(group, proposals, data)
    if back is None:
        _check_right(change, proposals, author, approvals)
    renewed = back if proposals else author
    if not policy.is_admin(author) and change.people.renews_again(author, last_committer, renewed):
        raise BrokenRuleError("the same person rotated twice with no other commit between")
    _check_kinds(proposals, data)
    _check_path(group, staged)
    _check_devices(group, staged)
    _check_heirs(change, staged, author, approvals)
    _check_parent(group, staged, change)
    _check_context(staged)
    _check_roster(staged, change, data)
    _check_returns(group, staged, data)
    _check_spent(change, removes=bool(staged.removed) and back is None)
    return data


def derived_policy(group: mls.Group, staged: mls.CommitSummary) -> Policy:
    """Return the policy that follows from the removals of a commit alone; any other one is a change of the rules."""
    return _Change.of(group, staged, policy_of(group)).derived


@dataclass(frozen=True, slots=True)
class _Change:
    """What a commit does to the roster and the policy. Whoever is removed and added again is in neither list.

    ``derived`` is the policy that follows from the removals alone: any other one is a change of the policy. ``people``
    are those of the tree before, ``staying`` those of them who stay, ``persons`` how many there are afterwards.
    """

    epoch: int
    members: frozenset[bytes]
    added: tuple[bytes, ...]
    removed: tuple[bytes, ...]
    packages: tuple[bytes, ...]
    before: Policy
    derived: Policy
    after: Policy
    people: People
    staying: People
    persons: int

    @classmethod
    def of(cls, group: mls.Group, staged: mls.CommitSummary, policy: Policy) -> _Change:
        added = {member.signature_key for member in staged.added}
        removed = {member.signature_key for member in staged.removed}
        present = frozenset(member.signature_key for member in group.members())
        gone = removed - added
        people = people_of(group.members())
        staying = people.without(gone)
        new = people_of(one for one in staged.added if one.signature_key not in present)
        persons = persons_after(people, present, gone, (new.claimed(one) == one for one in added - present))
        packages = tuple(
            proposal.key_package.encode() for _, proposal in staged.proposals if isinstance(proposal, mls.Add)
        )
        return cls(
            epoch=group.epoch,
            members=present,
            added=tuple(sorted(added - removed)),
            removed=tuple(sorted(gone)),
            packages=packages,
            before=policy,
            derived=policy.without(gone, persons, staying),
            after=_policy_in(staged),
            people=people,
            staying=staying,
            persons=persons,
        )


def _policy_in(staged: mls.CommitSummary) -> Policy:
    try:
        return policy_after(staged)
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error


def _check_right(
    change: _Change,
    proposals: Collection[mls.Proposal],
    author: bytes,
    approvals: Collection[Given],
) -> None:
    """Check that the author may do what the commit does: alone, or with the approvals that it carries."""
    before = change.before
    if not proposals or _is_recovery(change, author, approvals):
        return
    forced = [gone for gone in change.removed if not _agreed_to_go(change, gone, approvals)]
    changes = change.after.rules != change.derived.rules
    alone = not forced and not change.added and not changes and bool(change.removed)
    if not before.is_admin(author) and not alone:
        raise BrokenRuleError("only an admin may change who is in the group, or its rules")

    def admins(act: str, target: bytes) -> int:
        agreed = who_approved(approvals, act, target, before, change.epoch) | {author}
        return change.people.count(who for who in agreed & change.members if before.is_admin(who))

    for gone in forced:
        if admins(REMOVE, gone) < before.removal_approvals:
            raise BrokenRuleError("a commit removes somebody without the approvals that the policy asks for")
    for package in change.packages:
        if admins(ADD, added(package)) < before.add_approvals:
            raise BrokenRuleError("a commit adds somebody without the approvals that the policy asks for")
    if change.after.places != before.places:
        _check_places(change.after)
    if changes and admins(POLICY, changed(before, change.after)) < before.policy_approvals:
        raise BrokenRuleError("a commit changes the rules without the approvals that the policy asks for")


def _check_places(policy: Policy) -> None:
    """Check that every relay of a policy has an address, in the one spelling that it has."""
    for relay in policy.relays:
        try:
            fits = RelayAddress(relay.url, relay.id).base_url == relay.url
        except RelayAddressError:
            fits = False
        if not fits:
            raise BrokenRuleError("a policy names a relay by what is no address of one")
    if len({relay.id for relay in policy.relays}) < len(policy.relays):
        raise BrokenRuleError("a policy names a relay twice")


def _agreed_to_go(change: _Change, gone: bytes, approvals: Collection[Given]) -> bool:
    """Tell whether whoever is removed said so, or the first device of the person whose device it says that it is.

    It goes in any case with a first device that never said that it is theirs.
    """
    if gone in change.people.strays(change.removed):
        return True
    own = change.members & {gone, change.people.claimed(gone)}
    return bool(own & who_approved(approvals, REMOVE, gone, change.before, change.epoch))


def _is_recovery(change: _Change, author: bytes, approvals: Collection[Given]) -> bool:
    """Tell whether a commit does nothing but give the group other admins, on the word of enough keyholders."""
    before, after = change.before, change.after
    strays = change.people.strays(change.removed)
    removed = [gone for gone in change.removed if gone not in strays]
    if change.packages or not all(map(before.is_admin, removed)):
        return False
    named = change.derived.under(after.admins, change.persons, everyone=after.everyone, people=change.staying)
    if after.rules != named.rules:
        return False
    agreed = who_approved(approvals, RECOVER, recovered(before, after, removed), before, change.epoch) | {author}
    holders = change.members.intersection(before.keyholders) if before.keyholders else change.members
    count = change.people.count(agreed & holders)
    return count >= before.recovery_count(change.people.count(change.members), change.people)


def _check_spent(change: _Change, *, removes: bool) -> None:
    """Check that the policy says, from this commit on, which approvals are spent."""
    after = change.after.spending(change.before, change.derived, epoch=change.epoch, removes=removes)
    if (change.after.additions_from, change.after.changes_from) != (after.additions_from, after.changes_from):
        raise BrokenRuleError("a commit does not say which approvals are spent")


def _returns_alone(group: mls.Group, proposals: Collection[mls.Proposal], data: CommitData) -> bytes | None:
    """Return whom a commit brings back, if it does nothing else and their leaf is in the tree: then any member may."""
    if len(data.returns) != 1 or sorted(type(one).__name__ for one in proposals) != ["Add", "PreSharedKey", "Remove"]:
        return None
    request = _returns(group, data)[0]
    return request.identity if any(leaf_hash(member) == request.leaf for member in group.members()) else None


def _returns(group: mls.Group, data: CommitData) -> list[ReturnRequest]:
    try:
        return [ReturnRequest.read(group.group_id, group.suite, raw) for raw in data.returns]
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error


def _check_returns(group: mls.Group, staged: mls.CommitSummary, data: CommitData) -> None:
    """Check that everyone who is removed and added again has asked for it, with this very key package."""
    returning = {member.signature_key for member in staged.added} & {m.signature_key for m in staged.removed}
    asked = {request.identity: request for request in _returns(group, data)}
    if asked.keys() != returning or len(asked) != len(data.returns):
        raise BrokenRuleError("a commit brings back somebody who has not asked for it")
    packages = {
        proposal.key_package.leaf_node.signature_key: proposal.key_package.encode()
        for _, proposal in staged.proposals
        if isinstance(proposal, mls.Add)
    }
    leaves = {leaf_hash(member): member for member in group.members() if member.signature_key in returning}
    for identity, request in asked.items():
        if packages[identity] != request.key_package:
            raise BrokenRuleError("a commit brings somebody back with another key package than they offered")
        member = leaves.get(request.leaf)
        if member is None:
            continue
        if member.signature_key != identity:
            raise BrokenRuleError("a request to come back names the leaf of somebody else")
        secret = check_member(member, group.suite).rejoin_secret
        if psk_id(return_psk(secret)) not in data.psks:
            raise BrokenRuleError("a commit brings somebody back without the key that their leaf gives for it")


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


def _check_path(group: mls.Group, staged: mls.CommitSummary) -> None:
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


def _check_devices(group: mls.Group, staged: mls.CommitSummary) -> None:
    """Check that no leaf takes back whose device it is, and that a new one is a device of somebody who is here."""
    before = people_of(group.members())
    after = {member.signature_key: member for member in staged.members()}
    added = {member.signature_key for member in staged.added}
    renewed = {group.member(staged.sender_leaf).signature_key} | added
    for member in group.members():
        identity = member.signature_key
        if identity not in renewed or identity not in after:
            continue
        old, new = check_member(member, group.suite), check_member(after[identity], group.suite)
        _check_same(old, new, after.keys())
        added.discard(identity)
    for identity in added:
        person = check_member(after[identity], group.suite).person
        if person and not before.is_first(person) and not before.heirs(person):
            raise BrokenRuleError("a commit adds a device of somebody who is not in the group")
    gone = {member.signature_key for member in group.members()} - after.keys()
    if not gone.issuperset(before.strays(gone)):
        raise BrokenRuleError("a commit leaves a device of somebody removed who never said that it was theirs")


def _check_heirs(change: _Change, staged: mls.CommitSummary, author: bytes, approvals: Collection[Given]) -> None:
    """Check that whoever is added as a device of a person whose first device is gone was named by one that is left.

    Nobody could confirm it later: so it is confirmed when it comes. It may be this commit that removes the first one.
    """
    for _, proposal in staged.proposals:
        if not isinstance(proposal, mls.Add) or proposal.key_package.leaf_node.signature_key not in change.added:
            continue
        leaf = mls.Member(0, proposal.key_package.leaf_node)
        person = people_of([leaf]).claimed(leaf.signature_key)
        if person == leaf.signature_key or change.staying.is_first(person):
            continue
        agreed = who_approved(approvals, ADD, added(proposal.key_package.encode()), change.before, change.epoch) | {
            author
        }
        if not change.staying.heirs(person) & agreed:
            raise BrokenRuleError("a commit adds a device of somebody none of whose devices has agreed to it")


def _check_same(old: LeafContent, new: LeafContent, present: Collection[bytes]) -> None:
    """Check that a leaf which takes the place of another says the same of whose it is."""
    if old.parent != new.parent:
        raise BrokenRuleError("a leaf takes back who it is in the parent group")
    if old.person != new.person or not set(new.devices).issuperset(set(old.devices).intersection(present)):
        raise BrokenRuleError("a leaf takes back whose device it is")


def check_return(group: mls.Group, member: mls.Member, leaf: mls.LeafNode) -> None:
    """Check that a leaf can take the place of a member's, before somebody asks for that.

    Args:
        group: In its present epoch.
        member: Whose leaf goes.
        leaf: What comes in its place.

    Raises:
        BrokenRuleError: A commit that did this would break a rule.
    """
    old = check_member(member, group.suite)
    new = check_member(mls.Member(member.leaf, leaf), group.suite)
    _check_same(old, new, [one.signature_key for one in group.members()])
    try:
        check_circle(policy_of(group).parent, [(member.signature_key, new)])
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error


def _check_parent(group: mls.Group, staged: mls.CommitSummary, change: _Change) -> None:
    """Check that a circle stays in its parent group, and that all its leaves prove that they are of it."""
    if change.before.parent != change.after.parent:
        raise BrokenRuleError("a commit changes which group a circle is in")
    members = staged.members() if change.after.parent else staged.added
    try:
        check_circle(
            change.after.parent, [(member.signature_key, check_member(member, group.suite)) for member in members]
        )
    except FormatError as error:
        raise BrokenRuleError(str(error)) from error


def _check_context(staged: mls.CommitSummary) -> None:
    extensions = staged.context_extensions
    kinds = {extension.extension_type for extension in extensions}
    if kinds != {POLICY_EXTENSION, mls.REQUIRED_CAPABILITIES}:
        raise BrokenRuleError("a commit leaves the group with other extensions than Taboon's")
    if mls.find_extension(extensions, mls.REQUIRED_CAPABILITIES) != required_extensions():
        raise BrokenRuleError("a commit changes which capabilities the group requires")


def _check_roster(staged: mls.CommitSummary, change: _Change, data: CommitData) -> None:
    everyone_added = [member.signature_key for member in staged.added]
    if len(set(everyone_added)) != len(everyone_added):
        raise BrokenRuleError("a commit adds one identity key twice")
    remaining = change.members - {member.signature_key for member in staged.removed}
    if remaining & set(everyone_added):
        raise BrokenRuleError("a commit adds somebody who is in the group")
    if len(data.psks) != len(everyone_added):
        raise BrokenRuleError("a commit adds without the pre-shared key of an invite")
    fault = change.after.fault(remaining | set(everyone_added), people_of(staged.members()))
    if fault is not None:
        raise BrokenRuleError(fault)
    staying = change.members - set(change.removed)
    wanted = sorted(
        [*((identity, "") for identity in change.removed), *lost_roles(change.before, change.after, staying)]
    )
    if sorted((cut.identity, cut.role) for cut in data.cuts) != wanted:
        raise BrokenRuleError("a commit does not say which events of those it cuts off still count")
