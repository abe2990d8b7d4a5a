"""``taboon group create --post-quantum``, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.group.settings import POST_QUANTUM
from taboon_client.joining.link import InvitePayload

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def test_a_post_quantum_group_is_made_joined_and_used_like_any_other(people: People, cli_relay: RelayProcess) -> None:
    people.json("amal", "init")
    made = people.type("amal", "group", "create", "Harbour", "--relay", cli_relay.url, "--as", "Amal", "--post-quantum")
    assert made.code == 0
    assert "It has the post-quantum suite, for good" in made.err
    link = people.json("amal", "invite", "Harbour")["invite"]["link"]
    assert InvitePayload.parse(link).suite == POST_QUANTUM
    people.bring_in("amal", "basil")
    people.json("basil", "post", "Harbour", "need", "--title", "Bread")
    board = people.json("amal", "board", "Harbour")
    assert [item["title"] for item in board["items"]] == ["Bread"]


def test_the_help_says_what_it_costs(people: People) -> None:
    shown = " ".join(people.type("amal", "group", "create", "--help").out.split())
    assert "--post-quantum" in shown
    assert "about 4 KB for each member" in shown
    assert "10 to 20 times larger" in shown
    assert "For good" in shown
