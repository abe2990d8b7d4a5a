"""Invites that went wrong: too late, used twice, used again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def test_an_expired_invite_is_told_before_anything_is_sent(
    people: People, cli_relay: RelayProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour", "--hours", "1")["invite"]["link"]
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 2 * 3600)
    done = people.type("basil", "join", "-", "--as", "Basil", given=link)
    assert done.code == 5
    assert link not in done.out + done.err
    assert "expired" in done.err
    assert people.json("basil", "groups", "--offline")["joinings"] == []


def test_a_link_used_twice_on_one_device_is_told(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    assert people.type("basil", "join", "-", "--as", "Basil", given=link).code == 0
    again = people.type("basil", "join", "-", "--as", "Basil", given=link)
    assert again.code == 5
    assert "used" in again.err


def test_a_link_used_by_two_people_ends_and_everyone_is_told(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    for name in ("basil", "eve"):
        people.json(name, "init")
        people.json(name, "join", "-", "--as", name, given=link)
    asked = people.type("amal", "requests", "Harbour")
    assert "asks to join" not in asked.out
    assert asked.err
    assert people.type("amal", "approve", "Harbour", "basil").code == 3
    people.json("amal", "sync")
    for name in ("basil", "eve"):
        people.json(name, "sync")
        [joining] = people.json(name, "groups", "--offline")["joinings"]
        assert joining["state"] == "ended"


def test_someone_who_asked_and_was_not_let_in_finds_no_group(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    people.json("basil", "join", "-", "--as", "Basil", given=link)
    done = people.type("basil", "board", "Harbour")
    assert done.code == 3


def test_a_request_made_without_the_relay_goes_out_later(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    assert people.json("basil", "join", "-", "--as", "Basil", "--offline", given=link)["joining"]["state"] == "waiting"
    assert people.json("amal", "requests", "Harbour")["requests"] == []
    people.json("basil", "sync")
    [request] = people.json("amal", "requests", "Harbour")["requests"]
    assert request["name"] == "Basil"


def test_an_approval_without_the_relay_is_carried_out_later(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    people.json("basil", "join", "-", "--as", "Basil", given=link)
    people.json("amal", "requests", "Harbour")
    assert people.json("amal", "approve", "Harbour", "Basil", "--offline")["done"] is False
    assert people.json("basil", "groups")["groups"] == []
    people.json("amal", "sync")
    [group] = people.json("basil", "groups")["groups"]
    assert group["members"] == 2
