"""What machines get: one object a line, of the shapes and exit codes that docs/cli.md describes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client import errors
from taboon_client.board import Status
from taboon_client.board.kinds import URGENCIES
from taboon_client.board.openings import OPENING_KINDS
from taboon_client.cli.exits import Exit, exit_for
from taboon_client.cli.fields import Urgency
from taboon_client.cli.items import Kind, StatusName
from taboon_client.cli.looking import Sort
from taboon_client.intake.table import BadSheetError
from taboon_client.views.filters import Order

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, Any] = {
    name: json.loads(text) for name, text in re.findall(r"```json (\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
}


def shape(value: object) -> object:
    """The keys of a value, all the way down; of an array, those of its first entry."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape(value[0])]
    return None


def is_like(name: str, value: object) -> None:
    assert shape(value) == shape(EXAMPLES[name])


def test_every_answer_has_the_documented_shape(people: People, cli_relay: RelayProcess) -> None:
    assert set(people.json("amal", "init")) == {"vault"}
    made = people.json("amal", "group", "create", "Harbour", "--relay", cli_relay.url, "--as", "Amal")
    assert set(made) == {"group"}
    is_like("group", made["group"])

    people.json("basil", "init")
    invited = people.json("amal", "invite", "Harbour")
    assert set(invited) == {"group", "invite", "sync"}
    is_like("invite", invited["invite"])
    is_like("sync", invited["sync"])
    joined = people.json("basil", "join", "-", "--as", "Basil", given=invited["invite"]["link"])
    assert set(joined) == {"joining"}
    is_like("joining", joined["joining"])
    asked = people.json("amal", "requests", "Harbour")
    assert set(asked) == {"group", "requests", "returns", "invites", "sync"}
    is_like("request", asked["requests"][0])
    assert asked["requests"][0]["safety_code"] == joined["joining"]["safety_code"]
    approved = people.json("amal", "approve", "Harbour", "Basil")
    assert set(approved) == {"group", "done", "request", "sync"}
    assert approved["done"] is True
    groups = people.json("basil", "groups")
    assert set(groups) == {"groups", "joinings", "offline"}
    is_like("status", groups["groups"][0])
    members = people.json("basil", "members", "Harbour")
    assert set(members) == {"group", "members", "sync"}
    is_like("member", members["members"][0])

    water = ("post", "Harbour", "need", "--title", "Water", "--quantity", "60", "--unit", "litre")
    posted = people.json("amal", *water)
    assert set(posted) == {"group", "item", "alike", "exposed", "asks", "sync"}
    code = posted["item"]["code"]
    people.json("basil", "pledge", "Harbour", code, "--quantity", "40")
    is_like("item", people.json("basil", "comment", "Harbour", code, "at the gate")["item"])
    shown = people.json("basil", "show", "Harbour", code)["item"]
    assert [shown.pop(key) for key in ("merged", "overtaken")] == [[], []]
    assert shown.pop("explained")
    is_like("item", shown)
    released = people.json("basil", "release", "Harbour", code)["item"]["pledges"]
    assert [(one["standing"], one["taken"]) for one in released] == [("released", [])]
    pledged = people.json("basil", "pledge", "Harbour", code)["item"]["pledges"]
    assert [(one["standing"], one["author"]["me"]) for one in pledged] == [("primary", True), ("released", True)]
    board = people.json("amal", "board", "Harbour")
    assert set(board) == {"group", "items", "sync"}
    is_like("item", board["items"][0])
    people.json("basil", "deliver", "Harbour", code)
    assert people.json("amal", "confirm", "Harbour", code)["item"]["status"] == "done"
    assert people.json("amal", "withdraw", "Harbour", code)["item"]["status"] == "withdrawn"

    imported = people.json("amal", "import", "Harbour", "-", given="message\nBread\n")
    assert {key: imported[key] for key in ("rows", "posted", "known")} == {"rows": 1, "posted": 1, "known": 0}
    synced = people.json("basil", "sync", "Harbour")
    assert set(synced) == {"reports", "boards"}
    is_like("report", synced["reports"][0])
    assert synced["reports"][0]["received"] > 0
    is_like("report", people.json("basil", "sync")["reports"][0])
    rotated = people.json("amal", "rotate", "Harbour")
    assert set(rotated) == {"group", "done", "epoch", "sync"}
    removed = people.json("amal", "remove", "Harbour", "Basil")
    assert set(removed) == {"group", "done", "member", "removal", "sync"}
    status = people.json("basil", "status", "Harbour")
    assert set(status) == {"groups", "offline", "sync"}
    is_like("status", status["groups"][0])
    assert status["groups"][0]["state"] == "removed"


def test_an_error_is_one_object_with_the_exit_code(people: People, cli_relay: RelayProcess) -> None:
    assert people.type("amal", "groups", "--json").error["kind"] == "vault"
    people.found("amal", cli_relay.url)
    people.json("amal", "group", "create", "Hill", "--relay", cli_relay.url)
    ambiguous = people.type("amal", "board", "H", "--json").error
    assert ambiguous["kind"] == "not-found"
    assert len(ambiguous["choices"]) == 2
    assert people.type("amal", "join", "-", "--json", given="nonsense").error["kind"] == "input"
    assert people.type("amal", "import", "Harbour", "-", "--json", given="x\n").error["kind"] == "input"
    assert people.type("amal", "sync", "--offline", "--json").error["kind"] == "usage"


def test_numbers_of_the_shown_answer_and_of_json_agree(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("amal", "post", "Harbour", "need", "--title", "Water", "--quantity", "60")
    code = people.json("amal", "board", "Harbour", "--offline")["items"][0]["code"]
    assert f"#{code}" in people.type("amal", "board", "Harbour", "--offline").out


def test_exit_codes_are_those_of_the_document() -> None:
    table = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", DOCUMENT, re.MULTILINE)
    assert table == [(str(int(code)), code.kind) for code in Exit]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFoundError("item", "x"), Exit.NOT_FOUND),
        (errors.AmbiguousError("x", ()), Exit.NOT_FOUND),
        (errors.WrongPassphraseError("x"), Exit.VAULT),
        (errors.DiskFullError("x"), Exit.VAULT),
        (errors.RelayUnreachableError("x"), Exit.RELAY),
        (errors.RelayKeyError("x"), Exit.RELAY),
        (errors.RelayAddressError("x"), Exit.INPUT),
        (errors.NotAllowedError("x"), Exit.NOT_ALLOWED),
        (errors.GroupStoppedError("x"), Exit.GROUP_STOPPED),
        (errors.BadLinkError("x"), Exit.INPUT),
        (errors.InviteEndedError("x"), Exit.INPUT),
        (errors.FieldError("title", "x"), Exit.INPUT),
        (BadSheetError([(1, "x")]), Exit.INPUT),
    ],
)
def test_every_kind_of_failure_has_its_exit_code(error: errors.TaboonError, code: Exit) -> None:
    assert exit_for(error) is code


def test_the_choices_that_commands_offer_are_those_of_the_board() -> None:
    assert [one.value for one in StatusName] == [one.value for one in Status]
    assert tuple(one.value for one in Urgency) == URGENCIES
    assert [one.value for one in Sort] == [one.value for one in Order]
    assert [one.value for one in Kind] == [kind.kind for kind in OPENING_KINDS]
