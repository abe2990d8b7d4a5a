"""Looking at a board from the command line: filters, saved views, search, matches, totals, pictures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

NEED = ("post", "Harbour", "need", "--offline", "--title")
OFFER = ("post", "Harbour", "offer", "--offline", "--title")


@pytest.fixture
def board(people: People, cli_relay: RelayProcess) -> People:
    """Amal and Basil, with a small board."""
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    posts = [
        (*NEED, "الخبز للمخيم", "--category", "food", "--area", "Hill", "--urgency", "soon", "--line", "12 loaf"),
        (*NEED, "Insulin", "--category", "med", "--urgency", "now", "--by", "+3h", "--language", "ar"),
        (*NEED, "A ride", "--category", "move", "--needs", "vehicle", "--by", "+3d"),
        (*OFFER, "Bread, ten loaves", "--category", "food", "--area", "hill", "--quantity", "10", "--unit", "loaf"),
    ]  # fmt: skip
    for post in posts:
        people.json("amal" if "need" in post else "basil", *post)
    for _ in range(2):
        for name in ("amal", "basil"):
            people.json(name, "sync", "Harbour")
    return people


def titles(people: People, *words: str, who: str = "amal") -> list[str]:
    """What a command about the board shows, cut to the first word."""
    answer = people.json(who, *words, "--offline")
    return [item["title"].split()[0].strip(",") for item in answer["items"]]


def test_filters_show_what_fits_and_sort_it(board: People) -> None:
    code = board.json("amal", "show", "Harbour", "A ride", "--offline")["item"]["code"]
    board.json("basil", "pledge", "Harbour", code, "--offline")
    look = ("board", "Harbour")
    assert titles(board, *look)[:2] == ["Insulin", "الخبز"]
    assert len(titles(board, *look)) == 4
    assert titles(board, *look, "--kind", "need", "--category", "med", "--category", "غذاء") == [
        "Insulin",
        "الخبز",
    ]
    assert titles(board, *look, "--category", "دواء والصحة") == ["Insulin"]
    assert sorted(titles(board, *look, "--area", "HILL")) == ["Bread", "الخبز"]
    assert titles(board, *look, "--urgency", "now", "--urgency", "soon") == ["Insulin", "الخبز"]
    assert titles(board, *look, "--language", "ar") == ["Insulin"]
    assert titles(board, *look, "--needed-by", "+1d") == ["Insulin"]
    assert titles(board, *look, "--sort", "needed")[:2] == ["Insulin", "A"]
    assert sorted(titles(board, *look, "--mine", who="basil")) == ["A", "Bread"]
    assert titles(board, *look, "--pledged", who="basil") == ["A"]
    assert titles(board, *look, "--open", "--kind", "need", who="basil") == ["Insulin", "الخبز"]
    assert titles(board, *look, "--unanswered", "--kind", "need", who="basil") == ["Insulin", "الخبز"]
    assert titles(board, *look, "--stale") == titles(board, *look, "--due") == []


def test_what_is_closed_is_shown_when_it_is_asked_for(board: People) -> None:
    board.json("amal", "withdraw", "Harbour", "A ride", "--offline", "--yes")
    assert "A" not in titles(board, "board", "Harbour")
    assert "A" in titles(board, "board", "Harbour", "--all")
    assert titles(board, "board", "Harbour", "--status", "withdrawn") == ["A"]
    assert titles(board, "search", "Harbour", "ride") == ["A"]


def test_search_finds_arabic_in_every_spelling_and_categories_in_both_languages(board: People) -> None:
    assert titles(board, "search", "Harbour", "خُبـز") == ["الخبز"]
    assert titles(board, "search", "Harbour", "مخيم", "خبز") == ["الخبز"]
    assert titles(board, "search", "Harbour", "medicine") == ["Insulin"]
    done = board.type("amal", "search", "Harbour", "-", "--offline", given="insu\n")
    assert "Insulin" in done.out
    assert titles(board, "search", "Harbour", "nothing like it") == []


def test_a_view_is_saved_used_listed_and_forgotten_on_one_device_alone(board: People) -> None:
    saved = board.json(
        "amal", "board", "Harbour", "--offline", "--category", "food", "--kind", "need", "--save", "bread "
    )
    assert saved["view"]["name"] == "bread"
    assert saved["view"]["filters"]["kinds"] == ["need"]
    assert titles(board, "board", "Harbour", "--view", "bread") == ["الخبز"]
    # What is given besides is added to it, and what is saved stays as it was.
    assert titles(board, "board", "Harbour", "--view", "bread", "--urgency", "now") == []
    assert titles(board, "board", "Harbour", "--view", "bread") == ["الخبز"]
    assert [one["name"] for one in board.json("amal", "views", "Harbour", "--offline")["views"]] == ["bread"]
    shown = board.type("amal", "views", "Harbour", "--offline").out
    assert "kinds: need" in shown
    assert board.json("basil", "views", "Harbour")["views"] == []
    assert board.json("amal", "views", "Harbour", "--delete", "bread", "--offline")["views"] == []
    for words in (("board", "Harbour", "--view", "bread"), ("views", "Harbour", "--delete", "bread")):
        gone = board.type("amal", *words, "--offline", "--json")
        assert (gone.code, gone.error["kind"]) == (3, "not-found")
    assert board.type("amal", "board", "Harbour", "--offline", "--save", "x" * 65, "--json").error["kind"] == "input"


def test_a_view_is_sent_to_nobody(board: People) -> None:
    before = board.json("amal", "status", "Harbour", "--offline")["groups"][0]["unsent"]
    board.json("amal", "board", "Harbour", "--offline", "--stale", "--save", "asking")
    board.json("amal", "match", "Harbour", "--offline", "--me", "--can", "food")
    assert board.json("amal", "status", "Harbour", "--offline")["groups"][0]["unsent"] == before


def match(people: People, who: str, *words: str) -> list[tuple[str, set[str]]]:
    found = people.json(who, "match", "Harbour", "--offline", *words)["matches"]
    assert all(one["points"] == sum(reason["points"] for reason in one["reasons"]) for one in found)
    return [(one["item"]["title"], {reason["id"] for reason in one["reasons"]}) for one in found]


def test_offers_for_a_need_come_with_their_reasons(board: People) -> None:
    [(title, reasons)] = match(board, "amal", "الخبز")
    assert title == "Bread, ten loaves"
    assert reasons == {"same-category", "part-of-it", "same-area"}
    said = board.type("amal", "match", "Harbour", "الخبز", "--offline").out
    assert "    in the same area: Hill" in said.splitlines()
    assert (
        "    من الفئة نفسها: الغذاء"
        in board.type("amal", "match", "Harbour", "الخبز", "--offline", "--language", "ar").out.splitlines()
    )


def test_an_offer_and_a_member_are_matched_with_needs(board: People) -> None:
    for words in (("Bread, ten",), ("--member", "basil")):
        [(title, reasons)] = match(board, "amal", *words)
        assert title == "الخبز للمخيم"
        assert {"can-do", "same-area"} <= reasons


def test_what_i_can_help_with_is_remembered_on_this_device(board: People) -> None:
    me = ("--me", "--can", "transport", "--skill", "vehicle", "--limit", "2")
    assert match(board, "basil", *me) == [("A ride", {"can-do", "has-skill"})]
    assert match(board, "basil", "--me") == [("A ride", {"can-do", "has-skill"})]
    assert len(match(board, "basil", "--me", "--can", "")) >= 1
    for wrong in (("--can", "food"), ("A ride", "--me"), ()):
        assert board.type("basil", "match", "Harbour", *wrong, "--offline", "--json").error["kind"] == "usage"


def test_coverage_shows_each_line(board: People) -> None:
    board.json("basil", "pledge", "Harbour", "الخبز", "--quantity", "5", "--offline")
    shown = board.type(
        "basil", "board", "Harbour", "--coverage", "--category", "food", "--kind", "need", "--offline"
    ).out
    head, line = shown.splitlines()
    assert head.split() == ["of", "open", "pledged", "going", "handed", "arrived"]
    assert line.split()[1:7] == ["12", "7", "5", "0", "0", "0"]
    assert line.endswith("الخبز للمخيم: loaf")


def test_totals_show_no_small_number_and_are_written_as_pictures(board: People, tmp_path: Path) -> None:
    few = board.json("amal", "stats", "Harbour", "--offline")["numbers"]
    assert few["needs"] is None
    assert all(cell["count"] in (None, 0) for table in few.values() if isinstance(table, list) for cell in table)
    for number in range(8):
        board.json("amal", *NEED, f"Water {number}", "--category", "water" if number < 6 else "power")
    shown = board.type("amal", "stats", "Harbour", "--offline").out
    assert "Needs: 11" in shown
    assert "  Water" in shown
    svg = tmp_path / "report.svg"
    told = board.json("amal", "stats", "Harbour", "--offline", "--language", "ar", "--svg", str(svg))
    assert told["written"] == [str(svg)]
    picture = svg.read_text("utf-8")
    assert "الماء" in picture
    assert not any(name in picture for name in ("Harbour", "amal", "basil", "Water 1"))


def test_a_picture_that_cannot_be_written_or_drawn_says_so(
    board: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = ("stats", "Harbour", "--offline", "--json")
    assert board.type("amal", *stats, "--svg", str(tmp_path / "no" / "x.svg")).error["kind"] == "usage"
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    done = board.type("amal", *stats, "--png", str(tmp_path / "x.png"), "--svg", str(tmp_path / "x.svg"))
    assert done.code == 9
    assert done.error["kind"] == "not-installed"
    assert not (tmp_path / "x.svg").exists()


def test_at_eighty_columns_no_line_is_longer_in_either_direction(
    board: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    long: dict[str, Any] = {
        "en": "Blankets for the families at the school " * 3,
        "ar": "بطانيات للعائلات في المدرسة " * 4,
    }
    for title in long.values():
        board.json("amal", *NEED, title[:140], "--urgency", "whenever", "--quantity", "120")
    for words in (("board", "Harbour"), ("board", "Harbour", "--coverage"), ("search", "Harbour", "blankets")):
        done = board.type("amal", *words, "--offline", terminal=True)
        assert done.code == 0
        lines = done.out.splitlines()
        assert lines
        assert all(cell_len(line) <= 80 for line in lines), lines
        assert any("Blankets" in line for line in lines)
