"""What used to be done at the command line alone: on the page in both languages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from taboon_client.board import Line, Need
from taboon_client.board.fields import Consent, Hours, Household
from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.blocking import Group
    from taboon_client.board import Item
    from tests.page.conftest import MakePerson, Neighbours

DAY = 86_400


def test_two_compare_what_the_relay_has_shown_them(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    for one in (layla, basil):
        one.goes_to(f"/evidence?g={one.group_code()}")
        one.sees("What this device was shown")
    layla.fill("What their device shows", "not what a device shows")
    layla.press("Compare")
    layla.page.locator("#say.problem").wait_for()
    layla.fill("What their device shows", str(basil.page.locator("#mine").text_content()))
    layla.press("Compare")
    layla.page.locator("#shown .strip:not(.problem)").wait_for()


def test_a_change_of_one_field_leaves_all_others_as_they_were(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    tomorrow = int(time.time()) // 60 * 60 + DAY + 17
    rich = Need(
        title="Dialysis ride",
        created=0,
        note="Both ways.",
        category="med",
        tags=("ride", "clinic"),
        lines=(Line(quantity=2, unit="ride", name="there", form="car", people=3), Line(quantity=5, unit="mask")),
        urgency="soon",
        needed_by=tomorrow,
        not_before=tomorrow - 7_200,
        safe_hours=(Hours(start=540, end=1_440, days=(0, 3)), Hours(start=60, end=120)),
        area="Hill",
        household=Household(size="2-3", elder=True),
        for_whom="neighbour",
        consent=Consent(asked=True, by="Um Sami", audience="neighbours"),
        languages=("ar", "hy"),
        interpreter=True,
        helper_needs=("vehicle", "wheelchair"),
        risk="careful",
        heavy=True,
        repeat="FREQ=WEEKLY;BYDAY=MO,TH",
        first="2026-11-23",
    )
    found: list[Item] = []
    layla.through_library(lambda group: found.append(group.post(rich)))
    layla.goes_to(f"/change?g={layla.group_code()}&i={found[0].id.hex()}")
    layla.fill("What is needed, in a few words", "Ride to the clinic")
    layla.open_fold("Further things")
    layla.page.locator("#quantity-2").fill("7")
    layla.page.locator("#what-2").fill("blankets")
    layla.press("Save the changes")
    layla.sees("Changed.")
    layla.through_library(lambda group: found.append(group.item(found[0].id)))
    before, after = (msgspec.structs.asdict(one) for one in found)
    assert [(line.quantity, line.name) for line in found[1].lines] == [(2, "there"), (5, ""), (7, "blankets")]
    assert found[1].lines[:2] == found[0].lines
    assert found[1].title == "Ride to the clinic"
    changed = {"title", "lines", "latest", "depth", "events", "renewal", "renewed"}
    assert {name for name in before if before[name] != after[name]} <= changed
    layla.reads("Hill")
    layla.page.locator("strong", has_text=layla.language.weekdays[3]).wait_for()


def test_of_what_comes_again_one_day_is_pledged_handed_over_and_another_given_back(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    today = time.strftime("%Y-%m-%d")

    def post(group: Group) -> None:
        group.post(Need(title="Soup on the hill", created=0, repeat="FREQ=DAILY", first=today))

    layla.through_library(post)
    basil.reads("Soup on the hill").click()
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    basil.page.locator("#day-deliver").select_option(today)
    basil.press("I have handed it over")
    basil.sees("Noted: you have handed it over.")
    tomorrow = time.strftime("%Y-%m-%d", time.localtime(time.time() + DAY))
    basil.page.locator("#day-release").select_option(tomorrow)
    basil.press("I cannot on that day")
    basil.sees("You have given it back. Nobody needs a reason.")
    layla.press("Board")
    layla.reads("Soup on the hill").click()
    layla.page.locator("#day-confirm").select_option(today)
    layla.press("It has arrived")
    layla.sees("Noted: it has arrived.")


def test_a_need_is_paused_until_a_day_that_everybody_sees(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.post("Bricks")
    until = int(time.time()) // 60 * 60 + 3 * DAY
    layla.open_fold("Pause it …")
    layla.fill("Until when; empty: until you say more", time.strftime("%Y-%m-%dT%H:%M", time.localtime(until)))
    layla.press("Pause it")
    layla.sees("It is paused.")
    basil.reads("Bricks").click()
    basil.sees("Until %(when)s.", when=basil.language.moment(until))


def test_somebody_says_what_they_can_help_with_and_sees_which_need_fits_and_why(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.through_library(lambda group: group.post(Need(title="Tooth ache", created=0, category="med", area="Mill")))
    basil.press("Board")
    basil.reads("Tooth ache")
    basil.goes_to(f"/fits?g={basil.group_code()}")
    basil.fill("Other areas, with commas between", "Mill, Hill")
    basil.page.locator("#helping button").click()
    basil.sees("Kept on this device.")
    card = basil.page.locator(".card", has_text="Tooth ache")
    card.locator("li", has_text="Mill").first.wait_for()
    assert layla.page.locator(".card", has_text="Mill, Hill").count() == 0


def test_rows_of_a_sheet_are_typed_in_and_typing_them_again_posts_nothing_twice(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    for posted, known in ((2, 0), (0, 2)):
        layla.goes_to(f"/enter-rows?g={layla.group_code()}")
        layla.fill("The rows", "n 3 - 1 20litre Water for the school\nwater\n")
        layla.press("Look at it first")
        layla.page.locator("#say.problem", has_text=layla.language.number(2)).wait_for()
        layla.fill("The rows", "n 3 - 1 20litre Water for the school\no - - - - A ladder\n")
        layla.press("Look at it first")
        layla.press("Post what is ticked")
        number = layla.language.number
        layla.sees("Posted: %(posted)s. Already there: %(known)s.", posted=number(posted), known=number(known))
    assert layla.page.locator(".card", has_text="A ladder").count() == 1


def test_all_members_are_admins_until_some_are_named_again(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    layla.goes_to(f"/rules?g={layla.group_code()}")
    layla.open_fold("All of you …")
    layla.press("Make all members admins")
    layla.sees("The admins are changed.")
    basil.goes_to(f"/rules?g={basil.group_code()}")
    basil.sees("All members are admins.")
    basil.page.locator("form[data-to='/everyone-admin']").get_by_label("Layla").check()
    basil.page.locator("form[data-to='/everyone-admin']").get_by_label("Basil").uncheck()
    basil.press("Only those who are ticked")
    basil.sees("The admins are changed.")
    layla.page.locator("form[data-to='/admins']").get_by_label("Basil").wait_for()
    assert not layla.page.locator("form[data-to='/admins']").get_by_label("Basil").is_checked()


def test_the_check_of_a_key_is_taken_back(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.goes_to(f"/keys?g={layla.group_code()}")
    layla.page.locator("summary", has_text="Basil").click()
    layla.press("I know in person that this is their key")
    layla.sees("Noted on this device.")
    row = layla.page.locator("tr", has_text="Basil")
    row.get_by_text(layla.say("compared by you")).wait_for()
    layla.page.locator("summary", has_text="Basil").click()
    layla.press("I am not sure of their key any more")
    row.get_by_text(layla.say("compared by you")).wait_for(state="detached")


def test_an_admin_sees_the_devices_of_a_member_and_makes_a_link_for_them(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.press("People")
    layla.page.locator(".people li", has_text="Basil").get_by_role("link").click()
    layla.sees("first device")
    layla.press("Make a link")
    layla.sees("Copy the link")


def test_without_internet_a_group_goes_on_at_a_relay_in_the_place_and_comes_home(
    neighbours: Neighbours, tmp_path: Path
) -> None:
    layla, basil, home = neighbours
    home.kill()
    with RelayProcess(tmp_path / "popup") as popup:
        for one in (layla, basil):
            one.goes_to(f"/popup?g={one.group_code()}")
            one.fill("Address of the pop-up relay", popup.url)
            one.press("Go on there")
            one.page.locator("#say.good").wait_for()
        title = f"Lamps for the cellar, {layla.language.code}"
        layla.post(title)
        basil.press("Board")
        basil.reads(title)
        home.start()
        for one in (layla, basil):
            one.goes_to(f"/popup?g={one.group_code()}")
            one.press("Use it no more")
            one.sees("The pop-up relay is asked no more. What was said there comes home with the next sync.")
    layla.goes_to(f"/outbox?g={layla.group_code()}")
    layla.press("Try now")
    layla.sees("Up to date.")


def test_nobody_goes_on_alone_while_the_others_are_there(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.goes_to(f"/away?g={layla.group_code()}")
    layla.page.get_by_label(layla.say("Really nobody was there meanwhile.")).check()
    layla.press("Go on from here")
    layla.page.locator("#say.problem").wait_for()


def test_somebody_says_what_the_columns_of_a_strange_sheet_are(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    layla.goes_to(f"/import?g={layla.group_code()}")
    sheet = "Xyz,Who to find,Zahl\nCooking pots,Um Rami,4\nTent pegs,Abu Nur,30\n"
    layla.fill("Or paste the text", sheet)
    layla.press("Look at it first")
    layla.open_fold("What the columns of the sheet are …")
    for at, field in enumerate(("title", "names", "quantity")):
        layla.page.locator(f"#column-{at}").select_option(field)
    layla.press("Look again")
    layla.page.locator(".check", has_text="Cooking pots").locator(".chip", has_text="Um Rami").wait_for()
    layla.page.get_by_label("Cooking pots").check()
    layla.press("Post what is ticked")
    card = layla.page.locator(".card", has_text="Cooking pots")
    card.get_by_text(layla.language.number(4)).first.wait_for()
    assert "Um Rami" not in layla.page.content()


def test_a_group_is_opened_at_a_relay_that_asks_for_a_pass(person: MakePerson, tmp_path: Path) -> None:
    layla = person("layla", code="ar")
    passes = tmp_path / "passes"
    passes.write_text("olive-press\nnew-press\n", encoding="utf-8")
    with RelayProcess(tmp_path / "relay", extra_args=["--pass-file", str(passes)]) as relay:
        layla.goes_to("/new-group")
        layla.fill("What the group is called", "Kitchen")
        layla.fill("What you are called there", "Layla")
        layla.fill("Address of the relay", relay.url)
        layla.press("Open the group")
        layla.page.locator("#say.problem").wait_for()
        layla.open_fold("More")
        layla.fill("The relay's pass, if it asks for one", "olive-press")
        layla.press("Open the group")
        layla.sees("Post a need")
        layla.goes_to(f"/rules?g={layla.group_code()}")
        layla.open_fold("The relay's pass …")
        layla.fill("The pass from now on", "new-press")
        layla.press("Change the pass")
        layla.sees("The relay's pass is changed.")
        # The group moves away from it.
        with RelayProcess(tmp_path / "other") as other:
            layla.open_fold("Move to another relay …")
            layla.fill("Address of the relay", other.url)
            layla.press("Move the group")
            layla.sees("The group has moved to another relay.")
        assert "new-press" not in layla.page.content()
