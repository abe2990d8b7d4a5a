"""Render every screen of the local page in both languages and two widths into `docs/screenshots`.

    python scripts/screenshots.py

A real relay, two real pages, the machine's own Chromium. What stands on the board is made up.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

_venv.require_python()

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.page.browsing import Person
    from tests.relay_process import RelayProcess

    from taboon_client.blocking import Group

_FOLDER = _venv.ROOT / "docs" / "screenshots"
_GROUP = {"en": "Harbour neighbours", "ar": "جيران الميناء"}
_NAMES = {"en": ("Layla", "Basil"), "ar": ("ليلى", "باسل")}
# Kind, title, category, sub-category, quantity, unit, urgency, area, note.
_BOARD = {
    "en": (
        ("need", "Insulin for two people", "med", "chronic", 4, "vial", "now", "Old market", "Both have one day left."),
        ("need", "Drinking water", "water", "drinking", 60, "litre", "soon", "Hill", ""),
        ("need", "Somebody to visit an old man on Fridays", "mind", "visit", 1, "", "week", "Mill lane", ""),
        ("offer", "A van, most evenings", "move", "deliver", 1, "", "", "Harbour", "Up to eight boxes."),
        ("need", "Baby formula, first stage", "food", "infant", 6, "tin", "now", "School", ""),
        ("loan", "A generator for a night", "power", "charge", 1, "", "", "Harbour", ""),
        ("offer", "Bread from the morning oven", "food", "bread", 40, "loaf", "", "Hill", "Come before nine."),
        ("need", "Blankets", "shelter", "bedding", 12, "", "week", "School", ""),
    ),
    "ar": (
        ("need", "إنسولين لشخصين", "med", "chronic", 4, "قارورة", "now", "السوق القديم", "بقي لكل منهما يوم واحد."),
        ("need", "مياه شرب", "water", "drinking", 60, "لتر", "soon", "التلة", ""),
        ("need", "من يزور رجلًا مسنًّا أيام الجمعة", "mind", "visit", 1, "", "week", "حارة الطاحونة", ""),
        ("offer", "سيارة نقل، معظم المساءات", "move", "deliver", 1, "", "", "الميناء", "تتسع لثمانية صناديق."),
        ("need", "حليب أطفال، المرحلة الأولى", "food", "infant", 6, "علبة", "now", "المدرسة", ""),
        ("loan", "مولّد كهرباء لليلة", "power", "charge", 1, "", "", "الميناء", ""),
        ("offer", "خبز من فرن الصباح", "food", "bread", 40, "رغيف", "", "التلة", "قبل التاسعة."),
        ("need", "بطانيات", "shelter", "bedding", 12, "", "week", "المدرسة", ""),
    ),
}
_ROWS = {
    "en": "n 3 - 1 20litre Water for the school\no 2 - - - Bread in the morning",
    "ar": "n 3 - 1 20لتر ماء للمدرسة\no 2 - - - خبز في الصباح",
}


def main() -> int:
    """Draw them all; return 0."""
    _venv.prepare("-e", ".[relay]", "--group", "dev")
    from playwright.sync_api import sync_playwright
    from tests.page.browsing import NARROW, WIDE, start_browser
    from tests.relay_process import RelayProcess

    folder = Path(tempfile.mkdtemp(prefix="taboon-"))
    _FOLDER.mkdir(exist_ok=True)
    try:
        for code in ("en", "ar"):
            with RelayProcess(folder / f"relay-{code}") as relay, sync_playwright() as playwright:
                browser = start_browser(playwright)
                _walk(browser, relay, folder / code, code, {"360": NARROW, "1280": WIDE})
                browser.close()
    finally:
        shutil.rmtree(folder)
    return 0


def _walk(
    browser: "Browser", relay: "RelayProcess", folder: Path, code: str, sizes: dict[str, tuple[int, int]]
) -> None:
    from tests.page.browsing import Person

    me, other = _NAMES[code]
    layla = Person(browser, folder / "layla", code=code)
    basil = Person(browser, folder / "basil", code=code)

    def draw(name: str, person: Person = layla) -> None:
        for width, size in sizes.items():
            person.page.set_viewport_size({"width": size[0], "height": size[1]})
            person.page.screenshot(path=_FOLDER / f"{name}-{code}-{width}.png", full_page=True)

    layla.sees("Make the vault")
    layla.press("Make a passphrase for me")
    layla.sees("Write these words down, in this order. They are shown only now.")
    draw("make-the-vault")
    layla.make_vault()
    basil.make_vault()
    draw("first-hour")
    layla.found_group(relay.url, _GROUP[code], me)
    link = layla.invite()
    draw("invite")
    basil.ask_to_join(link, other)
    draw("waiting", basil)
    layla.press("People")
    layla.sees("We have compared it, and it is the same.")
    layla.open_fold("The same code in other ways")
    draw("safety-code")
    layla.let_in()
    basil.reads(_GROUP[code]).click()
    layla.page.get_by_role("button", name=layla.say("I have read it")).click()
    layla.press("Board")
    layla.sees("Post a need")
    layla.through_library(lambda group: _fill(group, code))
    layla.reads(_BOARD[code][0][1])
    basil.reads(_BOARD[code][1][1]).click()
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    basil.fill("Say something about it", "At six, by the gate" if code == "en" else "في السادسة، عند البوابة")
    basil.press("Say it")
    basil.sees("Said.")
    layla.reads(other)
    draw("board")
    layla.reads(_BOARD[code][1][1]).click()
    layla.sees("Release the details to them")
    draw("item")
    layla.press("Post")
    layla.sees("Post it")
    draw("post")
    _unfold(layla)
    draw("post-whole")
    for path, heading in layla.screens():
        layla.goes_to(f"{path}?g={layla.group_code()}")
        layla.page.locator("h1", has_text=heading).wait_for()
        draw(path.strip("/"))
    layla.goes_to(f"/exposure?g={layla.group_code()}&who={_identity(layla, other)}")
    layla.sees("Sealed details that they opened")
    draw("exposure")
    layla.goes_to(f"/enter-rows?g={layla.group_code()}")
    layla.fill("The rows", _ROWS[code])
    layla.press("Look at it first")
    layla.sees("Post what is ticked")
    draw("preview")
    layla.press("Taboon")
    for button, name in (("Open a group", "new-group"), ("Join a group", "join")):
        layla.press(button)
        _unfold(layla)
        draw(name)
        layla.press("Taboon")
    layla.press("Settings")
    layla.sees("Change the passphrase")
    draw("settings")
    layla.press("Lock")
    layla.sees("The passphrase opens the vault on this device.")
    draw("locked")
    layla.close()
    basil.close()


def _unfold(person: "Person") -> None:
    for fold in person.page.locator("summary").all():
        if fold.evaluate("one => !one.parentElement.open"):
            fold.click()


def _identity(person: "Person", name: str) -> str:
    found: list[str] = []
    person.through_library(lambda group: found.append(group.member(name).identity.hex()))
    return found[0]


def _fill(group: "Group", code: str) -> None:
    from taboon_client.board import Details, Line, LoanOffer, Need, Offer
    from taboon_client.board.fields import Hours

    kinds = {"need": Need, "offer": Offer, "loan": LoanOffer}
    for kind, title, category, sub, quantity, unit, urgency, area, note in _BOARD[code]:
        opening = kinds[kind](
            title=title,
            created=0,
            note=note,
            category=category,
            sub=sub,
            urgency=urgency,
            area=area,
            safe_hours=(Hours(start=960, end=1_140, days=(0, 3)),) if quantity == 60 else (),
            risk="careful" if quantity == 60 else "",
            languages=("ar", "ku") if quantity == 60 else (),
            lines=(Line(quantity=quantity, unit=unit),) if quantity > 1 else (),
        )
        group.post(opening, details=Details(place="5", names="A."))


if __name__ == "__main__":
    sys.exit(main())
