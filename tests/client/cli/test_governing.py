"""What an admin types at night: rules, keys, invites, agreements, votes, and what each of them answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import People


@pytest.fixture
def harbour(people: People, cli_relay: RelayProcess) -> People:
    """Amal and Basil in one group, both admins."""
    for who in ("amal", "basil", "dana"):
        people.json(who, "init")
    people.json("amal", "group", "create", "Harbour", "--relay", cli_relay.url, "--as", "Amal")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    people.json("basil", "join", "-", "--as", "Basil", given=link)
    people.json("amal", "requests", "Harbour")
    assert people.json("amal", "approve", "Harbour", "Basil", "--compared")["done"]
    people.json("basil", "sync")
    people.json("basil", "sync")
    changed = people.json("amal", "admins", "Harbour", "--add", "Basil")
    assert changed["done"]
    assert [one["name"] for one in changed["admins"]] == ["Amal", "Basil"]
    people.json("basil", "sync")
    return people


def let_in(people: People, name: str) -> None:
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    people.json(name.lower(), "join", "-", "--as", name, given=link)
    people.json("amal", "requests", "Harbour")
    assert people.json("amal", "approve", "Harbour", name)["done"]
    for _ in range(2):
        people.json(name.lower(), "sync")


def test_two_admins_agree_to_a_removal_that_is_then_followed(harbour: People) -> None:
    let_in(harbour, "Dana")
    rules = harbour.json("amal", "policy", "Harbour", "--removals", "2", "--changes", "2", "--additions", "2")
    assert rules["done"]
    assert (rules["policy"]["removals"], rules["policy"]["changes"]) == (2, 2)
    assert (
        "would have to agree" in harbour.type("amal", "policy", "Harbour", "--removals", "3", "--json").error["message"]
    )
    said = harbour.json("amal", "remove", "Harbour", "Dana")
    assert (said["done"], said["lacking"], said["removal"]) == (False, 1, None)
    (act,) = harbour.json("basil", "acts", "Harbour")["acts"]
    assert (act["kind"], act["needed"], act["mine"]) == ("remove", 2, True)
    shown = harbour.type("basil", "acts", "Harbour")
    assert "remove a member: 1 of 2 agree" in shown.out
    assert harbour.json("basil", "agree", "Harbour", act["code"])["done"]
    keys = harbour.json("amal", "keys", "Harbour")
    assert [one["state"] for one in keys["removals"]] == ["confirmed"]
    assert {one["name"]: one["following"] for one in keys["members"]} == {"Amal": "current", "Basil": "current"}
    assert keys["members"][1]["checked"] == "code" or keys["members"][0]["checked"] == "code"
    assert "Good." in harbour.type("amal", "keys", "Harbour").out
    told = harbour.json("amal", "exposure", "Harbour", "Dana")["exposure"]
    assert told["member"]["name"] == "Dana"
    assert told["last_epoch"] is not None
    assert [deed["kind"] for deed in harbour.json("amal", "deeds", "Harbour")["deeds"]][-1] == "removed"
    assert "Dana" in harbour.type("basil", "deeds", "Harbour").out
    assert harbour.json("amal", "policy", "Harbour", "--rotate-days", "30")["lacking"] == 1
    assert "rotation days: 7 → 30" in harbour.type("basil", "acts", "Harbour").out


def test_the_last_admin_is_told_the_way_out(people: People, cli_relay: RelayProcess) -> None:
    people.json("amal", "init")
    people.json("amal", "group", "create", "Harbour", "--relay", cli_relay.url, "--as", "Amal")
    assert "nobody else" in people.type("amal", "leave", "Harbour", "--json").error["message"]
    assert (
        "taboon admins GROUP --add"
        in people.type("amal", "admins", "Harbour", "--drop", "Amal", "--json").error["message"]
    )


def test_invites_are_listed_revoked_and_taken_back(harbour: People) -> None:
    harbour.json("amal", "agreement", "Harbour", "--set", "We do not photograph the board.")
    made = harbour.json("amal", "invite", "Harbour")["invite"]
    (seen,) = harbour.json("basil", "invites", "Harbour")["invites"]
    assert (seen["code"], seen["maker"]["name"]) == (made["code"], "Amal")
    refused = harbour.type("dana", "join", "-", "--as", "Dana", "--json", given=made["link"]).error
    assert "--accept" in refused["message"]
    asked = harbour.json("dana", "join", "-", "--as", "Dana", "--accept", given=made["link"])["joining"]
    (request,) = harbour.json("basil", "requests", "Harbour")["requests"]
    assert request["safety_code"] == asked["safety_code"]
    assert "vouch for the request" in harbour.type("basil", "vouch", "Harbour", "Dana").out
    assert harbour.json("dana", "take-back", asked["code"]) == {"taken_back": True, "told": True}
    assert harbour.json("basil", "requests", "Harbour")["requests"] == []
    other = harbour.json("basil", "invite", "Harbour")["invite"]
    assert harbour.json("basil", "revoke", "Harbour", other["code"])["revoked"] == other["code"]
    assert harbour.json("amal", "invites", "Harbour")["invites"] == []
    agreed = harbour.json("basil", "agreement", "Harbour", "--accept")
    assert [one["name"] for one in agreed["accepted"]] == ["Basil"]


def test_an_invite_goes_through_a_picture(harbour: People) -> None:
    picture = harbour.folder / "invite.png"
    made = harbour.json("amal", "invite", "Harbour", "--save", str(picture))
    assert made["invite"]["state"] == "open"
    assert harbour.json("dana", "join", "-", "--as", "Dana", "--picture", str(picture))["joining"]["state"] == "waiting"
    drawn = harbour.type("amal", "invite", "Harbour", "--qr")
    assert "█" in drawn.out


def test_keys_are_compared_and_devices_at_risk_are_said(harbour: People) -> None:
    code = harbour.json("basil", "code", "Harbour")
    assert code["code"] == harbour.json("amal", "code", "Harbour")["code"]
    shown = harbour.json("basil", "check", "Harbour", "--show")["code"]
    assert harbour.json("amal", "check", "Harbour", given=shown)["checked"] == "in-person"
    assert harbour.json("amal", "check", "Harbour", "Basil", "--undo")["checked"] is None
    assert not harbour.json("amal", "risk", "Harbour", "Basil", "--why", "lost")["suspended"]
    assert "at risk" in harbour.type("amal", "keys", "Harbour").out
    assert harbour.type("amal", "risk", "Harbour", "Basil", "--lift").code == 0


def test_a_group_decides_together(harbour: People) -> None:
    made = harbour.json("amal", "propose", "Harbour", "Shall we cook on Fridays?")["motion"]
    assert made["electorate"] == 2
    harbour.json("amal", "vote", "Harbour", made["code"], "yes")
    voted = harbour.json("basil", "vote", "Harbour", made["code"], "yes")["motion"]
    assert voted["decided"] == "yes"
    assert "decided yes: 2 yes" in harbour.type("amal", "votes", "Harbour").out
    closed = harbour.json("amal", "vote", "Harbour", made["code"], "close")["motion"]
    assert closed["closed"]


def test_the_admin_is_gone_and_the_members_name_another(harbour: People) -> None:
    let_in(harbour, "Dana")
    said = harbour.json("basil", "recover", "Harbour", "--admin", "Basil", "--remove", "Amal")
    assert (said["done"], said["lacking"]) == (False, 1)
    (act,) = harbour.json("dana", "acts", "Harbour")["acts"]
    assert harbour.json("dana", "agree", "Harbour", act["code"])["done"]
    admins = harbour.json("basil", "admins", "Harbour")["admins"]
    assert [one["name"] for one in admins] == ["Basil"]


def test_two_devices_compare_what_the_relay_showed_them(harbour: People) -> None:
    text = harbour.json("amal", "evidence", "Harbour")["text"]
    shown = harbour.type("amal", "evidence", "Harbour")
    assert "taboon:seen:" in shown.out
    told = harbour.json("basil", "evidence", "Harbour", "--compare", "-", given=text)
    assert (told["comparable"], told["parted"], told["proofs"]) == (True, None, [])
    assert told["epoch"] == told["other_epoch"]
    said = harbour.type("basil", "evidence", "Harbour", "--compare", "-", given=text)
    assert "One history" in said.out
    assert harbour.type("basil", "evidence", "Harbour", "--compare", "-", given=text[:-5]).code != 0


def test_two_admins_move_the_group_to_another_relay_and_see_whose_key_it_shows(harbour: People, tmp_path: Path) -> None:
    assert harbour.json("amal", "policy", "Harbour", "--removals", "2", "--changes", "2", "--additions", "2")["done"]
    harbour.json("basil", "sync")
    with RelayProcess(tmp_path / "other") as other:
        wrong = harbour.type("amal", "policy", "Harbour", "--relay", "https://relay.example", "--json")
        assert "lacks the relay's id" in wrong.error["message"]
        moved = harbour.json("amal", "policy", "Harbour", "--relay", other.url)
        assert (moved["done"], moved["lacking"]) == (False, 1)
        (act,) = harbour.json("basil", "acts", "Harbour")["acts"]
        ((rule, after),) = [(one["rule"], one["after"]) for one in act["changes"]]
        assert (rule, after) == ("relays", other.url)
        assert harbour.json("basil", "agree", "Harbour", act["code"])["done"]
        harbour.json("amal", "sync")
        for who in ("amal", "basil"):
            assert harbour.json(who, "policy", "Harbour")["policy"]["relays"] == [other.url.partition("/#")[0]]
