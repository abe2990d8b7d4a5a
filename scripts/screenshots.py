"""Render every screen of the local page in both languages and two widths into `docs/screenshots`.

    python scripts/screenshots.py [en|ar]

A real relay, two real pages, the machine's own Chromium. What stands on the board is made up.
"""

import io
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

_venv.require_python()

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser
    from tests.page.browsing import Person
    from tests.relay_process import RelayProcess

    from taboon_client.blocking import Group
    from taboon_client.board import Item

    Draw = Callable[..., None]

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
# Rows of an intake sheet, with places for the numbers of two categories.
_ROWS = {
    "en": "n {water} - 1 20litre Water for the school\no {food} - - 40loaf Bread in the morning",
    "ar": "ح {water} - ١ ٢٠لتر ماء للمدرسة\nع {food} - - ٤٠رغيف خبز في الصباح",
}
_SAID = {
    "en": {
        "comment": "At six, by the gate",
        "ask": "Did the water last?",
        "outcome": "It was enough for both families. Thank you.",
        "motion": "Shall we meet on Sundays instead of Fridays?",
        "circle": "Night drivers",
        "agreement": "We help without asking why. Nothing that is read here is told elsewhere.",
        "asked": "Who told you about us?",
        "done": "Firewood for the hall",
    },
    "ar": {
        "comment": "في السادسة، عند البوابة",
        "ask": "هل كفى الماء؟",
        "outcome": "كفى العائلتين. شكرًا لكم.",
        "motion": "هل نجتمع أيام الأحد بدلًا من الجمعة؟",
        "circle": "سائقو الليل",
        "agreement": "نساعد دون أن نسأل لماذا. ما يُقرأ هنا لا يُقال خارجه.",
        "asked": "من أخبرك عنا؟",
        "done": "حطب للقاعة",
    },
}
_COLOURS = 128
_DAY = 86_400


def main() -> int:
    """Draw them all; return 0."""
    _venv.prepare("-e", ".[relay]", "--group", "dev")
    from playwright.sync_api import sync_playwright
    from tests.page.browsing import NARROW, WIDE, start_browser
    from tests.relay_process import RelayProcess

    folder = Path(tempfile.mkdtemp(prefix="taboon-"))
    _FOLDER.mkdir(exist_ok=True)
    try:
        for code in sys.argv[1:] or ("en", "ar"):
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
            _keep(person.page.screenshot(full_page=True), _FOLDER / f"{name}-{code}-{width}.png")

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
    _helped(layla, basil, code)
    _around_the_board(layla, code, draw)
    layla.through_library(lambda group: _many(group, code))
    layla.through_library(lambda group: group.release_details(_water(group, code)))
    basil.through_library(lambda group: _opened(group, code))
    _every_screen(layla, basil, code, draw)
    _before_and_after(layla, basil, code, draw)
    _without_the_relay(layla, relay, code, draw)
    layla.press("Taboon")
    for button, name in (("Open a group", "new-group"), ("Join a group", "join")):
        layla.press(button)
        layla.page.locator("h1", has_text=layla.say(button)).wait_for()
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


def _helped(layla: "Person", basil: "Person", code: str) -> None:
    """A need is pledged and talked about, one is done and told of, somebody is to be asked again, something decided."""
    said = _SAID[code]
    basil.reads(_BOARD[code][1][1]).click()
    basil.press("Pledge")
    basil.sees("You have pledged. Thank you.")
    basil.fill("Say something about it", said["comment"])
    basil.press("Say it")
    basil.sees("Said.")
    basil.through_library(lambda group: _brought(group, code))
    layla.reads(_NAMES[code][1])
    layla.through_library(lambda group: _told(group, code))
    basil.press("Board")
    basil.reads(_BOARD[code][0][1])


def _around_the_board(layla: "Person", code: str, draw: "Draw") -> None:
    layla.press("Board")
    layla.reads(_BOARD[code][0][1])
    draw("board")
    layla.page.emulate_media(color_scheme="dark")
    draw("board-dark")
    layla.page.emulate_media(color_scheme="light")
    layla.reads(_BOARD[code][1][1]).click()
    layla.sees("Release the details to them")
    draw("item")
    layla.press("Open the sealed details")
    layla.sees("Hide them")
    draw("opened-details")
    layla.press("Hide them")
    layla.press("Change …" if layla.button("Change …").count() else "Change it")
    layla.sees("Save the changes")
    draw("change")
    layla.press("Post")
    layla.sees("Post it")
    draw("post")
    _unfold(layla)
    draw("post-whole")


def _every_screen(layla: "Person", basil: "Person", code: str, draw: "Draw") -> None:
    other = _NAMES[code][1]
    for path, heading in basil.screens():
        if path in ("/rest", "/follow-ups", "/fits"):
            basil.goes_to(f"{path}?g={basil.group_code()}")
            basil.page.locator("h1", has_text=heading).wait_for()
            draw(path.strip("/"), basil)
    for path, heading in layla.screens():
        if path not in ("/rest", "/follow-ups", "/fits", "/outbox", "/popup"):
            layla.goes_to(f"{path}?g={layla.group_code()}")
            layla.page.locator("h1", has_text=heading).wait_for()
            draw(path.strip("/"))
    layla.goes_to(f"/away?g={layla.group_code()}")
    layla.sees("Go on from here")
    draw("away")
    layla.goes_to(f"/devices?g={layla.group_code()}&who={_identity(layla, other)}")
    layla.sees("Link another device")
    draw("devices-of-another")
    layla.goes_to(f"/exposure?g={layla.group_code()}&who={_identity(layla, other)}")
    layla.sees("Sealed details that they opened")
    draw("exposure")
    layla.goes_to(f"/evidence?g={layla.group_code()}")
    basil.goes_to(f"/evidence?g={basil.group_code()}")
    layla.fill("What their device shows", str(basil.page.locator("#mine").text_content()))
    layla.press("Compare")
    layla.button("Done").wait_for()
    draw("compared")
    layla.goes_to(f"/item?g={layla.group_code()}&i=00000000")
    layla.sees("That did not work")
    draw("problem")
    layla.press("To your groups")
    layla.reads(_GROUP[code]).click()
    layla.sees("Post a need")
    layla.goes_to(f"/enter-rows?g={layla.group_code()}")
    layla.fill("The rows", _ROWS[code].format(**_numbers(layla)))
    layla.press("Look at it first")
    layla.sees("Post what is ticked")
    draw("preview")


