"""Relays that lie, forget and roll back: nothing that members hold is lost, and nothing stays broken."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import Need
from taboon_client.errors import MailboxMovedError, MailboxUnknownError, RelayUnreachableError
from taboon_client.joining.link import InvitePayload
from taboon_client.relay.answers import Page, Receipt
from taboon_client.relay.client import RelayClient
from taboon_client.vault import groups as rows
from taboon_crypto.blob import Whole, open_blob, parse_content
from taboon_crypto.mls.group.opening import EpochView, open_private
from taboon_crypto.mls.keys.secret_tree import Ratchet
from taboon_crypto.mls.messages.envelope import MLSMessage, wrap
from taboon_crypto.mls.messages.protection import PrivateMessage
from taboon_crypto.primitives.secret import Secret
from tests.scenarios.hostile import desk_of, lose_disk, row_of, send_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from taboon_crypto import mls
    from tests.scenarios.conftest import Neighbourhood, Person


@pytest.mark.own_relay
def test_an_event_of_the_epoch_before_comes_back_after_the_relay_lost_its_disk(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.group.post(Need(title="Posted offline, then the epoch changed", created=0))
    assert layla.group.rotate().done
    sami.sync()
    assert sami.group.unsent() == 0
    lose_disk(neighbourhood.relay)
    for person in (layla, sami, layla):
        person.sync()
    assert layla.titles() == sami.titles() == {"Posted offline, then the epoch changed"}


@pytest.mark.own_relay
def test_a_newcomer_gets_the_snapshot_though_the_relay_lost_it(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    layla.group.post(Need(title="Old need", created=0))
    layla.sync()
    noor = neighbourhood.person("Noor")
    noor.taboon.join(layla.group.invite().link, me="Noor")
    layla.sync()
    assert layla.group.approve("Noor").done
    asyncio.run(noor.taboon._taboon._syncer().joinings(deadline=30))
    lose_disk(neighbourhood.relay)
    for person in (layla, noor, layla, noor):
        person.sync()
    assert noor.titles() == {"Old need"}


@pytest.mark.own_relay
def test_a_lost_mailbox_is_told_with_what_it_may_mean(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    eve = neighbourhood.let_in(layla, "Eve")
    sami.sync()
    assert layla.group.remove("Eve").done
    lose_disk(neighbourhood.relay)
    report = sami.group.sync(wait=30)
    assert any("removed" in notice for notice in report.notices)
    assert eve.group.status().state == "active"


@pytest.mark.own_relay
def test_who_was_away_for_longer_than_mailboxes_are_kept_does_not_speak_in_an_ended_epoch(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    lose_disk(neighbourhood.relay)
    desk = desk_of(sami)
    real = desk.clock
    desk.clock = lambda: real() + 31 * 86_400
    sami.group.post(Need(title="Kept here", created=0))
    report = sami.group.sync(wait=30)
    assert report.sent == 0
    assert sami.group.status().state == "astray"
    assert sami.titles() == {"Kept here"}


def test_a_relay_that_forgets_again_and_again_fills_no_vault(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    for number in range(20):
        layla.group.post(Need(title=str(number), created=0))
    layla.sync()
    layla.sync()
    real = RelayClient.read

    async def read(self: RelayClient, keys: Any, cursor: Any, **how: Any) -> Page:
        if cursor.number:
            raise MailboxUnknownError("unknown")
        page = await real(self, keys, cursor, **how)
        return Page(page.blobs[:1], page.last + 5, False, cursor.after(sha256(page.blobs[0]).digest()))

    monkeypatch.setattr(RelayClient, "read", read)
    report = layla.group.sync(wait=30)
    assert "again and again" in (report.problem or "")
    assert layla.group.unsent() <= 25


def test_moved_said_of_a_seal_that_was_taken_locks_nobody_out(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    neighbourhood.let_in(layla, "Eve")
    real = RelayClient.append

    async def append(
        self: RelayClient, keys: Any, blob: bytes, *, seal: bool = False, expected: int | None = None
    ) -> Receipt:
        receipt = await real(self, keys, blob, seal=seal, expected=expected)
        if seal:
            raise MailboxMovedError("moved", 99)
        return receipt

    with monkeypatch.context() as patch:
        patch.setattr(RelayClient, "append", append)
        layla.group.remove("Eve")
    layla.sync()
    sami.sync()
    for person in (layla, sami):
        assert person.group.status().state == "active"
        assert {member.name for member in person.group.members()} == {"Layla", "Sami"}


def test_a_seal_shown_once_as_an_ordinary_blob_is_followed_when_it_is_shown_as_what_it_is(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    neighbourhood.let_in(layla, "Eve")
    sami.sync()
    assert layla.group.remove("Eve").done
    real = RelayClient.read

    async def read(self: RelayClient, keys: Any, cursor: Any, **how: Any) -> Page:
        return replace(await real(self, keys, cursor, **how), sealed=False)

    with monkeypatch.context() as patch:
        patch.setattr(RelayClient, "read", read)
        sami.taboon.sync(wait=30)
    sami.sync()
    assert {member.name for member in sami.group.members()} == {"Layla", "Sami"}
    sami.group.post(Need(title="Only for those who stayed", created=0))
    sami.sync()
    layla.sync()
    assert layla.titles() == {"Only for those who stayed"}


def test_a_restored_copy_whose_original_committed_knows_that_it_is_one(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    neighbourhood.let_in(layla, "Sami")
    layla.taboon.close()
    shutil.copytree(layla.folder, tmp_path / "copy")
    layla.reopen()
    assert layla.group.rotate().done
    layla.taboon.close()
    shutil.rmtree(layla.folder)
    shutil.copytree(tmp_path / "copy", layla.folder)
    layla.reopen()
    layla.taboon.sync(wait=30)
    assert layla.group.status().state == "frozen"


def _wrapped_again(group: mls.Group, message: bytes, how: str) -> bytes:
    """The commit of another member once more, as every member has the keys to."""
    if how == "the same message":
        return message
    state = group.state
    body = MLSMessage.decode(message).body
    assert isinstance(body, PrivateMessage)
    epoch = state.epoch

    def signature_key(leaf: int) -> bytes:
        return group.member(leaf).signature_key

    secret = epoch.secrets.sender_data_secret
    content, key = open_private(EpochView(epoch.context, secret, None, signature_key), state.ratchets, body)
    if how == "another generation":
        key = state.ratchets.peek(key.leaf, Ratchet.HANDSHAKE, key.generation + 3)
    if how == "another tag":
        auth = replace(content.auth, confirmation_tag=bytes(32))
        content = replace(content, auth=auth)
    return wrap(PrivateMessage.protect(epoch.suite, content, secret, key.key, key.nonce, key.generation, os.urandom(4)))


def _swallow_and_wrap_again(
    victim: Person, by: Person, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], how: str
) -> None:
    """Keep a seal from the relay, and seal with the same commit in another wrapping."""
    taken: list[bytes] = []
    real = RelayClient.append

    async def append(
        self: RelayClient, keys: Any, blob: bytes, *, seal: bool = False, expected: int | None = None
    ) -> Receipt:
        if seal:
            taken.append(blob)
            raise RelayUnreachableError("swallowed")
        return await real(self, keys, blob, seal=seal, expected=expected)

    with monkeypatch.context() as patch:
        patch.setattr(RelayClient, "append", append)
        act()
    desk, grp = desk_of(by), row_of(by)
    mailbox = desk.keeper.read(lambda tx: rows.get_mailbox(tx, grp))
    assert mailbox is not None
    whole = parse_content(open_blob(mailbox.blob_key, taken[0]))
    assert isinstance(whole, Whole)
    send_message(by, lambda group: _wrapped_again(group, whole.body, how), seal=True)


@pytest.mark.parametrize("how", ["the same message", "the same generation", "another generation"])
def test_our_own_commit_in_another_wrapping_is_our_own(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    neighbourhood.let_in(layla, "Sami")
    eve.sync()
    _swallow_and_wrap_again(layla, eve, monkeypatch, lambda: layla.group.remove("Sami"), how)
    layla.sync()
    eve.sync()
    assert layla.group.status().state == "active"
    assert layla.group.epoch_code() == eve.group.epoch_code()
    layla.group.post(Need(title="Only for those who stayed", created=0))
    layla.sync()
    eve.sync()
    assert eve.titles() == {"Only for those who stayed"}
    assert {member.name for member in eve.group.members()} == {"Layla", "Eve"}


def test_our_own_commit_with_another_tag_is_no_second_copy_of_the_vault(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    eve = neighbourhood.let_in(layla, "Eve")
    eve.sync()
    _swallow_and_wrap_again(layla, eve, monkeypatch, layla.group.rotate, "another tag")
    layla.sync()
    assert layla.group.status().state == "astray"
    assert "cannot follow" in (layla.group.status().problem or "")


def test_an_invite_to_a_relay_that_never_answers_holds_up_no_other(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.person("Sami")
    real = InvitePayload.parse(layla.group.invite().link)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)
        bad = replace(real, relay_url=f"http://127.0.0.1:{silent.getsockname()[1]}", secret=Secret(os.urandom(32)))
        sami.taboon.join(bad.link, me="Sami", wait=0)
        sami.taboon.join(real.link, me="Sami", wait=0)
        sami.taboon.sync(wait=2)
    layla.sync()
    assert [request.name for request in layla.group.requests()] == ["Sami"]


@pytest.mark.own_relay
def test_a_relay_that_is_slow_or_talks_nonsense_ends_a_sync_with_a_sentence(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    port = neighbourhood.relay.port
    neighbourhood.relay.stop()
    layla.group.post(Need(title="Kept", created=0))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen(5)
        slow = layla.group.sync(wait=0.5)

        def talk() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ESMTP ready\r\n")

        for _ in range(2):
            # What waited in the queue from before is answered first.
            threading.Thread(target=talk, daemon=True).start()
        nonsense = layla.group.sync(wait=10)
    for report in (slow, nonsense):
        assert not report.reached
        assert report.problem
        assert report.unsent == 1
    assert layla.titles() == {"Kept"}
