"""Acts that need several: what a commit has to carry, and what does not count."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import Cut, Event, to_body
from taboon_client.board.register_kinds import Approve, Vouch
from taboon_client.group.approvals import ADD, POLICY, RECOVER, REMOVE, added, changed, recovered
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.epoch import epoch_id, policy_of
from taboon_client.group.rules import check_commit, lost_roles
from taboon_crypto import mls
from tests.client.test_rules import (
    Device,
    _extensions,
    _psks,
    add,
    commit,
    cuts,
    found,
    key_package,
    refused,
    seen_by,
    spending,
)

if TYPE_CHECKING:
    from taboon_client.board import Body
    from taboon_client.group.policy import Policy


def signed(by: Device, body: Body, group_id: bytes | None = None) -> bytes:
    """An event of somebody, as a commit carries it."""
    event = Event.make(
        sign=by.signer.sign,
        group_id=group_id or by.group.group_id,
        author=by.identity,
        number=1,
        previous=None,
        place=body.place,
        parents=(),
        epoch=epoch_id(by.group),
        kind=body.kind,
        body=to_body(body),
    )
    return event.raw


def agrees(by: Device, act: str, target: bytes, span: tuple[int, int] | None = None) -> bytes:
    first, last = span or (by.group.epoch, by.group.epoch)
    return signed(by, Approve(act=act, target=target, first=first, last=last))


def change(by: Device, after: Policy, *others: Device, approvals: tuple[bytes, ...] = ()) -> None:
    """A change of the policy that stands."""
    staged = policy_commit(by, after, approvals)
    for other in others:
        received = other.group.receive(staged.message or b"")
        assert isinstance(received, mls.StagedCommit)
        seen_by(other, staged)
        other.group.merge(received)
    by.group.merge(staged)


def policy_commit(by: Device, after: Policy, approvals: tuple[bytes, ...] = (), **what: Any) -> mls.StagedCommit:
    gone = set(what.pop("gone", ()))
    staying = [member.signature_key for member in by.group.members() if member.signature_key not in gone]
    lost = [Cut(identity=one, role=role, last=None) for one, role in lost_roles(policy_of(by.group), after, staying)]
    lost += [Cut(identity=one, role="", last=None) for one in gone]
    data = CommitData(cuts=tuple(lost), approvals=approvals)
    return commit(by, data, extensions=_extensions(spending(by.group, after, gone).encode()), **what)


def follow(staged: mls.StagedCommit, by: Device, *others: Device) -> None:
    """A commit that stands: everyone checks it and goes over."""
    for other in others:
        received = other.group.receive(staged.message or b"", psks=lambda _, data: next(iter(_psks(data)), None))
        assert isinstance(received, mls.StagedCommit)
        check_commit(other.group, received, last_committer=None)
        other.group.merge(received)
    by.group.merge(staged)


@pytest.fixture
def three() -> tuple[Device, Device, Device]:
    """Three admins, of whom two must agree to everything."""
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    admins = tuple(sorted((layla.identity, sami.identity, noor.identity)))
    after = policy_of(layla.group).changed(admins=admins, add_approvals=2, removal_approvals=2, policy_approvals=2)
    change(layla, after, sami, noor)
    return layla, sami, noor


def test_a_removal_that_needs_two_admins_is_refused_to_one(three: tuple[Device, Device, Device]) -> None:
    layla, sami, noor = three
    after = policy_of(layla.group).without({noor.identity}, 2)
    gone: dict[str, Any] = {"remove": (noor.leaf,), "gone": [noor.identity]}
    refused(sami, policy_commit(layla, after, **gone), "removes somebody without the approvals")
    twice = (agrees(layla, REMOVE, noor.identity),) * 2
    refused(sami, policy_commit(layla, after, twice, **gone), "removes somebody without the approvals")
    seen_by(sami, policy_commit(layla, after, (agrees(sami, REMOVE, noor.identity),), **gone))


def test_an_approval_is_good_for_its_act_its_target_its_epochs_and_its_group(
    three: tuple[Device, Device, Device],
) -> None:
    layla, sami, noor = three
    epoch = layla.group.epoch
    after = policy_of(layla.group).without({noor.identity}, 2)
    gone: dict[str, Any] = {"remove": (noor.leaf,), "gone": [noor.identity]}
    for wrong in (
        agrees(sami, ADD, noor.identity),
        agrees(sami, REMOVE, layla.identity),
        agrees(sami, REMOVE, noor.identity, (epoch + 1, epoch + 9)),
        agrees(sami, REMOVE, noor.identity, (0, epoch - 1)),
    ):
        refused(sami, policy_commit(layla, after, (wrong,), **gone), "without the approvals")
    elsewhere = signed(sami, Approve(act=REMOVE, target=noor.identity, first=0, last=99), bytes(32))
    refused(sami, policy_commit(layla, after, (elsewhere,), **gone), "signature")
    other = signed(sami, Vouch(member=noor.identity))
    refused(sami, policy_commit(layla, after, (other,), **gone), "approves nothing")
    refused(sami, policy_commit(layla, after, (b"\x80",), **gone), "event")


def test_an_approval_outlives_the_epoch_it_was_given_in(three: tuple[Device, Device, Device]) -> None:
    layla, sami, noor = three
    epoch = layla.group.epoch
    said = agrees(sami, REMOVE, noor.identity, (epoch, epoch + 5))
    for _ in range(3):
        staged = commit(noor)
        for other in (layla, sami):
            received = other.group.receive(staged.message or b"")
            assert isinstance(received, mls.StagedCommit)
            other.group.merge(received)
        noor.group.merge(staged)
    after = policy_of(layla.group).without({noor.identity}, 2)
    seen_by(sami, policy_commit(layla, after, (said,), remove=(noor.leaf,), gone=[noor.identity]))


def test_whoever_is_no_admin_any_more_approves_nothing(three: tuple[Device, Device, Device]) -> None:
    layla, sami, noor = three
    fewer = policy_of(layla.group).changed(admins=tuple(sorted((layla.identity, noor.identity))))
    said = agrees(noor, POLICY, changed(policy_of(layla.group), fewer))
    old = agrees(sami, REMOVE, noor.identity, (0, 99))
    change(layla, fewer, sami, noor, approvals=(said,))
    after = fewer.without({noor.identity}, 2)
    staged = policy_commit(layla, after, (old,), remove=(noor.leaf,), gone=[noor.identity])
    refused(sami, staged, "removes somebody without the approvals")


def test_a_change_of_the_rules_needs_agreement_to_the_very_rules(three: tuple[Device, Device, Device]) -> None:
    layla, sami, noor = three
    before = policy_of(layla.group)
    agreed, other = before.changed(rotation_days=30), before.changed(rotation_days=31)
    said = agrees(sami, POLICY, changed(before, agreed))
    refused(noor, policy_commit(layla, other, (said,)), "changes the rules without the approvals")
    seen_by(noor, policy_commit(layla, agreed, (said,)))
    # What was agreed to for other rules than those in force is agreed to no longer.
    change(layla, agreed, sami, noor, approvals=(said,))
    refused(noor, policy_commit(layla, before.changed(), (said,)), "changes the rules without the approvals")


def test_what_was_agreed_to_once_is_not_done_again_when_the_rules_are_what_they_were(
    three: tuple[Device, Device, Device],
) -> None:
    layla, sami, noor = three
    tight, epoch = policy_of(layla.group), layla.group.epoch
    loose = tight.changed(add_approvals=1, removal_approvals=1, policy_approvals=1)
    said = agrees(sami, POLICY, changed(tight, loose), (epoch, epoch + 99))
    change(layla, loose, sami, noor, approvals=(said,))
    change(sami, tight, layla, noor)
    assert policy_of(noor.group).rules == tight.rules
    refused(noor, policy_commit(layla, loose, (said,)), "changes the rules without the approvals")
    again = agrees(sami, POLICY, changed(tight, loose), (layla.group.epoch, epoch + 99))
    seen_by(noor, policy_commit(layla, loose, (again,)))


def test_a_recovery_that_was_agreed_to_once_is_not_made_again(three: tuple[Device, Device, Device]) -> None:
    layla, sami, noor = three
    before, epoch = policy_of(layla.group), layla.group.epoch
    after = before.under((noor.identity,), 3)
    said = agrees(sami, RECOVER, recovered(before, after, []), (epoch, epoch + 99))
    change(noor, after, layla, sami, approvals=(said,))
    change(noor, before, layla, sami)
    refused(layla, policy_commit(noor, after, (said,)), "without the approvals")


def test_whoever_was_let_in_and_removed_is_not_let_in_again_with_the_old_approvals(
    three: tuple[Device, Device, Device],
) -> None:
    layla, sami, noor = three
    package, _ = key_package(mls.SigningKey.generate(os.urandom))
    other, _ = key_package(mls.SigningKey.generate(os.urandom))
    epoch = layla.group.epoch
    span = (epoch, epoch + 99)
    said, waits = (agrees(sami, ADD, added(one.encode()), span) for one in (package, other))

    def lets_in(who: Any, approval: bytes) -> mls.StagedCommit:
        secret = os.urandom(32)
        data = CommitData(psks={psk_id(secret): mls.Secret(secret)}, approvals=(approval,))
        return commit(layla, data, add=(who,), psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),))

    follow(lets_in(package, said), layla, sami, noor)
    # An approval that was given at the same time for somebody else is as good as before.
    seen_by(noor, lets_in(other, waits))
    gone = package.leaf_node.signature_key
    leaf = next(member.leaf for member in layla.group.members() if member.signature_key == gone)
    agreed = agrees(noor, REMOVE, gone)
    removal: dict[str, Any] = {"remove": (leaf,), "gone": [gone]}
    policy = policy_of(layla.group)
    without = CommitData(cuts=(Cut(identity=gone, role="", last=None),), approvals=(agreed,))
    refused(layla, commit(sami, without, remove=(leaf,)), "which approvals are spent")
    follow(policy_commit(sami, policy, (agreed,), **removal), sami, layla, noor)
    refused(noor, lets_in(package, said), "adds somebody without the approvals")
    refused(noor, lets_in(other, waits), "adds somebody without the approvals")
    seen_by(noor, lets_in(other, agrees(sami, ADD, added(other.encode()))))


def test_approvals_of_additions_from_before_a_time_when_one_admin_was_enough_are_spent(
    three: tuple[Device, Device, Device],
) -> None:
    layla, sami, noor = three
    package, _ = key_package(mls.SigningKey.generate(os.urandom))
    epoch, tight = layla.group.epoch, policy_of(layla.group)
    said = agrees(sami, ADD, added(package.encode()), (epoch, epoch + 99))
    loose = tight.changed(add_approvals=1, removal_approvals=1, policy_approvals=1)
    change(layla, loose, sami, noor, approvals=(agrees(sami, POLICY, changed(tight, loose)),))
    assert policy_of(noor.group).additions_from == tight.additions_from
    change(layla, tight, sami, noor)
    secret = os.urandom(32)
    data = CommitData(psks={psk_id(secret): mls.Secret(secret)}, approvals=(said,))
    staged = commit(layla, data, add=(package,), psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),))
    refused(noor, staged, "adds somebody without the approvals")


def test_a_commit_says_of_no_approvals_that_they_are_spent_but_of_those_that_are(
    three: tuple[Device, Device, Device],
) -> None:
    layla, sami, noor = three
    before = policy_of(layla.group)
    later = before.changed(changes_from=layla.group.epoch + 1)
    refused(noor, commit(layla, extensions=_extensions(later.encode())), "which approvals are spent")
    after = before.changed(rotation_days=30)
    data = CommitData(approvals=(agrees(sami, POLICY, changed(before, after)),))
    refused(noor, commit(layla, data, extensions=_extensions(after.encode())), "which approvals are spent")


def test_one_admin_does_not_let_in_enough_people_to_outvote_the_others() -> None:
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    admins = tuple(sorted((layla.identity, sami.identity, noor.identity)))
    three = policy_of(layla.group).changed(admins=admins, removal_approvals=3, policy_approvals=3)
    refused(sami, policy_commit(layla, three), "lets fewer admins bring in")
    refused(sami, policy_commit(layla, three.changed(everyone=True, keyholders=admins)), "lets fewer admins bring in")
    seen_by(sami, policy_commit(layla, three.changed(add_approvals=3)))
    seen_by(sami, policy_commit(layla, three.changed(keyholders=admins)))
    # One alone can change these rules, or remove whom they like, so a recovery gives no more.
    seen_by(sami, policy_commit(layla, three.changed(policy_approvals=1)))
    seen_by(sami, policy_commit(layla, three.changed(removal_approvals=1)))
    # When the last keyholder goes, letting somebody in needs as many as the rest.
    change(layla, three.changed(keyholders=(noor.identity,), removal_approvals=2), sami, noor)
    assert policy_of(layla.group).without({noor.identity}, 2).add_approvals == 2


def test_an_addition_needs_agreement_to_the_very_key_package(three: tuple[Device, Device, Device]) -> None:
    layla, sami, noor = three
    secret = os.urandom(32)
    package, _ = key_package(mls.SigningKey.generate(os.urandom))
    other, _ = key_package(mls.SigningKey.generate(os.urandom))

    def staged(said: bytes) -> mls.StagedCommit:
        return commit(
            layla,
            CommitData(psks={psk_id(secret): mls.Secret(secret)}, approvals=(said,)),
            add=(package,),
            psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
        )

    refused(noor, staged(agrees(sami, ADD, added(other.encode()))), "adds somebody without the approvals")
    seen_by(noor, staged(agrees(sami, ADD, added(package.encode()))))


def test_leaving_needs_nobodys_approval_and_any_member_may_do_it() -> None:
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    leaves = agrees(noor, REMOVE, noor.identity)
    data = CommitData(cuts=cuts(noor), approvals=(leaves,))
    seen_by(layla, commit(sami, data, remove=(noor.leaf,)))
    # It is good for the one who leaves, and for nobody else.
    data = CommitData(cuts=cuts(layla), approvals=(leaves,))
    after = policy_of(layla.group)
    refused(noor, commit(sami, data, remove=(layla.leaf,), extensions=_extensions(after.encode())), "only an admin")


def test_more_than_half_of_the_members_replace_an_admin_who_is_gone() -> None:
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    yara = add(layla, sami, noor)
    before = policy_of(sami.group)
    after = before.without({layla.identity}, 3).under((noor.identity,), 3)
    gone: dict[str, Any] = {"remove": (layla.leaf,), "gone": [layla.identity]}
    said = [agrees(one, RECOVER, recovered(before, after, [layla.identity])) for one in (noor, yara)]
    refused(noor, policy_commit(sami, after, (said[0],), **gone), "only an admin")
    seen_by(noor, policy_commit(sami, after, tuple(said), **gone))
    # The same words do for nothing else: no other admin, no other rule, nobody else removed.
    refused(noor, policy_commit(sami, before.under((sami.identity,), 4), tuple(said)), "only an admin")
    refused(noor, policy_commit(sami, after.changed(rotation_days=99), tuple(said), **gone), "only an admin")


def test_a_quorum_removes_one_admin_of_several_and_leaves_the_others() -> None:
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    both = tuple(sorted((layla.identity, sami.identity)))
    change(layla, policy_of(layla.group).changed(admins=both), sami, noor)
    before = policy_of(noor.group)
    after = before.without({layla.identity}, 2).under((sami.identity,), 2)
    said = agrees(sami, RECOVER, recovered(before, after, [layla.identity]))
    gone: dict[str, Any] = {"remove": (layla.leaf,), "gone": [layla.identity]}
    refused(sami, policy_commit(noor, after, **gone), "only an admin")
    seen_by(sami, policy_commit(noor, after, (said,), **gone))


def test_keyholders_whom_the_policy_names_recover_and_others_do_not() -> None:
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    yara = add(layla, sami, noor)
    holders = tuple(sorted((noor.identity, yara.identity)))
    change(layla, policy_of(layla.group).changed(keyholders=holders, recovery=2), sami, noor, yara)
    before = policy_of(sami.group)
    after = before.under((layla.identity, sami.identity), 4)
    said = {one.identity: agrees(one, RECOVER, recovered(before, after, [])) for one in (sami, noor, yara)}
    refused(layla, policy_commit(sami, after, (said[noor.identity],)), "only an admin")
    seen_by(layla, policy_commit(sami, after, (said[noor.identity], said[yara.identity])))
    seen_by(layla, policy_commit(noor, after, (said[yara.identity],)))


def test_in_a_group_without_a_visible_chief_everyone_is_an_admin() -> None:
    layla = found()
    sami = add(layla)
    noor = add(layla, sami)
    change(layla, policy_of(layla.group).changed(everyone=True, admins=()), sami, noor)
    after = policy_of(sami.group).without({layla.identity}, 2)
    seen_by(noor, policy_commit(sami, after, remove=(layla.leaf,), gone=[layla.identity]))
