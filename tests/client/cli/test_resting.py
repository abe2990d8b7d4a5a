"""A rest at the command line: what is held is given back, and no event tells that anybody rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

REST = ("rest", "Harbour", "--offline")


def test_whoever_rests_gives_back_what_they_hold_and_the_others_see_only_that(
    people: People, cli_relay: RelayProcess
) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    codes = [
        people.json("amal", "post", "Harbour", "need", "--title", title)["item"]["code"] for title in ("Milk", "Rice")
    ]
    for code in codes:
        people.json("basil", "pledge", "Harbour", code)
    assert sorted(people.json("basil", *REST)["held"]) == sorted(codes)
    sent = people.json("basil", "rest", "Harbour", "--until", "+3d", "--keep", codes[1], "--yes")
    assert sent["given_back"] == codes[:1]
    assert sent["held"] == codes[1:]
    assert sent["until"] is not None
    # One event alone went out: the pledge that was given back.
    assert sent["sync"]["sent"] == 1
    item = people.json("amal", "show", "Harbour", codes[0])["item"]
    assert [(one["standing"], one["said"]) for one in item["pledges"]] == [("released", "")]
    assert people.json("basil", *REST, "--end")["until"] is None


def test_a_rest_lies_ahead_and_within_a_year(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    for when in ("2020-01-01", "+9000d"):
        refused = people.type("amal", *REST, "--until", when, "--json")
        assert "within a year" in refused.error["message"]
