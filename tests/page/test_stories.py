"""What organizers do, as they would click it: two real pages, a real relay, both languages, a phone and a laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page.browsing import NARROW, WIDE, Person

if TYPE_CHECKING:
    from tests.page.conftest import MakePerson
    from tests.relay_process import RelayProcess

PLACE = "Olive street 5, third floor"
BOTH = pytest.mark.parametrize(
    ("code", "sizes"),
    [("en", (NARROW, WIDE)), ("ar", (WIDE, NARROW))],
    ids=["en", "ar"],
)


def meet(layla: Person, basil: Person, relay: str) -> None:
    """Layla opens a group and Basil comes in; the safety codes are the same."""
    if layla.button("Open a group").count() == 0:
        layla.press("Taboon")
    layla.found_group(relay, "Harbour", "Layla")
    theirs = basil.ask_to_join(layla.invite(), "Basil")
    assert layla.let_in() == theirs
    basil.reads("Harbour").click()
    basil.sees("Post a need")
    layla.page.get_by_role("button", name=layla.say("I have read it")).click()
    layla.press("Board")


@BOTH
def test_insulin_is_posted_pledged_released_and_handed_over(
    person: MakePerson, relay: RelayProcess, code: str, sizes: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    layla, basil = person("layla", code=code, size=sizes[0]), person("basil", code=code, size=sizes[1])
    meet(layla, basil, relay.url)
    layla.press("Post a need")
    layla.fill("What is needed, in a few words", "Insulin")
    layla.fill("The exact place", PLACE)
    layla.press("Post it")
    layla.sees("Posted.")
    basil.reads("Insulin").click()
    basil.sees("They are sealed to whoever posted this, the dispatch circle and whoever goes. You cannot open them.")
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    assert PLACE not in basil.page.content()
    layla.press("Release the details to them")
    layla.sees("The details are released to whoever goes.")
    basil.sees("Everybody in the group will see that you opened them.")
    assert PLACE not in basil.page.content()
    basil.press("Open the sealed details")
    basil.reads(PLACE)
    layla.reads(layla.say("%(name)s opened them", name="Basil"))
    basil.press("I have handed it over")
    layla.press("It has arrived")
    layla.sees("Noted: it has arrived.")
