"""Members and joiners who wish ill: each is a nuisance at most, and none ends the group for the others."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client import cbor
from taboon_client.board import EpochChange, Name, Need
from taboon_client.errors import NotAllowedError, NotFoundError
from taboon_client.group import payload as payloads
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent, LeafKeys
from taboon_client.group.ledger import Ledger
from taboon_client.group.payload import HistoryPayload, write_events
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_client.joining import guest
from taboon_client.joining.messages import make_request
from taboon_client.session import commits
from taboon_client.vault import groups as rows
from taboon_client.vault import outbox
from taboon_crypto import mls
from taboon_crypto.mls.group.opening import open_private
from taboon_crypto.mls.keys.secret_tree import Ratchet
from taboon_crypto.mls.messages.envelope import wrap
from taboon_crypto.mls.messages.protection import PrivateMessage
from tests.scenarios.hostile import at_rendezvous, desk_of, event_of, row_of, send_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person


def test_a_proposal_by_itself_keeps_nobody_from_posting(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    send_message(eve, lambda group: group.propose(mls.Remove(0), random=os.urandom))
    layla.group.post(Need(title="Insulin", created=0))
    layla.sync()
    assert layla.group.unsent() == 0
    assert {member.name for member in layla.group.members()} == {"Layla", "Eve"}


def test_events_in_any_register_of_any_kind_end_nothing(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    eve.sync()
    hostile = [
        event_of(eve, "x", "name", {"name": "y"}),
        event_of(eve, "a" * 31, "comment", {}),
        event_of(eve, "people", "group", {"name": "y"}),
        event_of(eve, "people", "name", {"name": "\0"}),
        event_of(eve, "settings", "group", {"name": "Eve's"}),
        event_of(eve, b"\0" * 32, "pledge", {"created": 1}),
    ]
    send_message(eve, lambda group: group.encrypt(write_events([e.raw for e in hostile]), random=os.urandom))
    layla.group.post(Need(title="After all that", created=0))
    layla.sync()
    assert layla.group.name == "Harbour"
    assert layla.titles() == {"After all that"}


def test_what_nobody_foresaw_in_one_message_keeps_no_other_from_being_read(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.group.post(Need(title="Unlucky", created=0))
    sami.sync()
    sami.group.post(Need(title="Fine", created=0))
    sami.sync()
    real = Ledger.take

    def take(self: Ledger, tx: Connection, grp: int, raws: list[bytes], epoch: int) -> tuple[int, bool]:
        result = real(self, tx, grp, raws, epoch)
        if any(b"Unlucky" in raw for raw in raws):
            raise ZeroDivisionError
        return result

    monkeypatch.setattr(Ledger, "take", take)
    layla.sync()
    assert layla.titles() == {"Fine"}


def _asks(neighbourhood: Neighbourhood, admin: Person, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> str:
    mallory = neighbourhood.person("Mallory")
    link = admin.group.invite().link
    with monkeypatch.context() as patch:
        for name, value in changed.items():
            patch.setattr(guest, name, value)
        mallory.taboon.join(link, me="Mallory")
    admin.sync()
    return link


def _profile(signer: mls.SigningKey, content: LeafContent, **changed: Any) -> mls.MemberProfile:
    honest: dict[str, Any] = {
        "signing_key": signer,
        "credential": mls.BasicCredential(identity=signer.public),
        "extensions": (mls.Extension(LEAF_EXTENSION, content.encode()),),
        "capabilities": mls.Capabilities.of(extensions=(POLICY_EXTENSION, LEAF_EXTENSION)),
    }
    return mls.MemberProfile(**{**honest, **changed})


def _package(signer: mls.SigningKey, suite: mls.CipherSuite) -> bytes:
    member = _profile(signer, LeafKeys.generate(os.urandom, suite=suite).content)
    package, _ = mls.KeyPackage.generate(
        suite, member, now=int(time.time()), lifetime=guest.LIFETIME, random=os.urandom
    )
    return package.encode()


@pytest.mark.parametrize(
    "changed",
    [
        {"member_profile": lambda s, c: _profile(s, c, credential=mls.BasicCredential(identity=bytes(32)))},
        {"member_profile": lambda s, c: _profile(s, c, extensions=())},
        {"member_profile": lambda s, c: _profile(s, c, extensions=(), capabilities=mls.Capabilities.of())},
        {"make_request": lambda i, _, n, s, _answers: make_request(i, _package(s, mls.SUITES[0x0001]), n, s)},
        {"make_request": lambda i, _, n, s, _answers: make_request(i, _package(s, mls.CipherSuite.POST_QUANTUM), n, s)},
    ],
    ids=["another identity", "no leaf content", "no capabilities", "another suite", "the post-quantum suite"],
)
def test_a_key_package_that_the_group_cannot_take_is_no_request(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    layla = neighbourhood.founder("Layla")
    _asks(neighbourhood, layla, monkeypatch, **changed)
    assert layla.group.requests() == []
    layla.group.post(Need(title="Life goes on", created=0))
    layla.sync()
    assert layla.group.status().state == "active"


def test_two_requests_of_one_identity_let_one_in(neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    layla = neighbourhood.founder("Layla")
    signer = mls.SigningKey.generate(os.urandom)
    links = [layla.group.invite().link for _ in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr(mls.SigningKey, "generate", lambda _: signer)
        for name, link in zip("AB", links, strict=True):
            neighbourhood.person(name).taboon.join(link, me=name)
    layla.sync()
    for request in layla.group.requests():
        layla.group.approve(request.code, wait=0)
    layla.sync()
    assert layla.group.status().state == "active"
    assert len(layla.group.members()) == 2


def test_an_approval_that_lets_nobody_in_says_so(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.person("Sami")
    link = layla.group.invite().link
    desk_of(sami).clock = lambda: time.time() - 200 * 86_400  # a phone that lost its date
    sami.taboon.join(link, me="Sami")
    layla.sync()
    with pytest.raises(NotAllowedError, match="clock"):
        layla.group.approve("Sami")
    assert layla.group.status().wishes == ()


def test_an_approval_holds_for_the_very_key_package_and_no_other(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    first, thief = neighbourhood.person("First"), neighbourhood.person("Thief")
    link = layla.group.invite().link
    first.taboon.join(link, me="First")
    layla.sync()
    layla.group.approve("First", wait=0)
    thief.taboon.join(link, me="First")
    layla.group.sync(wait=30)
    again = layla.group.invite().link
    other = neighbourhood.person("Other")
    other.taboon.join(again, me="First")
    layla.sync()
    for person in (first, thief, other):
        person.taboon.sync(wait=30)
        assert person.taboon.groups() == []
    assert [member.name for member in layla.group.members()] == ["Layla"]


def test_a_removed_member_is_let_in_again_on_the_same_device(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.group.post(Need(title="From before", created=0))
    sami.sync()
    layla.sync()
    assert layla.group.remove("Sami").done
    sami.sync()
    sami.taboon.join(layla.group.invite().link, me="Sami")
    layla.sync()
    assert layla.group.approve("Sami").done
    sami.sync()
    assert sami.group.status().state == "active"
    sami.group.post(Need(title="From after", created=0))
    sami.sync()
    layla.sync()
    assert layla.titles() == sami.titles() == {"From before", "From after"}


def test_nobody_is_told_that_something_was_done_when_they_were_removed(neighbourhood: Neighbourhood) -> None:
    from taboon_client.errors import GroupStoppedError

    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.remove("Sami").done
    with pytest.raises(GroupStoppedError):
        sami.group.rotate()


def test_a_member_who_never_rotates_keeps_no_newcomer_out(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.person("Noor")
    for person in (layla, noor):
        desk = desk_of(person)
        desk.clock = desk.ledger._clock = lambda: time.time() + 91 * 86_400
    noor.taboon.join(layla.group.invite().link, me="Noor")
    # The relay's clock is not three months ahead: the request travels all the same, since only its proof needs a time.
    layla.sync()
    assert layla.group.approve("Noor").done
    noor.sync()
    assert noor.group.status().members == 3


@pytest.mark.parametrize("hostile", ["huge number", "epoch twice"])
def test_a_history_that_cannot_be_right_is_not_taken(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch, hostile: str
) -> None:
    layla = neighbourhood.founder("Layla")

    def queue(tx: Connection, ledger: Ledger, grp: int, group: mls.Group) -> None:
        if hostile == "huge number":
            value = {"epochs": [], "authors": [[bytes(32), 2**63, bytes(32)]]}
            outbox.queue_payload(tx, grp, cbor.encode(["history", value]))
            return
        last = EpochChange.from_value(cbor.decode(rows.epoch_records(tx, grp)[-1]))
        record = EpochChange(last.epoch_id, 0, {}, (), whole=True)
        outbox.queue_payload(tx, grp, HistoryPayload((record,), ()).encode())

    with monkeypatch.context() as patch:
        patch.setattr(commits, "queue_snapshot", queue)
        sami = neighbourhood.let_in(layla, "Sami")
    layla.group.post(Need(title="Read all the same", created=0))
    layla.sync()
    sami.sync()
    assert sami.titles() == {"Read all the same"}


def test_a_history_longer_than_one_payload_arrives_whole(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "_PIECE", 200)
    layla = neighbourhood.founder("Layla")
    for _ in range(4):
        assert layla.group.rotate().done
    sami = neighbourhood.let_in(layla, "Sami")

    def known(person: Person) -> list[int]:
        grp = row_of(person)
        history = desk_of(person).keeper.read(lambda tx: desk_of(person).ledger.history(tx, grp))
        return [epoch.number for epoch in history.epochs()]

    assert known(sami) == known(layla) == [0, 1, 2, 3, 4, 5]


def test_who_is_called_by_anothers_tag_can_still_be_named(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    mallory = neighbourhood.let_in(layla, "Mallory")
    tags = {member.name: member.tag for member in layla.group.members()}
    for person, name in ((eve, tags["Mallory"]), (mallory, tags["Eve"])):
        desk, grp = desk_of(person), row_of(person)
        desk.keeper.write(lambda tx: desk.ledger.make(tx, grp, Name(name=name), "people", ()))  # noqa: B023 - run now
        person.sync()
    layla.sync()
    assert layla.group.member(tags["Eve"]).tag == tags["Eve"]
    assert layla.group.member(tags["Mallory"]).tag == tags["Mallory"]


def test_a_removal_takes_no_beginning_of_a_name(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    neighbourhood.let_in(layla, "Evelyn")
    with pytest.raises(NotFoundError):
        layla.group.remove("Eve")
    assert len(layla.group.members()) == 2


def test_a_key_that_somebody_posted_and_closed_swallows_no_import(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    eve.group.withdraw(eve.group.post(Need(title="nothing", created=0), key="row 1"))
    eve.sync()
    layla.sync()
    assert layla.group.post_all([("row 1", Need(title="Insulin", created=0))]).posted == 1
    assert layla.group.post_all([("row 1", Need(title="Insulin", created=0))]).known == 1


def test_noise_and_a_seal_at_a_rendezvous_trouble_nobody_else(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    for name in "ab":
        neighbourhood.person(name).taboon.join(link, me=name)
    at_rendezvous(link, [b"\x7f noise"], seal=True)
    layla.sync()
    layla.sync()
    assert layla.group.invites() == []
    layla.group.flush()


def test_parts_at_a_rendezvous_keep_no_welcome_out(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    sami = neighbourhood.person("Sami")
    sami.taboon.join(link, me="Sami")
    at_rendezvous(link, [b"\x02" + os.urandom(16) + b"\0\0" + bytes(200_000)])
    layla.sync()
    assert layla.group.approve("Sami").done
    sami.sync()
    assert sami.group.status().members == 2


def test_secrets_of_a_used_invite_and_of_a_group_that_ended_are_gone(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.remove("Sami").done
    sami.sync()

    def left(tx: Connection) -> list[Any]:
        joining = tx.execute("SELECT payload, secrets, identity_seed, blob FROM joining").fetchall()
        return [*joining, *tx.execute("SELECT identity_seed FROM grp").fetchall()]

    assert desk_of(sami).keeper.read(left) == [(None, None, None, None), (b"",)]


def _wrap_again(victim: Person, by: Person, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Post what a victim said last once more at each of its next generations, as every member has the keys to."""
    opened: list[Any] = []
    real = open_private

    def lifted(*arguments: Any) -> Any:
        result = real(*arguments)
        opened.append(result)
        return result

    with monkeypatch.context() as patch:
        patch.setattr("taboon_crypto.mls.group.receiving.open_private", lifted)
        by.sync()
    keeper, row = desk_of(victim).keeper, row_of(victim)
    leaf = keeper.read(lambda tx: keeper.load(tx, row).own_leaf)
    content, key = next(pair for pair in reversed(opened) if pair[1].leaf == leaf)

    def again(generation: int) -> Callable[[mls.Group], bytes]:
        def make(group: mls.Group) -> bytes:
            state = group.state
            ahead = state.ratchets.peek(leaf, Ratchet.APPLICATION, generation)
            secret = state.epoch.secrets.sender_data_secret
            message = PrivateMessage.protect(
                state.epoch.suite, content, secret, ahead.key, ahead.nonce, generation, os.urandom(4)
            )
            return wrap(message)

        return make

    for step in range(1, times + 1):
        send_message(by, again(key.generation + step))


def test_what_a_member_said_wrapped_again_by_another_freezes_nobody(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    eve.sync()
    layla.group.post(Need(title="Insulin", created=0))
    layla.sync()
    _wrap_again(layla, eve, monkeypatch, times=1)
    layla.group.post(Need(title="Bandages", created=0))
    layla.sync()
    assert layla.group.status().state == "active"
    eve.sync()
    assert eve.titles() == {"Insulin", "Bandages"}


def test_m07_what_a_member_said_wrapped_again_by_another_keeps_nothing_from_being_read(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    sami = neighbourhood.let_in(layla, "Sami")
    eve.sync()
    layla.group.post(Need(title="Insulin", created=0))
    layla.sync()
    _wrap_again(layla, eve, monkeypatch, times=3)
    sami.sync()  # reads the copies before what they stand in the way of
    for title in ("Bandages", "Water"):
        layla.group.post(Need(title=title, created=0))
        layla.sync()
    sami.sync()
    assert sami.titles() == {"Insulin", "Bandages", "Water"}
    assert sami.group.status().state == "active"
