"""What a person is asked, and what is never asked of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def test_a_removal_is_asked_about_and_no_means_no(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    for answer in ("n\n", "\n", "nonsense\n"):
        done = people.type("amal", "remove", "Harbour", "basil", given=answer, terminal=True)
        assert done.code == 130
        assert "Nothing was done." in done.err
    assert len(people.json("amal", "members", "Harbour")["members"]) == 2
    assert people.type("amal", "remove", "Harbour", "basil", given="y\n", terminal=True).code == 0
    assert len(people.json("amal", "members", "Harbour")["members"]) == 1


def test_an_approval_shows_the_safety_code_and_asks_whether_it_was_compared(
    people: People, cli_relay: RelayProcess
) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    words = people.json("basil", "join", "-", "--as", "Basil", given=link)["joining"]["safety_code"]["words"]
    done = people.type("amal", "approve", "Harbour", "Basil", given="n\n", terminal=True)
    assert done.code == 130
    assert " ".join(words) in done.out
    assert people.json("basil", "groups")["groups"] == []
    assert people.type("amal", "approve", "Harbour", "Basil", "--yes", terminal=True).code == 0
    assert len(people.json("basil", "groups")["groups"]) == 1


def test_closing_an_item_is_asked_about(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("amal", "post", "Harbour", "need", "--title", "Water")
    assert people.type("amal", "withdraw", "Harbour", "Water", given="n\n", terminal=True).code == 130
    assert people.json("amal", "show", "Harbour", "Water")["item"]["status"] == "open"
    assert people.type("amal", "withdraw", "Harbour", "Water", given="yes\n", terminal=True).code == 0


def test_a_person_is_asked_for_a_name_and_a_script_gets_one_that_says_nothing(
    people: People, cli_relay: RelayProcess
) -> None:
    people.json("amal", "init")
    create = ("group", "create")
    done = people.type("amal", *create, "One", "--relay", cli_relay.url, given="Amal\n", terminal=True)
    assert done.code == 0
    people.json("amal", *create, "Two", "--relay", cli_relay.url)
    assert people.json("amal", "members", "One")["members"][0]["name"] == "Amal"
    assert people.json("amal", "members", "Two")["members"][0]["name"] == "neighbour"


def test_the_end_of_input_at_a_question_stops_without_harm(people: People, cli_relay: RelayProcess) -> None:
    people.json("amal", "init")
    done = people.type("amal", "group", "create", "One", "--relay", cli_relay.url, given="", terminal=True)
    assert done.code == 130
    assert people.json("amal", "groups")["groups"] == []


def test_a_link_that_was_broken_on_the_way_is_joined_again(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    given = f"  {link[:70]}\r\n{link[70:140]}\n {link[140:]}\n\n"
    assert people.json("basil", "join", "-", "--as", "Basil", given=given)["joining"]["state"] == "waiting"


def test_a_link_in_the_command_line_is_pointed_out(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("basil", "init")
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    done = people.type("basil", "join", link, "--as", "Basil")
    assert done.code == 0
    assert "history" in done.err
    assert link not in done.out + done.err
