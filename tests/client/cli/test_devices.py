"""A second device as it is typed: linked, listed, confirmed, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def bring(people: People, device: str, link: str) -> None:
    people.json(device, "init")
    people.json(device, "join", "-", "--as", "tablet", given=link)
    (asked,) = people.json("amal", "requests", "Harbour")["requests"]
    assert asked["device_of"]
    shown = people.type("amal", "requests", "Harbour")
    assert "as another device of" in shown.out
    assert people.json("amal", "approve", "Harbour", asked["code"], "--compared")["done"]
    for _ in range(2):
        people.json(device, "sync")


def test_a_second_device_is_linked_confirmed_listed_and_revoked(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    refused = people.type("basil", "device", "link", "Harbour", "--json").error
    assert "--for" in refused["message"]
    name = next(one["name"] for one in people.json("basil", "members", "Harbour")["members"] if one["me"])

    # Amal's own second device: approved by Amal, and so confirmed.
    bring(people, "tablet", people.json("amal", "device", "link", "Harbour")["invite"]["link"])
    devices = people.json("tablet", "device", "list", "Harbour")["devices"]
    said = [(one["first"], one["confirmed"], one["me"]) for one in devices]
    assert said == [(True, True, False), (False, True, True)]
    assert len(people.json("tablet", "members", "Harbour")["members"]) == 2

    # Basil's: an admin makes the link, and Basil confirms.
    bring(people, "laptop", people.json("amal", "device", "link", "Harbour", "--for", name)["invite"]["link"])
    people.json("basil", "sync")
    listed = people.type("basil", "device", "list", "Harbour")
    assert "unconfirmed" in listed.out
    (waiting,) = (one for one in people.json("basil", "device", "list", "Harbour")["devices"] if not one["confirmed"])
    assert people.json("basil", "device", "confirm", "Harbour", waiting["tag"])["done"]
    assert len(people.json("amal", "members", "Harbour")["members"]) == 2
    assert people.json("basil", "device", "revoke", "Harbour", waiting["tag"])["device"] == waiting["tag"]
    people.json("amal", "sync")
    assert len(people.json("amal", "device", "list", "Harbour", name)["devices"]) == 1
    assert people.json("amal", "device", "revoke", "Harbour", devices[1]["tag"])["done"]
