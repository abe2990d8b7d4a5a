"""What organizers do, as they would click it: two real pages, a real relay, both languages, a phone and a laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page.browsing import NARROW, WIDE

if TYPE_CHECKING:
    from tests.page.conftest import MakePerson
    from tests.relay_process import RelayProcess

EVERYWHERE = pytest.mark.parametrize(
    ("code", "size"),
    [("en", NARROW), ("ar", NARROW), ("en", WIDE), ("ar", WIDE)],
    ids=["en-360", "ar-360", "en-1280", "ar-1280"],
)


@EVERYWHERE
def test_two_people_meet_and_a_need_is_answered(
    person: MakePerson, relay: RelayProcess, code: str, size: tuple[int, int]
) -> None:
    layla = person("layla", code=code, size=size)
    layla.found_group(relay.url, "Harbour", "Layla")
    basil = person("basil", code=code, size=size)
    theirs = basil.ask_to_join(layla.invite(), "Basil")
    assert layla.let_in() == theirs
    basil.reads("Harbour").click()

    layla.press("Board")
    layla.press("Post a need")
    layla.fill("What is needed, in a few words", "Insulin")
    layla.fill("The exact place", "Olive street 5, third floor")
    layla.press("Post it")
    layla.sees("Posted.")

    basil.reads("Insulin").click()
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    layla.reads("Basil")
    layla.press("Release the details to them")
    basil.press("Open the sealed details")
    basil.reads("Olive street 5, third floor")
    basil.press("I have handed it over")
    layla.press("It has arrived")
    layla.sees("Noted: it has arrived.")
