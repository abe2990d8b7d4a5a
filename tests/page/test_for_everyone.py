"""The page for tired people: eyes that see little, keyboards, both languages whole, old machines, a thousand items."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no stubs
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from taboon_client.board import Line, Need, Offer
from taboon_client.board.fields import URGENCIES
from taboon_client.page.language import language
from tests.page.browsing import NARROW, WIDE, Person
from tests.page.seeding import founded

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from taboon_client.blocking import Group
    from taboon_crypto.slots import Cost
    from tests.page.conftest import MakePerson, Neighbours
    from tests.relay_process import RelayProcess

PAGE = Path(__file__).resolve().parents[2] / "client" / "taboon_client" / "page"
WORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
FIRST_PAGE = 150_000
NEXT_PAGE = 30_000


def _sentences() -> set[str]:
    ways = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = {sentence for _, _, sentence, _, _ in extract_from_dir(PAGE, ways, keywords=WORDS)}
    return {one if isinstance(one, str) else one[0] for one in found}


def test_every_sentence_of_the_page_is_in_the_catalogue_and_none_is_left_over() -> None:
    with (PAGE / "locale" / "ar.po").open("rb") as file:
        catalogue = read_po(file, locale="ar")
    known = {one.id if isinstance(one.id, str) else one.id[0]: one for one in catalogue if one.id}
    assert set(known) == _sentences(), "python scripts/catalogue.py brings the catalogue up to date"
    for one in known.values():
        strings = (one.string,) if isinstance(one.string, str) else tuple(one.string or ("",))
        assert all(strings), one.id
        assert not list(one.check(catalogue)), one.id


def test_arabic_has_its_digits_and_its_words_for_time() -> None:
    arabic = language("ar")
    assert arabic.number(1234.5) == "١٬٢٣٤٫٥"
    assert arabic.ago(0, 7_200) == "قبل ساعتين"
    assert arabic.ago(0, 3 * 86_400) == "قبل ٣ أيام"
    assert not set("0123456789") & set(arabic.moment(1_700_000_000) + arabic.day(1_700_000_000))
    assert language("en").ago(0, 7_200) == "2 hours ago"


def test_arabic_counts_as_it_is_spoken() -> None:
    counts = (0, 1, 2, 3, 11, 12, 99, 100, 102, 103)
    words = {
        ("%(shown)s member", "%(shown)s members"): ("لا أعضاء", "عضو واحد", "عضوان", "أعضاء", "عضوًا", "عضو"),
        ("%(shown)s thing", "%(shown)s things"): ("لا شيء", "بند واحد", "بندان", "بنود", "بندًا", "بند"),
        ("%(shown)s day", "%(shown)s days"): ("أقل من يوم", "يوم واحد", "يومان", "أيام", "يومًا", "يوم"),
        ("for %(shown)s person", "for %(shown)s people"): (
            *("لا أحد", "لشخص واحد", "لشخصين"),
            *("أشخاص", "شخصًا", "شخص"),
        ),
    }
    for (one, many), (none, single, two, few, dozens, hundred) in words.items():
        said = [language("ar").translations.ngettext(one, many, count) for count in counts]
        wanted = [none, single, two, few, dozens, dozens, dozens, hundred, hundred, few]
        assert [text.rpartition("%(shown)s")[2].strip() for text in said] == wanted


def test_a_form_for_dozens_is_another_than_for_few_wherever_arabic_has_one() -> None:
    """In an entry whose two last forms stood in each other's place, it was the last that had the dozens."""
    with (PAGE / "locale" / "ar.po").open("rb") as file:
        catalogue = read_po(file, locale="ar")
    assert catalogue.num_plurals == 6
    for one in catalogue:
        if one.pluralizable:
            *_, dozens, hundred = tuple(one.string or ())
            assert "\u064b" in dozens or dozens == hundred, one.id
            assert dozens == hundred or "ًا" not in hundred.split()[1], one.id