def _before_and_after(layla: "Person", basil: "Person", code: str, draw: "Draw") -> None:
    """What stands before joining a group that asks something, and before the page itself."""
    said = _SAID[code]
    layla.through_library(lambda group: group.set_agreement(said["agreement"]))
    asked = layla.invite()
    basil.press("Taboon")
    basil.press("Join a group")
    basil.fill("The invite link that you were given", asked)
    basil.fill("What you are called there", _NAMES[code][1])
    basil.press("Ask to join")
    basil.reads(said["agreement"])
    draw("knock", basil)
    basil.press("Taboon")
    stranger = basil.page.context.new_page()
    stranger.goto(basil.process.url)
    stranger.locator("#code").wait_for()
    for width, (wide, high) in {"360": (360, 740), "1280": (1280, 900)}.items():
        stranger.set_viewport_size({"width": wide, "height": high})
        _keep(stranger.screenshot(full_page=True), _FOLDER / f"door-{code}-{width}.png")
    stranger.close()


def _without_the_relay(layla: "Person", relay: "RelayProcess", code: str, draw: "Draw") -> None:
    from tests.relay_process import RelayProcess

    relay.kill()
    layla.press("Board")
    layla.reads(_BOARD[code][4][1]).click()
    layla.press("It is still needed")
    layla.waits_in_outbox()
    layla.sees("Offline: the relay did not answer.")
    draw("offline")
    layla.goes_to(f"/outbox?g={layla.group_code()}")
    layla.button("Try now").wait_for()
    draw("outbox")
    with RelayProcess(layla.folder.parent / "popup") as popup:
        layla.goes_to(f"/popup?g={layla.group_code()}")
        layla.fill("Address of the pop-up relay", popup.url)
        layla.press("Go on there")
        layla.sees("Use it no more")
        draw("popup")
        layla.press("Use it no more")
        layla.page.locator("#say.good").wait_for()
    relay.start()


def _keep(picture: bytes, path: Path) -> None:
    """Keep a picture with few colours: a screen has no more, and the repository stays small."""
    from PIL import Image

    drawn = Image.open(io.BytesIO(picture)).convert("RGB")
    drawn.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def _unfold(person: "Person") -> None:
    # What is folded within a fold comes after it, and can be seen by then.
    for fold in person.page.locator("summary").all():
        if fold.evaluate("one => !one.parentElement.open"):
            fold.click()


def _identity(person: "Person", name: str) -> str:
    found: list[str] = []
    person.through_library(lambda group: found.append(group.member(name).identity.hex()))
    return found[0]


def _numbers(person: "Person") -> dict[str, str]:
    """Return the numbers that an intake sheet of the group gives to two categories, in the person's digits."""
    found: list[str] = []

    def look(group: "Group") -> None:
        found.extend(term.code for term in group.categories().offered(""))

    person.through_library(look)
    return {name: person.language.number(found.index(name) + 1) for name in ("water", "food")}


def _brought(group: "Group", code: str) -> None:
    done = next(item for item in group.board() if item.title == _SAID[code]["done"])
    group.pledge(done)
    group.deliver(done)
    group.pledge(next(item for item in group.board() if item.title == _BOARD[code][7][1]))


def _many(group: "Group", code: str) -> None:
    """What was needed in the weeks before, so that there is something to count."""
    from taboon_client.board import Need

    now = int(time.time())
    kinds = {
        "en": (("water", "Water for stairway"), ("food", "Bread for stairway"), ("med", "Bandages for post")),
        "ar": (("water", "ماء للدرج"), ("food", "خبز للدرج"), ("med", "ضمادات للنقطة")),
    }[code]
    for at in range(24):
        category, title = kinds[at % 3]
        item = group.post(Need(title=f"{title} {at + 1}", created=now - (at + 1) * 11 * 3_600, category=category))
        if at % 4 < 2:
            group.pledge(item)
        if at % 4 == 0:
            group.deliver(item)
            group.confirm(item)


def _water(group: "Group", code: str) -> "Item":
    return next(item for item in group.board() if item.title == _BOARD[code][1][1])


def _opened(group: "Group", code: str) -> None:
    group.sync()
    group.open_details(_water(group, code))


def _told(group: "Group", code: str) -> None:
    said = _SAID[code]
    done = next(item for item in group.board() if item.title == said["done"])
    group.confirm(done)
    group.outcome(done, said["outcome"])
    group.follow_up(_water(group, code), int(time.time()) - 60, said["ask"])
    group.follow_up(done, int(time.time()) + 2 * _DAY, said["ask"])
    group.propose(said["motion"], int(time.time()) + 7 * _DAY)
    group.create_circle(said["circle"], me=_NAMES[code][0])


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
    group.post(Need(title=_SAID[code]["done"], created=0, category="shelter"), details=Details(place="7"))


if __name__ == "__main__":
    sys.exit(main())
