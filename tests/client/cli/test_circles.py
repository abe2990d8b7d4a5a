"""A circle as it is typed: made, listed, joined, left with the group around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def test_a_circle_is_made_listed_joined_and_left_with_its_group(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    assert people.json("amal", "circle", "list", "Harbour")["circles"] == []
    made = people.json("amal", "circle", "create", "Harbour", "Medics")
    assert made["circle"]["name"] == "Medics"
    link = people.json("amal", "invite", "Medics")["invite"]["link"]
    people.json("basil", "join", "-", "--as", "basil", given=link)
    (asked,) = people.json("amal", "requests", "Medics")["requests"]
    assert people.json("amal", "approve", "Medics", asked["code"], "--compared")["done"]
    for _ in range(2):
        people.json("basil", "sync")
    (listed,) = people.json("basil", "circle", "list", "Harbour")["circles"]
    assert (listed["name"], listed["members"]) == ("Medics", 2)
    assert "Medics" in people.type("amal", "circle", "list", "Harbour").out

    stranger = people.json("amal", "invite", "Medics")["invite"]["link"]
    people.json("nobody", "init")
    refused = people.type("nobody", "join", "-", "--as", "nobody", "--json", given=stranger).error
    assert "Join that group first" in refused["message"]

    name = next(one["name"] for one in people.json("basil", "members", "Harbour")["members"] if one["me"])
    people.json("amal", "remove", "Harbour", name, "--yes")
    for _ in range(2):
        people.json("amal", "sync")
    (left,) = people.json("amal", "circle", "list", "Harbour")["circles"]
    assert left["members"] == 1
