"""The rules of a group as a value: what is kept, what follows when members go, what is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client import cbor
from taboon_client.errors import FieldError, FormatError
from taboon_client.group.changes import PolicyChange, apply_change, exact
from taboon_client.group.policy import Policy, RelayEntry, differences

MEMBERS = tuple(bytes([number]) * 32 for number in range(1, 9))
RELAY = RelayEntry(url="https://relay.example:443", id=bytes(32))
some = st.sets(st.sampled_from(MEMBERS)).map(lambda found: tuple(sorted(found)))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy that fits a group of all eight."""
    everyone = draw(st.booleans())
    admins = draw(some.filter(lambda found: bool(found) or everyone))
    count = len(MEMBERS) if everyone else len(admins)
    holders = draw(some)
    counts = {name: draw(st.integers(1, count)) for name in ("add_approvals", "removal_approvals", "policy_approvals")}
    policy = Policy.founding(MEMBERS[0], RELAY).changed(
        admins=admins,
        everyone=everyone,
        dispatch=draw(some),
        keyholders=holders,
        recovery=draw(st.integers(0, len(holders) or len(MEMBERS))),
        **counts,
    )
    return policy.changed(add_approvals=max(policy.add_approvals, policy.least_additions))


@given(policies())
def test_a_policy_is_read_as_it_was_written(policy: Policy) -> None:
    assert policy.fault(MEMBERS) is None
    assert Policy.decode(policy.encode()) == policy


@given(policies(), some)
def test_what_follows_from_removals_is_a_policy_for_those_who_stay(policy: Policy, gone: tuple[bytes, ...]) -> None:
    staying = [member for member in MEMBERS if member not in gone]
    after = policy.without(gone, len(staying))
    if after.admin_count(len(staying)):
        assert after.fault(staying) is None
    assert after.without(gone, len(staying)) == after
    assert not {*after.admins, *after.dispatch, *after.keyholders} & set(gone)


@given(policies(), some.filter(bool))
def test_a_recovery_leaves_a_policy_that_the_new_admins_can_change(policy: Policy, admins: tuple[bytes, ...]) -> None:
    after = policy.under(admins, len(MEMBERS))
    assert after.fault(MEMBERS) is None
    kept = msgspec.structs.replace(policy, admins=admins, everyone=False)
    changed = {rule for rule, _, _ in differences(kept, after)}
    assert changed <= {"add_approvals", "removal_approvals", "policy_approvals"}


@given(policies(), policies())
def test_a_change_that_was_agreed_to_is_made_of_the_very_policy_it_was_written_for(one: Policy, other: Policy) -> None:
    change = PolicyChange.decode(exact(one, other).encode())
    assert apply_change(one, change, MEMBERS) == other
    third = one.changed(rotation_days=one.rotation_days + 1)
    if third != other:
        with pytest.raises(FieldError, match="Propose it again"):
            apply_change(third, change, MEMBERS)


@given(policies(), some, some)
def test_two_changes_of_different_things_do_not_undo_each_other(
    policy: Policy, coming: tuple[bytes, ...], circle: tuple[bytes, ...]
) -> None:
    first, second = PolicyChange(admins_in=coming), PolicyChange(dispatch=circle)
    one = apply_change(apply_change(policy, first, MEMBERS), second, MEMBERS)
    other = apply_change(apply_change(policy, second, MEMBERS), first, MEMBERS)
    assert one == other
    assert set(coming) <= set(one.admins)
    assert one.dispatch == circle


def test_a_group_of_the_first_version_goes_on_and_says_nothing_that_it_cannot_mean() -> None:
    old = msgspec.structs.replace(Policy.founding(MEMBERS[0], RELAY), v=1)
    assert Policy.decode(old.encode()) == old
    assert old.without((MEMBERS[1],), 3) == old
    fields = cbor.decode(old.encode())
    for more in ({"everyone": True}, {"add_approvals": 2}, {"keyholders": [MEMBERS[1]]}):
        with pytest.raises(FormatError, match="more than its version"):
            Policy.decode(cbor.encode({**fields, **more}))
    with pytest.raises(FormatError):
        Policy.decode(cbor.encode({**fields, "v": 4}))
    with pytest.raises(FormatError, match="more than its version"):
        Policy.decode(cbor.encode({**fields, "v": 2, "changes_from": 7}))


def test_names_twice_or_out_of_order_are_refused() -> None:
    policy = Policy.founding(MEMBERS[0], RELAY)
    for field in ("admins", "dispatch", "keyholders"):
        for wrong in ((MEMBERS[1], MEMBERS[0]), (MEMBERS[0], MEMBERS[0])):
            with pytest.raises(FormatError, match="twice or out of order"):
                Policy.decode(policy.changed(**{field: wrong}).encode())
