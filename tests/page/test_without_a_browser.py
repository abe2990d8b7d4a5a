"""What the screens take and show beyond what the stories click: with a real vault and a real relay, and no browser."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from base64 import b64decode
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import Contact, Details, Need
from taboon_client.board.fields import Hours
from taboon_client.page.house import House
from taboon_client.page.site import Site
from taboon_client.page.web import Asked
from tests.page.seeding import elsewhere
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from taboon_client.library import Group
    from taboon_crypto.slots import Cost
    from tests.relay_process import RelayProcess


@dataclass
class Desk:
    """A group at its page, asked as the script asks."""

    site: Site
    group: Group

    async def shows(self, path: str, *, language: str = "en", **query: str) -> str:
        """Return a screen."""
        answer = await self.site("GET", Asked(path, {"g": self.group.code, **query}, {}, language))
        assert answer is not None, path
        return answer.body.decode()

    async def does(self, path: str, **form: str | tuple[str, ...]) -> dict[str, Any]:
        """Return what came of an act that was taken."""
        told = await self.tries(path, **form)
        assert not told.get("problem"), told
        return told

    async def tries(self, path: str, **form: str | tuple[str, ...]) -> dict[str, Any]:
        """Return what came of an act."""
        sent = {name: (value,) if isinstance(value, str) else value for name, value in form.items()}
        answer = await self.site("POST", Asked(path, {}, {"g": (self.group.code,), **sent}, "en"))
        assert answer is not None, path
        told: dict[str, Any] = json.loads(answer.body)
        return told

    async def posts(self, **form: str | tuple[str, ...]) -> str:
        """Post a need, and return its id."""
        told = await self.does("/do-post", kind="need", sure="1", **form)
        return str(told["go"]).partition("&i=")[2]


@pytest.fixture
def at_desk(tmp_path: Path, relay: RelayProcess, fast_kdf: Cost) -> Callable[[Callable[[Desk], Awaitable[None]]], None]:
    def run(story: Callable[[Desk], Awaitable[None]]) -> None:
        async def whole() -> None:
            house = House(tmp_path / "vault", idle=600)
            await house.create(PASSPHRASE)
            group = await house.taboon.create_group("Harbour", relay=relay.url, me="Layla")
            try:
                await story(Desk(Site(house, lambda: None, lambda: None), group))
            finally:
                await house.close()

        elsewhere(lambda: asyncio.run(whole()))

    return run


def test_everything_that_a_need_can_say_is_posted_and_stays_through_a_change(at_desk: Any) -> None:
    async def story(desk: Desk) -> None:
        item = await desk.posts(
            title="Insulin",
            quantity=("2", "30"),
            unit=("box", ""),
            what=("", "needles"),
            form=("100 U/ml", ""),
            people=("4", ""),
            hours_start=("18:00", "", "08:00"),
            hours_end=("20:30", "", "09:00"),
            hours_day_2=("0", "3"),
            helper_needs=("vehicle",),
            other_needs="cool box, Tigrinya",
            languages=("ar",),
            other_languages="tl",
            rule="FREQ=WEEKLY;BYDAY=MO,TH",
            first="2026-12-07",
        )
        shown = await desk.group.item(item)
        assert [(one.quantity, one.form, one.people) for one in shown.lines] == [(2, "100 U/ml", 4), (30, "", 0)]
        assert shown.safe_hours == (Hours(start=1080, end=1230), Hours(start=480, end=540, days=(0, 3)))
        assert shown.helper_needs == ("vehicle", "cool box", "Tigrinya")
        assert shown.languages == ("ar", "tl")
        assert shown.repeat == "FREQ=WEEKLY;BYDAY=MO,TH"
        await desk.does("/do-change", **filled(await desk.shows("/change", i=item)) | {"title": "Insulin, cold"})
        after = await desk.group.item(item)
        assert after.title == "Insulin, cold"
        for name in ("lines", "safe_hours", "helper_needs", "languages", "repeat", "first"):
            assert getattr(after, name) == getattr(shown, name), name

    at_desk(story)


def filled(screen: str) -> dict[str, str | tuple[str, ...]]:
    """Return what the fields of a form hold, as the script would send them unchanged."""
    sent: dict[str, list[str]] = {}
    form = screen.partition('data-to="/do-change"')[2].partition("</form>")[0]
    for tag in re.finditer(
        r"<input ([^>]*)>|<select ([^>]*)>(.*?)</select>|<textarea ([^>]*)>(.*?)</textarea>", form, re.DOTALL
    ):
        attributes = tag[1] or tag[2] or tag[4]
        name = re.search(r'name="([^"]*)"', attributes)
        assert name is not None, attributes
        value = re.search(r'value="([^"]*)"', attributes)
        if 'type="checkbox"' in attributes and " checked" not in attributes:
            continue
        if tag[2]:
            value = re.search(r'value="([^"]*)" selected', tag[3])
        sent.setdefault(name[1], []).append(tag[5] or (value[1] if value else ""))
    return {name: tuple(values) for name, values in sent.items()}


def test_a_change_of_some_sealed_details_keeps_the_others(at_desk: Any) -> None:
    ways = tuple(Contact(channel=way, value=f"{way} 7") for way in ("phone", "Signal", "radio", "door"))

    async def story(desk: Desk) -> None:
        item = await desk.group.post(
            Need(created=1_800_000_000, title="Soup"), details=Details(names="Um Ali", contacts=ways, people=9)
        )
        await desk.does("/do-change", i=item.id.hex(), title="Soup", place="Olive street 5")
        details = await desk.group.open_details(item.id)
        assert (details.names, details.place, details.people) == ("Um Ali", "Olive street 5", 9)
        assert details.contacts == ways
        ring = {"channel": ("phone", "", "radio"), "reach": ("0599", "", "channel 4"), "best": ("at noon", "", "")}
        await desk.does("/do-change", i=item.id.hex(), title="Soup", inhabitants="3", anew="1", **ring)
        details = await desk.group.open_details(item.id)
        assert (details.names, details.place, details.people) == ("", "", 3)
        assert [(one.channel, one.value, one.best) for one in details.contacts] == [
            ("phone", "0599", "at noon"),
            ("radio", "channel 4", ""),
        ]
        assert "channel 4" in (await desk.does("/open-details", i=item.id.hex()))["show"]

    at_desk(story)


def test_whoever_gives_back_or_hands_over_can_say_a_word_and_when_they_travel(at_desk: Any) -> None:
    async def story(desk: Desk) -> None:
        item = await desk.posts(title="Soup")
        await desk.does("/pledge", i=item, hours_start=("18:00",), hours_end=("20:00",), hours_day_0=("5",))
        assert (await desk.group.item(item)).pledges[0].hours == (Hours(start=1080, end=1200, days=(5,)),)
        await desk.does("/release", i=item, reason="The road is closed.")
        assert "The road is closed." in await desk.shows("/item", i=item)
        await desk.does("/pledge", i=item)
        await desk.does("/deliver", i=item, note="It stands at the gate.")
        assert "It stands at the gate." in await desk.shows("/item", i=item)
        await desk.does("/confirm", i=item, note="All warm.")
        assert "All warm." in await desk.shows("/item", i=item)

    at_desk(story)


def test_the_board_is_filtered_by_several_values_and_by_when_and_shows_what_is_closed(at_desk: Any) -> None:
    async def story(desk: Desk) -> None:
        now = 4_000_000_000
        await desk.posts(title="Bread", category="food", urgency="now", quantity="12", needed_by="")
        await desk.posts(title="Blankets", category="shelter", urgency="soon")
        closed = await desk.posts(title="Petrol", category="move", urgency="week")
        await desk.group.post(Need(created=1_800_000_000, title="Someday", needed_by=now))
        await desk.does("/withdraw", i=closed)

        async def cards(**query: str) -> set[str]:
            shown = await desk.shows("/board", **query)
            return {one for one in ("Bread", "Blankets", "Petrol", "Someday") if f">{one}<" in shown}

        assert await cards(category="food\nshelter") == {"Bread", "Blankets"}
        assert await cards(urgency="now\nsoon", category="food") == {"Bread"}
        assert await cards(status="every", text="Petrol") == {"Petrol"}
        assert await cards(status="open\nclosed") == {"Bread", "Blankets", "Petrol", "Someday"}
        assert await cards(needed_within="7") == set()
        shown = await desk.shows("/board", coverage="1")
        assert shown.count("0 pledged, 0 handed over, 0 arrived") == 3
        told = await desk.does("/save-view", name="Both", category="food\nshelter", status="every")
        assert "view=Both" in told["go"]
        view = await desk.group.view("Both")
        assert (view.categories, view.closed) == (("food", "shelter"), True)

    at_desk(story)


def test_files_are_saved_in_either_language_with_closed_items_and_as_pictures(at_desk: Any) -> None:
    async def story(desk: Desk) -> None:
        await desk.does("/withdraw", i=await desk.posts(title="Petrol"))
        table = {"form": "csv", "readers": "group"}
        assert "Petrol" not in (await desk.does("/download-list", **table))["download"]["text"]
        assert "Petrol" in (await desk.does("/download-list", all="1", **table))["download"]["text"]
        paper = (await desk.does("/download-list", form="paper", language="ar"))["download"]["text"]
        assert 'dir="rtl"' in paper
        report = (await desk.does("/download-report", form="svg", language="ar"))["download"]
        assert report["name"].endswith(".svg")
        assert 'xml:lang="ar"' in report["text"]
        offered = "PNG" in await desk.shows("/numbers")
        assert offered == (find_spec("resvg_py") is not None)
        if offered:
            picture = (await desk.does("/download-report", form="png"))["download"]
            assert b64decode(picture["text"]).startswith(b"\x89PNG")
        code = (await desk.does("/do-invite", hours="5"))["go"].rpartition("code=")[2]
        assert (await desk.group.invites())[0].code == code
        saved = (await desk.does("/save-invite", code=code))["download"]
        assert b64decode(saved["text"]).startswith(b"\x89PNG")
        assert "from 1 to 168" in (await desk.tries("/do-invite", hours="169"))["say"]

    at_desk(story)


def test_an_import_is_what_somebody_says_that_it_is_and_leaves_out_what_is_undecided(at_desk: Any) -> None:
    sheet = "title,kind\nRice,need\n"

    async def story(desk: Desk) -> None:
        assert "1 row" in (await desk.does("/look-at-import", pasted=sheet))["show"]
        as_text = (await desk.does("/look-at-import", pasted="Needed: rice\n\nBlankets", source="text"))["show"]
        assert "2 rows" in as_text
        name = re.search(r'name="name" value="(\w+)"', as_text)
        assert name is not None
        await desk.does("/take-import", name=name[1], row=("0", "1"), undecided="leave")
        assert len(await desk.group.board()) == 1
        assert (await desk.tries("/look-at-import", pasted=sheet, source="chat"))["problem"]

    at_desk(story)


def test_an_entry_of_a_list_has_other_words_and_languages_and_one_that_takes_its_place(at_desk: Any) -> None:
    async def story(desk: Desk) -> None:
        labels = {"label-en": "The hill", "label-ar": "التلة", "label-code": "tl", "label-other": "Burol"}
        await desk.does("/set-area", aliases="top, up there", **labels)
        await desk.does("/set-area", **{"label-en": "North"})
        hill = (await desk.group.areas()).now("the-hill")
        assert hill is not None
        assert (hill.labels["tl"], hill.aliases) == ("Burol", ("top", "up there"))
        shown = await desk.shows("/entry", list="areas", code="the-hill")
        assert 'value="top, up there"' in shown
        assert "Burol" in shown
        await desk.does("/set-area", code="the-hill", aliases="top", **{"label-en": "Hill"})
        hill = (await desk.group.areas()).now("the-hill")
        assert hill is not None
        assert (hill.labels, hill.aliases) == ({"en": "Hill", "ar": "التلة", "tl": "Burol"}, ("top",))
        await desk.does("/set-area", code="the-hill", retire="1", into="north")
        hill = (await desk.group.areas()).now("the-hill")
        assert hill is not None
        assert (hill.retired, hill.into) == (True, "north")
        assert (await desk.tries("/set-area", **{"label-en": "East", "label-code": "tl"}))["problem"]
        await desk.does(
            "/ask-question", type="yes-no", category="food", order="3", **{"label-en": "Is there a fridge?"}
        )
        (question,) = await desk.group.questions()
        assert (question.category, question.order) == ("food", 3)

    at_desk(story)


def test_all_that_admins_did_can_be_read(at_desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taboon_client.page.screens.rules._DEEDS", 1)

    async def story(desk: Desk) -> None:
        for number in ("20", "21"):
            policy = filled((await desk.shows("/rules")).replace("/change-rules", "/do-change"))
            await desk.does("/change-rules", **policy | {"rotation_days": number})
        assert "What is older is not shown." in await desk.shows("/rules")
        assert "What is older is not shown." not in await desk.shows("/rules", all="1")

    at_desk(story)


def test_no_screen_of_a_full_board_is_heavy(at_desk: Any) -> None:
    async def story(desk: Desk) -> None:
        posts = [
            (f"key {at}", Need(created=1_800_000_000, title=f"Blankets and warm clothes for the school {at}"))
            for at in range(60)
        ]
        await desk.group.post_all(posts)
        item = await desk.posts(title="Soup", note="warm " * 100, quantity="12", place="Olive street 5")
        for _ in range(3):
            await desk.does("/comment", i=item, text="We can bring some of it tomorrow. " * 3)
        await desk.does("/pledge", i=item)
        for path in ("/board", "/item", "/post", "/change", "/fits", "/lists", "/people", "/rules", "/import"):
            for language in ("en", "ar"):
                shown = await desk.shows(path, language=language, i=item, coverage="1")
                assert len(shown.encode()) < 30_000, path

    at_desk(story)


def test_no_cell_of_a_table_and_no_word_of_a_list_is_carried_out_by_who_opens_the_file(at_desk: Any) -> None:
    hostile = ("=HYPERLINK(1)", "+1+cmd", "-2+3", "@SUM(1)", "\t=1", "<script>alert(1)</script>")

    async def story(desk: Desk) -> None:
        for at, text in enumerate(hostile):
            labels = {"label-en": text, "label-ar": text}
            await desk.does("/set-category", **labels)
            await desk.does("/set-area", **labels)
            code = (await desk.group.categories()).offered("")[-1].code
            area = (await desk.group.areas()).offered()[-1].code
            await desk.posts(title=text, note=text, category=code, area=area, unit=text[:9], quantity=str(at + 2))
        table = (await desk.does("/download-list", form="csv", readers="group"))["download"]["text"]
        cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
        assert sum("HYPERLINK" in cell for cell in cells) > 1
        assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]
        for form, language in (("paper", "en"), ("paper", "ar"), ("list", "en"), ("list", "ar")):
            text = (await desk.does("/download-list", form=form, language=language))["download"]["text"]
            assert form == "list" or "<script" not in text
        assert "<script" not in (await desk.does("/download-report", form="svg"))["download"]["text"]
        assert "<script" not in await desk.shows("/sheet")

    at_desk(story)


def test_whoever_makes_a_vault_reads_how_strong_the_passphrase_is_and_that_nobody_can_help(
    tmp_path: Path, fast_kdf: Cost
) -> None:
    async def story() -> None:
        house = House(tmp_path / "vault", idle=600)
        site = Site(house, lambda: None, lambda: None)

        async def tells(path: str, passphrase: str) -> dict[str, Any]:
            form = {"passphrase": (passphrase,), "again": (passphrase,)}
            answer = await site("POST", Asked(path, {}, form, "en"))
            assert answer is not None
            told: dict[str, Any] = json.loads(answer.body)
            return told

        shown = await site("GET", Asked("/home", {}, {}, "en"))
        assert shown is not None
        assert b"nobody can help" in shown.body
        assert "Too easily guessed" in (await tells("/strength", "password1"))["show"]
        assert "Strong" in (await tells("/strength", PASSPHRASE))["show"]
        assert (await tells("/make", "password1"))["problem"]
        assert not house.is_open
        assert not (await tells("/make", PASSPHRASE)).get("problem")
        assert house.is_open
        await house.close()

    elsewhere(lambda: asyncio.run(story()))
