"""Another device of one's own, and a circle for those who need to know, on the page in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.page.conftest import MakePerson, Neighbours


def test_an_admin_links_another_device_and_takes_it_out_again(neighbours: Neighbours, person: MakePerson) -> None:
    layla, _, _ = neighbours
    layla.press("People")
    layla.reads(layla.say("Your devices")).click()
    layla.press("Make a link")
    layla.sees("Copy the link")
    tablet = person("tablet", code=layla.language.code)
    tablet.ask_to_join(str(layla.page.locator("#link").text_content()), "tablet")
    layla.press("People")
    layla.sees(
        "Once let in and confirmed it reads and speaks as %(name)s. Let it in only if they say themselves "
        "that it is theirs.",
        name="Layla",
    )
    layla.let_in()
    tablet.reads("Harbour").click()
    layla.goes_to(f"/devices?g={layla.group_code()}")
    layla.sees("first device")
    layla.open_fold("Take out …")
    layla.press("Take this device out")
    layla.sees("That device is out. What is said from now on cannot be read with its keys.")


def test_a_circle_is_made_and_somebody_of_the_group_is_let_in(neighbours: Neighbours) -> None:
    layla, basil, _ = neighbours
    harbour = layla.group_code()
    layla.press("People")
    layla.reads(layla.say("Circles")).click()
    layla.fill("What the circle is called", "Medics")
    layla.press("Make the circle")
    layla.sees("The circle is there. Invite those who need to know.")
    link = layla.invite()
    basil.goes_to("/join")
    basil.fill("The invite link that you were given", link)
    basil.fill("What you are called there", "Basil")
    basil.press("Ask to join")
    basil.sees("Waiting to be let in")
    layla.let_in()
    basil.reads("Medics").click()
    basil.page.locator(".tabs a").first.wait_for()
    assert basil.group_code() == layla.group_code() != harbour
    for one in (layla, basil):
        one.goes_to(f"/board?g={harbour}")
        one.page.locator(f".tabs a[data-go*='{harbour}']").first.wait_for()
