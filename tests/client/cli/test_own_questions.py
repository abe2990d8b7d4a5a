"""The group's own questions on the command line: after which answer, what is missing, what is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

ASK = ("questions", "Harbour", "--ask")
POST = ("post", "Harbour", "need", "--title", "A bed")


@pytest.fixture
def amal(people: People, cli_relay: RelayProcess) -> People:
    people.found("amal", cli_relay.url)
    people.json("amal", *ASK, "stairs", "--type", "yes-no", "--label", "en=Are there stairs?")
    floor = ("floor", "--type", "number", "--required", "--only-if", "stairs=yes", "--label", "en=Which floor?")
    people.json("amal", *ASK, *floor)
    people.json("amal", *ASK, "ill", "--sealed", "--label", "en=What do they have?", "--label", "ar=ما بهم؟")
    return people


def test_a_question_is_missed_only_after_the_answer_that_it_hangs_on(amal: People) -> None:
    assert amal.json("amal", *POST)["asks"] == []
    assert amal.json("amal", *POST, "--answer", "stairs=no")["asks"] == []
    assert amal.json("amal", *POST, "--answer", "stairs=yes")["asks"] == ["answers.floor"]
    assert amal.json("amal", *POST, "--answer", "stairs=yes", "--answer", "floor=3")["asks"] == []
    done = amal.type("amal", *POST, "--answer", "stairs=yes")
    assert "--answer floor=…”): Which floor?" in " ".join(done.err.split())


def test_a_person_is_asked_again_until_the_answer_fits_and_enter_passes_it_over(amal: People) -> None:
    typed = (*POST, "--answer", "stairs=yes")
    done = amal.type("amal", *typed, given="high up\n3\n", terminal=True)
    assert done.code == 0, done
    assert "The answer to floor is a number." in done.err
    [item] = amal.json("amal", "board", "Harbour")["items"]
    assert [one["value"] for one in item["answers"]] == [True, 3]
    assert amal.type("amal", *typed, "--yes", given="\n", terminal=True).code == 0


def test_a_sealed_answer_is_in_the_details_and_nowhere_else(amal: People) -> None:
    answers = ("--answer", "ill=asthma", "--answer", "stairs=no")
    posted = amal.json("amal", *POST, *answers, "--details", "-", given="names: Um Ali")
    code = posted["item"]["code"]
    assert [one["value"] for one in posted["item"]["answers"]] == [False]
    assert "asthma" not in amal.type("amal", "show", "Harbour", code).out
    told = amal.json("amal", "details", "Harbour", code)["details"]
    assert told == [["names", "Um Ali"], ["answer ill", "asthma"]]
    shown = amal.type("amal", "details", "Harbour", code).out
    assert "the group asks: What do they have?\nanswer ill: asthma" in shown


def test_an_edit_answers_again_and_leaves_the_other_answers(amal: People) -> None:
    code = amal.json("amal", *POST, "--answer", "ill=asthma", "--answer", "stairs=yes")["item"]["code"]
    edit = ("edit", "Harbour", code, "--answer")
    changed = amal.json("amal", *edit, "floor=2")["item"]
    assert [one["value"] for one in changed["answers"]] == [True, 2]
    amal.json("amal", *edit, "ill=diabetes")
    assert amal.json("amal", "details", "Harbour", code)["details"] == [["answer ill", "diabetes"]]
    amal.json("amal", "change-details", "Harbour", code, "-", given="names: Um Ali")
    assert amal.json("amal", "details", "Harbour", code)["details"] == [["names", "Um Ali"], ["answer ill", "diabetes"]]
    amal.json("amal", "change-details", "Harbour", code, "-", given="answer ill: nothing any more")
    assert amal.json("amal", "details", "Harbour", code)["details"] == [["answer ill", "nothing any more"]]


def test_what_is_sealed_stays_so_when_it_is_asked_in_other_words_or_anew(amal: People) -> None:
    for more in (("--label", "en=What ails them?"), ("--stop",), ("--label", "en=How are they?")):
        amal.json("amal", *ASK, "ill", *more)
    told = {one["code"]: one for one in amal.json("amal", "questions", "Harbour")["questions"]}
    assert told["ill"]["sealed"] is True
    assert told["floor"]["only_if"] == {"code": "stairs", "value": "yes"}
    assert told["floor"]["required"] is True
    assert "(only if stairs=yes)" in " ".join(amal.type("amal", "questions", "Harbour").out.split())
    amal.json("amal", *ASK, "floor", "--only-if", "-", "--optional")
    told = {one["code"]: one for one in amal.json("amal", "questions", "Harbour")["questions"]}
    assert (told["floor"]["only_if"], told["floor"]["required"]) == (None, False)


def test_a_condition_that_is_none_is_told_with_an_example(amal: People) -> None:
    for condition in ("stairs", "lift=yes", "stairs=often"):
        assert amal.type("amal", *ASK, "lift", "--label", "en=Is there a lift?", "--only-if", condition).code != 0
    assert len(amal.json("amal", "questions", "Harbour")["questions"]) == 3
