"""What used to be done at the command line alone: on the page in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.page.conftest import Neighbours


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