def _look(person: Person, *, twice: bool = False) -> None:
    """Let axe look at what is on the screen, and see that nothing is wider than it, at a phone and at a laptop.

    Args:
        person: At whose page.
        twice: Let axe look at the other width and in the other colours too.
    """
    here = person.page.viewport_size
    assert here is not None
    _axe(person)
    for width, height in (NARROW, WIDE):
        person.page.set_viewport_size({"width": width, "height": height})
        assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"cut off at {width}"
        if twice and here["width"] != width:
            dark = bool(person.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
            person.page.emulate_media(color_scheme="light" if dark else "dark")
            _axe(person)
            person.page.emulate_media(color_scheme="dark" if dark else "light")
    person.page.set_viewport_size(here)


def _axe(person: Person) -> None:
    found = Axe().run(person.page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []


def test_axe_finds_nothing_on_any_screen(neighbours: Neighbours) -> None:
    layla, _, _ = neighbours
    # English in the dark at a phone, Arabic in the light at a laptop; the screens that are used most the other way too.
    layla.page.emulate_media(color_scheme="dark" if layla.language.code == "en" else "light")
    _look(layla, twice=True)
    for kind, name in (("need", "Post a need"), ("offer", "Post an offer")):
        layla.goes_to(f"/post?g={layla.group_code()}&kind={kind}")
        layla.page.locator("h1", has_text=layla.say(name)).wait_for()
        for fold in layla.page.locator("summary").all():
            if fold.evaluate("one => !one.parentElement.open"):
                fold.click()
        _look(layla, twice=kind == "need")
    layla.fill("What is on offer, in a few words", "حليب milk 12")
    layla.fill("How many", "12")
    layla.fill("The exact place", "5")
    layla.press("Post it")
    layla.sees("Posted.")
    layla.press("Open the sealed details")
    layla.sees("Hide them")
    for fold in layla.page.locator("summary").all():
        if fold.evaluate("one => !one.parentElement.open"):
            fold.click()
    _look(layla, twice=True)
    layla.press("Board")
    layla.reads("حليب milk 12")
    layla.open_fold("More filters")
    _look(layla)
    for path, shown in layla.screens():
        layla.goes_to(f"{path}?g={layla.group_code()}")
        layla.page.locator("h1", has_text=shown).wait_for()
        _look(layla)
    layla.press("Settings")
    layla.sees("Change the passphrase")
    _look(layla)
    layla.press("Taboon")
    layla.sees("Your groups")
    _look(layla)
    layla.press("Join a group")
    layla.sees("Ask to join")
    _look(layla)
    layla.press("Taboon")
    layla.reads("Harbour").click()
    layla.sees("Post a need")


def test_axe_finds_nothing_at_the_door(person: MakePerson) -> None:
    for code, size in (("ar", NARROW), ("en", WIDE)):
        one = person(code, code=code, size=size)
        _look(one)
        one.press("Lock")
        one.sees("The passphrase opens the vault on this device.")
        _look(one)
        one.faults.clear()


@pytest.mark.parametrize("code", ["en", "ar"])
def test_text_at_twice_its_size_is_not_cut_off(person: MakePerson, relay: RelayProcess, code: str) -> None:
    layla = person("layla", code=code, size=NARROW)
    layla.found_group(relay.url, "Harbour", "Layla")
    # A strict policy lets no style in: the browser's own setting is used.
    session = layla.page.context.new_cdp_session(layla.page)
    session.send(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    )
    layla.page.evaluate("document.documentElement.style.fontSize = '200%'")
    group = layla.group_code()
    screens = [("/board", "Board"), ("/post", "Post a need"), *((path, "") for path, _ in layla.screens())]
    for path, heading in screens:
        layla.goes_to(f"{path}?g={group}")
        layla.page.locator(f"[data-go='{path}?g={group}'][aria-current], h1").first.wait_for()
        if heading:
            layla.page.locator("h1", has_text=layla.say(heading)).wait_for(state="attached")
        assert layla.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_what_was_chosen_stands_beside_its_field_in_the_language_of_the_page(
    person: MakePerson, relay: RelayProcess, tmp_path: Path
) -> None:
    layla = person("layla", code="ar", size=NARROW)
    layla.found_group(relay.url, "Harbour", "Layla")
    sheet = tmp_path / "حاجات.csv"
    sheet.write_text("title\nماء", "utf-8")
    layla.goes_to(f"/import?g={layla.group_code()}")
    layla.sees("Nothing is chosen yet.")
    layla.page.locator("#file").focus()
    assert layla.page.evaluate("document.activeElement.id") == "file"
    layla.page.get_by_label(layla.say("A file")).set_input_files(sheet)
    assert layla.page.locator("#file-chosen").text_content() == "حاجات.csv"
    layla.goes_to(f"/rest?g={layla.group_code()}")
    layla.page.locator("#until").fill("2026-11-27")
    said = layla.page.locator("output")
    said.wait_for()
    assert "نوفمبر" in str(said.text_content())
    assert "٢٧" in str(said.text_content())


def test_the_first_need_is_posted_without_looking_for_the_button(person: MakePerson, relay: RelayProcess) -> None:
    layla = person("layla", size=NARROW)
    layla.found_group(relay.url, "Harbour", "Layla")
    layla.press("Post a need")
    layla.sees("Post it")
    box = layla.button("Post it").first.bounding_box()
    assert box is not None
    assert box["y"] < 1.5 * NARROW[1]


def test_an_arabic_week_begins_on_saturday() -> None:
    arabic = language("ar")
    assert [arabic.weekdays[at] for at in arabic.week][:2] == ["السبت", "الأحد"]
    assert language("en").week == tuple(range(7))


def test_a_need_is_posted_with_the_keyboard_alone(person: MakePerson, relay: RelayProcess) -> None:
    layla = person("layla")
    layla.found_group(relay.url, "Harbour", "Layla")
    keyboard = layla.page.keyboard
    layla.button("Post a need").first.focus()
    keyboard.press("Enter")
    layla.sees("Post it")
    keyboard.type("Candles")
    keyboard.press("Enter")
    layla.sees("Posted.")
    layla.reads("Candles")


def test_with_a_thousand_items_the_first_page_and_the_next_stay_light(
    browser: Browser, relay: RelayProcess, tmp_path: Path, fast_kdf: Cost
) -> None:
    def fill(group: Group) -> None:
        group.post_all(
            [
                (
                    f"{at}",
                    (Offer if at % 3 else Need)(
                        title=f"Drinking water for the school, round {at}",
                        created=int(time.time()) - 60 * at,
                        category="water",
                        area="Hill",
                        urgency=URGENCIES[at % 4],
                        note="Sixty litres would be best, and the gate is open until eight." * 3,
                        lines=(Line(quantity=60, unit="litre"),),
                    ),
                )
                for at in range(1_000)
            ]
        )

    folder = tmp_path / "vault"
    founded(folder, relay.url, "Harbour", "Amal", fill)
    amal = Person(browser, folder)
    sizes: list[tuple[str, int]] = []
    amal.page.on("requestfinished", lambda one: sizes.append((one.url, one.sizes()["responseBodySize"])))
    try:
        amal.sees("The passphrase opens the vault on this device.")
        amal.page.reload()
        amal.sees("The passphrase opens the vault on this device.")
        amal.unlock()
        amal.sees("Post a need")
        amal.reads(amal.say("%(page)s of %(pages)s", page=1, pages=50))
        assert sum(size for _, size in sizes) < FIRST_PAGE
        sizes.clear()
        amal.press("Further")
        amal.reads(amal.say("%(page)s of %(pages)s", page=2, pages=50))
        boards = [size for url, size in sizes if "/board" in url]
        assert boards
        assert max(boards) < NEXT_PAGE
    finally:
        amal.close()
    assert amal.faults == []


def test_beside_arabic_digits_no_sign_looks_like_one_of_them() -> None:
    assert language("ar").dot not in "·•.|"
    for template in (PAGE / "templates").glob("*.html"):
        assert not set("·•|") & set(re.sub(r"\{[{%#].*?[}%#]\}", "", template.read_text("utf-8"))), template.name
