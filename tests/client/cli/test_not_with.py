"""Whom not to send: it counts for those who may read it, and the one it is about learns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def matched(people: People, who: str, *words: str) -> list[str]:
    return [one["item"]["title"] for one in people.json(who, "match", "Harbour", *words)["matches"]]


def test_whom_not_to_send_is_recommended_no_longer_and_learns_nothing(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    code = people.json("amal", "post", "Harbour", "need", "--title", "Bread", "--category", "bread")["item"]["code"]
    people.json("basil", "post", "Harbour", "offer", "--title", "Loaves", "--category", "bread")
    # Anybody may say so to those who send people out; it keeps nobody away by itself.
    people.json("basil", "not-with", "Harbour", code, "basil")
    assert matched(people, "amal", code) == ["Loaves"]

    people.json("amal", "not-with", "Harbour", code, "basil", "--reason", "the brother of the one she left")
    assert matched(people, "amal", code) == []
    assert matched(people, "amal", "--member", "basil") == []
    assert matched(people, "basil", "--me") == ["Bread"]
    assert people.json("basil", "notes", "Harbour", code)["notes"] == []
    assert "brother" not in people.type("basil", "show", "Harbour", code).out

    people.json("amal", "not-with", "Harbour", code, "basil", "--lift")
    assert matched(people, "amal", code) == ["Loaves"]


def test_the_hours_in_which_somebody_can_come_are_remembered(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    people.json("amal", "post", "Harbour", "need", "--title", "Bread", "--hours", "18:00-20:00")
    ids = []
    for hours in (("--hours", "19:00-23:00"), (), ("--hours", "mon 08:00-09:00"), ("--hours", "")):
        [match] = people.json("basil", "match", "Harbour", "--me", *hours)["matches"]
        ids.append([one["id"] for one in match["reasons"] if "hours" in one["id"]])
    assert ids == [["same-hours"], ["same-hours"], ["no-hours"], []]
