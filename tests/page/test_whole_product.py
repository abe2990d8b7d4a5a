"""What the command line can do can be done on the page, in both languages, with what stands on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from pathlib import Path

    from tests.page.conftest import MakePerson, Neighbours

AGREED = "We tell nobody outside who is here."


def test_somebody_joins_by_a_picture_after_accepting_what_the_group_agrees_on(
    neighbours: Neighbours, person: MakePerson, tmp_path: Path
) -> None:
    layla, _, _ = neighbours
    layla.through_library(lambda group: group.set_agreement(AGREED))
    code = tmp_path / "code.png"
    segno.make(layla.invite(), error="m").save(str(code), scale=6)
    sami = person("sami", code=layla.language.code)
    sami.press("Join a group")
    sami.page.get_by_label(sami.say("Or a picture of its code")).set_input_files(code)
    sami.fill("What you are called there", "Sami")
    sami.press("Ask to join")
    sami.reads(AGREED)
    sami.page.get_by_label(sami.say("I agree to this.")).check()
    sami.page.locator("#shown").get_by_role("button", name=sami.say("Ask to join")).click()
    sami.sees("Waiting to be let in")
    theirs = sami.safety_code()
    assert layla.let_in() == theirs
    sami.reads("Harbour").click()
    sami.sees("Post a need")
    layla.through_library(lambda group: group.set_agreement(""))


def test_an_invite_can_be_ended_and_a_request_taken_back(neighbours: Neighbours, person: MakePerson) -> None:
    layla, _, _ = neighbours
    sami = person("sami", code=layla.language.code)
    sami.ask_to_join(layla.invite(), "Sami")
    sami.press("Take the request back")
    sami.sees("Taken back, and the group is told.")
    layla.invite()
    layla.press("People")
    ends = layla.button("End it")
    ends.first.wait_for()
    while ends.count():
        before = ends.count()
        ends.first.click()
        layla.sees("The invite is ended: nobody is let in with it.")
        layla.page.wait_for_function(
            "n => document.querySelectorAll('form[data-to=\"/revoke\"]').length < n", arg=before
        )
