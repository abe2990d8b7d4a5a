"""Posting as a person does it: asked for what matters, shown what looks alike, told who goes and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

POST = ("post", "Harbour", "need")


@pytest.fixture
def amal(people: People, cli_relay: RelayProcess) -> People:
    people.found("amal", cli_relay.url)
    return people


def test_without_a_title_a_person_is_asked_for_what_matters_and_again_after_a_slip(amal: People) -> None:
    amal.json("amal", "areas", "Harbour", "--set", "hill", "--label", "en=The hill")
    about = "Drinking water\nplenty\n20 litre\nat once\nnow\n\nthe sea\nhill\n"
    answers = f"{about}y\nUm Ali\n3 Mill Lane\n\n0599\n\ntank is dry\n"
    done = amal.type("amal", *POST, given=answers, terminal=True)
    assert done.code == 0, done
    assert "--line takes a quantity first" in done.err.replace("\n", " ")
    assert "The group's areas are: hill." in done.err
    [item] = amal.json("amal", "board", "Harbour")["items"]
    assert (item["title"], item["category"], item["urgency"], item["area"]) == (
        "Drinking water",
        "water",
        "now",
        "hill",
    )
    assert (item["lines"][0]["quantity"], item["lines"][0]["unit"]) == (20, "litre")
    assert item["urgency_reason"] == "tank is dry"
    sealed = dict(amal.json("amal", "details", "Harbour", item["code"])["details"])
    assert sealed == {"names": "Um Ali", "place": "3 Mill Lane", "phone": "0599"}


def test_enter_passes_over_every_question_but_the_title(amal: People) -> None:
    done = amal.type("amal", *POST, given="Water\n\n\n\n\n\n", terminal=True)
    assert done.code == 0, done
    assert len(amal.json("amal", "board", "Harbour")["items"]) == 1


def test_a_script_is_asked_nothing_and_told_what_is_missing(amal: People) -> None:
    told = amal.type("amal", *POST, "--json")
    assert told.error["kind"] == "usage"
    assert "--title" in told.error["message"]


def test_a_line_has_a_form_and_a_category_of_its_own_and_a_text_its_language(amal: People) -> None:
    line = ("--line", "2 box: insulin; form: pens; category: chronic", "--line", "1 bag: ice")
    item = amal.json(
        "amal", *POST, "--title", "أنسولين", *line, "--text-language", "ar", "--original", "-", given="بدنا"
    )
    code, posted = item["item"]["code"], item["item"]
    assert [(one["form"], one["category"]) for one in posted["lines"]] == [("pens", "chronic"), ("", "")]
    assert (posted["language"], posted["original"]) == ("ar", "بدنا")
    edited = amal.json("amal", "edit", "Harbour", code, "--line", "3 box", "--text-language", "en")["item"]
    assert (edited["lines"][0]["quantity"], edited["lines"][0]["form"]) == (3, "pens")
    assert edited["language"] == "en"
    assert amal.type("amal", "edit", "Harbour", code, "--text-language", "Arabic").code == 5
    exposed = amal.json("amal", *POST, "--title", "Pens", "--line", "1: pens; form: ask 0599 123 456")["exposed"]
    assert exposed == 1


def test_what_looks_alike_is_asked_about_and_no_posts_nothing(amal: People) -> None:
    first = amal.json("amal", *POST, "--title", "Insulin", "--category", "insulin")["item"]
    again = (*POST, "--title", "insulin", "--category", "insulin")
    done = amal.type("amal", *again, given="n\n", terminal=True)
    assert done.code == 130
    assert f"Looks like #{first['code']}" in done.err
    assert "taboon edit" in done.err
    assert len(amal.json("amal", "board", "Harbour")["items"]) == 1
    assert amal.json("amal", *again)["alike"] == [first["code"]]


def test_who_goes_and_why_is_said_in_both_languages(amal: People) -> None:
    code = amal.json("amal", *POST, "--title", "Bread")["item"]["code"]
    amal.json("amal", "pledge", "Harbour", code)
    [english] = amal.json("amal", "show", "Harbour", code)["item"]["explained"]
    [arabic] = amal.json("amal", "show", "Harbour", code, "--language", "ar")["item"]["explained"]
    assert "goes: nobody else has pledged" in english
    assert "يذهب" in arabic
    assert arabic in amal.type("amal", "show", "Harbour", code, "--language", "ar").out


def test_an_item_lists_what_goes_on_in_it(amal: People) -> None:
    codes = [amal.json("amal", *POST, "--title", title)["item"]["code"] for title in ("Bread", "Loaves")]
    amal.json("amal", "merge", "Harbour", codes[1], codes[0])
    assert amal.json("amal", "show", "Harbour", codes[0])["item"]["merged"] == [codes[1]]
    assert f"#{codes[1]} goes on in this one: Loaves" in amal.type("amal", "show", "Harbour", codes[0]).out


def test_a_number_in_the_open_is_shown_before_it_is_posted_and_no_posts_nothing(amal: People) -> None:
    given = (*POST, "--title", "Bread, call 0599 123 456")
    done = amal.type("amal", *given, given="n\n", terminal=True)
    assert done.code == 130
    assert "Everybody in the group would read: 0599 123 456" in done.err
    assert not amal.json("amal", "board", "Harbour")["items"]
    posted = amal.json("amal", *given)
    assert posted["exposed"] == 1
    changed = amal.type("amal", "edit", "Harbour", posted["item"]["code"], "--note", "at 3 Mill Street", "--yes")
    assert "would read: 3 Mill Street" in changed.err


def test_an_export_says_how_many_did_not_agree_that_anybody_is_told(amal: People) -> None:
    amal.json("amal", *POST, "--title", "Bread", "--for", "neighbour")
    amal.json("amal", *POST, "--title", "Water", "--for", "neighbour", "--agreed", "text")
    told = amal.json("amal", "export", "Harbour", "-", "--as", "csv")
    assert (told["items"], told["left_out"]) == (1, 1)
    assert "Bread" not in told["text"]
    assert "Bread" in amal.json("amal", "export", "Harbour", "-", "--as", "csv", "--readers", "group")["text"]
    assert "1 left out" in amal.type("amal", "export", "Harbour", "-").err


def test_what_is_written_leads_nowhere_else_and_takes_the_place_of_nothing_by_itself(
    amal: People, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    linked, hard, dangling = (tmp_path / name for name in ("linked", "hard", "dangling"))
    linked.symlink_to(other)
    dangling.symlink_to(tmp_path / "nowhere")
    hard.hardlink_to(other)
    commands: tuple[tuple[str, ...], ...] = (
        ("export", "Harbour", "{}"),
        ("paper", "Harbour", "{}"),
        ("stats", "Harbour", "--svg", "{}"),
    )
    for words in commands:
        for place in (linked, hard, dangling):
            refused = amal.type("amal", *(word.format(place) for word in words), "--json")
            assert refused.error["kind"] == "usage", words
    assert other.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    for words, place in zip(commands, (linked, hard, dangling), strict=True):
        amal.json("amal", *(word.format(place) for word in words), "--yes")
        assert not place.is_symlink()
        assert place.stat().st_mode & 0o777 == 0o600
    assert other.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert {one.name for one in tmp_path.iterdir()} >= {"linked", "hard", "dangling", "other"}


@pytest.mark.parametrize("name", ["a\0b", "\0", "../\0"])
def test_a_name_that_no_file_can_have_is_told(amal: People, name: str) -> None:
    for words in (("export", "Harbour", name), ("stats", "Harbour", "--svg", name)):
        assert amal.type("amal", *words, "--json").error["kind"] == "usage"


def test_no_name_that_a_member_chose_becomes_the_name_of_a_file(amal: People, tmp_path: Path) -> None:
    amal.json("amal", *POST, "--title", "../../../etc/passwd", "--category", "../up", "--area", "C:\\CON")
    amal.json("amal", "export", "Harbour", str(tmp_path / "board.csv"), "--as", "csv", "--readers", "group")
    assert [one.name for one in tmp_path.glob("*.csv")] == ["board.csv"]
