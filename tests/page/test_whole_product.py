"""What the command line can do can be done on the page, in both languages, with what stands on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from pathlib import Path

    from tests.page.conftest import MakePerson, Neighbours

PLACE = "Olive street 5, third floor"
AGREED = "We tell nobody outside who is here."


def test_somebody_joins_by_a_picture_after_accepting_what_the_group_agrees_on(
    neighbours: Neighbours, person: MakePerson, tmp_path: Path
) -> None:
    layla, _, _ = neighbours
    layla.through_library(lambda group: group.set_agreement(AGREED))
    layla.post("Warm soup", place=PLACE)
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
    sami.reads("Warm soup").click()
    sami.sees("They are sealed to whoever posted this, the dispatch circle and whoever goes. You cannot open them.")
    assert PLACE not in sami.page.content()
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


def test_the_group_asks_its_own_question_and_what_is_answered_is_read(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    code, question = layla.language.code, {"en": "Are there stairs?", "ar": "هل هناك درج؟"}
    layla.goes_to(f"/lists?g={layla.group_code()}")
    layla.open_fold("Ask something with every post …")
    layla.page.locator(f"#question-{code}").fill(question[code])
    layla.page.get_by_label(layla.say("What answers it")).select_option("yes-no")
    layla.press("Ask it")
    layla.sees("Noted for the whole group.")
    basil.press("Post a need")
    basil.page.get_by_label(question[code]).wait_for()
    basil.fill("What is needed, in a few words", "A bed frame")
    basil.page.get_by_label(question[code]).select_option("yes")
    basil.press("Post it")
    basil.sees("Posted.")
    layla.press("Board")
    layla.reads("A bed frame").click()
    layla.page.locator(".facts li", has_text=question[code]).get_by_text(layla.say("yes")).wait_for()
    layla.goes_to(f"/lists?g={layla.group_code()}")
    layla.press("Ask it no longer")
    layla.sees("The group asks nothing of its own.")
    layla.fill("Open ones: days since they were renewed", "45")
    layla.page.locator("form[data-to='/set-keep'] button").click()
    layla.sees("Noted for the whole group.")
    basil.goes_to(f"/lists?g={basil.group_code()}")
    basil.sees("Admins change these.")
    basil.reads(basil.language.number(45))


def test_what_stands_there_twice_is_put_together_and_whoever_helped_is_thanked(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.post("Rice for the kitchen")
    goes_on = layla.page.locator("article p.small span[dir=ltr]").first.inner_text()
    layla.post("Rice, 20 kilos")
    layla.open_fold("It stands there twice …")
    layla.fill("Code of the one that goes on", goes_on)
    layla.press("Put them together")
    layla.sees("It goes on in the other one.")
    layla.press("Open it again")
    layla.sees("It is open again.")
    basil.reads("Rice, 20 kilos").click()
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    layla.open_fold("Say something to a few …")
    layla.fill_starting("Thank %(name)s: nobody else reads it", "You came at night")
    layla.press("Thank them")
    layla.sees("They will read it, and nobody else.")
    basil.page.locator(".sealed", has_text="You came at night").wait_for()
    layla.open_fold("Say something to a few …")
    layla.press("Note it for those who send people out")
    layla.sees("Noted, for those who send people out.")
    layla.page.locator(".sealed", has_text=layla.say("did not come:")).wait_for()
    assert basil.page.locator(".sealed", has_text=basil.say("did not come:")).count() == 0


def test_the_group_votes(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.goes_to(f"/votes?g={layla.group_code()}")
    layla.fill("What is asked", "Shall we meet on Friday?")
    layla.press("Propose it")
    layla.sees("Proposed: who is a member now can vote.")
    for one in (layla, basil):
        one.goes_to(f"/votes?g={one.group_code()}")
        one.reads("Shall we meet on Friday?")
        one.page.locator("form[data-to='/vote'] button", has_text=one.say("yes")).first.click()
        one.sees("Your vote is counted.")
    layla.page.locator("section.panel li", has_text="Basil").wait_for()
    layla.press("Count the votes now")
    layla.sees("Decided: yes.")


def test_two_who_meet_check_each_others_keys(neighbours: Neighbours, tmp_path: Path) -> None:
    layla, basil, _ = neighbours
    for one in (layla, basil):
        one.press("Board")
        one.goes_to(f"/meeting?g={one.group_code()}")
        one.sees("Take theirs")
    picture = tmp_path / "theirs.png"
    segno.make(str(basil.page.locator("#mine").text_content()), error="m").save(str(picture), scale=6)
    layla.page.get_by_label(layla.say("A picture of their code")).set_input_files(picture)
    layla.press("Take it")
    layla.page.locator("#say.good", has_text="Basil").wait_for()
    layla.goes_to(f"/keys?g={layla.group_code()}")
    layla.page.locator("tr", has_text="Basil").get_by_text(layla.say("compared by you")).wait_for()


def test_two_admins_rotate_at_once_and_stay_in_one_group(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.makes_admin("Basil", admin=True)
    for one in (layla, basil):
        one.press("People")
        one.button("Rotate the keys").wait_for()
    for one in (layla, basil):
        one.press("Rotate the keys")
    for one in (layla, basil):
        one.page.locator("#say.good, #say.problem").wait_for()
    basil.post("After both")
    layla.press("Board")
    layla.reads("After both")
    codes = []
    for one in (layla, basil):
        one.goes_to(f"/outbox?g={one.group_code()}")
        one.press("Try now")
        one.sees("Up to date.")
        one.goes_to(f"/meeting?g={one.group_code()}")
        one.sees("Take theirs")
        codes.append(one.safety_code())
    assert codes[0] == codes[1]
    layla.makes_admin("Basil", admin=False)


def test_filters_are_kept_and_the_board_is_saved_as_a_table(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.post("Nappies, small")
    layla.press("Board")
    layla.fill("Search", "Nappies")
    layla.press("Show")
    layla.open_fold("Keep these filters …")
    layla.fill("What this view is called", "For Sami & co")
    layla.press("Keep it")
    layla.sees("Kept on this device.")
    layla.press("Board")
    layla.press("For Sami & co")
    layla.button("Forget this view").wait_for()
    assert layla.page.locator(".card").count() == 1
    layla.press("Forget this view")
    layla.sees("Forgotten.")
    layla.goes_to(f"/export?g={layla.group_code()}")
    with layla.page.expect_download() as saved:
        layla.press("A table (CSV)")
    assert "Nappies, small" in saved.value.path().read_text("utf-8")


def test_a_keyholder_names_other_admins_when_the_only_one_is_gone(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.goes_to(f"/rules?g={layla.group_code()}")
    layla.page.locator("#recovery").fill("1")
    layla.press("Change the rules")
    layla.sees("The rules are changed.")
    # From here on the only admin does nothing.
    basil.goes_to(f"/rules?g={basil.group_code()}")
    form = basil.page.locator("form[data-to='/recover']")
    basil.page.locator("section.panel", has_text=basil.say("If the admins are lost")).get_by_text(
        basil.language.number(1)
    ).first.wait_for()
    assert basil.page.locator("form[data-to='/admins']").count() == 0
    basil.open_fold("The admins are gone: name others …")
    basil.press("Propose it to the other keyholders")
    basil.page.locator("#say.problem").wait_for()
    for name in ("Layla", "Basil"):
        form.locator("[name=admin] + label", has_text=name).click()
    basil.press("Propose it to the other keyholders")
    basil.sees("The group has other admins.")
    basil.page.locator("form[data-to='/admins']").get_by_label("Basil").wait_for()
    assert basil.page.locator("form[data-to='/admins']").get_by_label("Basil").is_checked()
    layla.page.locator("form[data-to='/admins']").get_by_label("Basil").wait_for()
    layla.makes_admin("Basil", admin=False)


def test_the_rules_say_how_many_keyholders_name_other_admins(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.goes_to(f"/rules?g={layla.group_code()}")
    layla.sees("Rules and admins")
    layla.page.locator("#recovery").fill("2")
    layla.press("Change the rules")
    layla.sees("The rules are changed.")
    basil.goes_to(f"/rules?g={basil.group_code()}")
    basil.page.locator("section", has_text=basil.say("If the admins are lost")).get_by_text(
        basil.language.number(2)
    ).first.wait_for()
