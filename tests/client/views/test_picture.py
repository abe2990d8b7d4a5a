"""The picture of a report: well formed, mirrored, and harmless whatever a group calls its categories."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.errors import NotInstalledError
from taboon_client.views.numbers import OTHERS, SPAN, Cell, Numbers
from taboon_client.views.picture import png_of, svg_of

SPACE = "{http://www.w3.org/2000/svg}"
NUMBERS = Numbers(
    needs=Cell("needs", 40),
    by_category=(Cell("food", 20), Cell("water", 15), Cell(OTHERS, 5)),
    open_by_age=(Cell("under-1-day", 8), Cell(f"1-3-days{SPAN}longer", 7)),
    coverage=(Cell("open", 15), Cell(f"partly{SPAN}done", 25)),
    to_pledge=(),
    to_delivery=(Cell("under-1-hour", 0), Cell("longer", 9)),
    load=(Cell(f"0{SPAN}6+", None),),
)
NASTY = '</text><script>alert(1)</script><image href="https://x.example/"/>&\u202e\x00\x1b[2J\n'


def drawn(language: str, category: str = "Bread") -> ET.Element:
    return ET.fromstring(svg_of(NUMBERS, lambda _: category, language, "2026-11-24"))  # noqa: S314 - as above


def bars(picture: ET.Element) -> list[tuple[float, float, float]]:
    rects = list(picture.iter(f"{SPACE}rect"))[1:]
    return [(float(one.get("x", 0)), float(one.get("y", 0)), float(one.get("width", 0))) for one in rects]


def test_it_shows_every_table_and_says_where_one_is_left_out() -> None:
    shown = "\n".join(one.text or "" for one in drawn("en").iter(f"{SPACE}text"))
    for said in (
        "Needs by category",
        "from “1 to 3 days” to “longer”",
        "all others together",
        "Too few to tell",
        "Needs: 40",
    ):
        assert said in shown
    assert shown.count("Too few to tell") == 2


def test_arabic_is_the_mirror_of_english() -> None:
    english, arabic = drawn("en"), drawn("ar")
    width = float(english.get("width", 0))
    mirrored = [(width - x - w, y, w) for x, y, w in bars(arabic)]
    assert [place for bar in mirrored for place in bar] == pytest.approx([p for bar in bars(english) for p in bar])
    assert {one.get("text-anchor") for one in english.iter(f"{SPACE}text")} == {"start"}
    assert {one.get("text-anchor") for one in arabic.iter(f"{SPACE}text")} == {"end"}


def test_a_bar_is_as_long_as_its_number_and_inside_the_picture() -> None:
    for language in ("en", "ar"):
        picture = drawn(language)
        widths = [width for _, _, width in bars(picture)]
        assert widths[0] / widths[1] == pytest.approx(20 / 15)
        assert all(x >= 0 and x + width <= float(picture.get("width", 0)) for x, _, width in bars(picture))


@given(st.text(max_size=200) | st.just(NASTY))
def test_what_a_group_calls_a_category_is_text_and_nothing_else(name: str) -> None:
    picture = svg_of(NUMBERS, lambda _: name, "ar", "2026-11-24")
    found = ET.fromstring(picture)  # noqa: S314 - as above
    assert {one.tag for one in found.iter()} == {f"{SPACE}{tag}" for tag in ("svg", "title", "rect", "text")}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u200e\u200f]", picture)
    # As many isolates are closed as were opened: none of a member's is left.
    assert len(re.findall("[\u2066\u2067\u2068]", picture)) == picture.count("\u2069")
    assert all(len(one.text or "") < 120 for one in found.iter(f"{SPACE}text"))


def test_it_reaches_for_nothing_outside_itself() -> None:
    picture = svg_of(NUMBERS, lambda _: "Bread", "en", "2026-11-24")
    assert re.findall(r"https?://[^\"]*", picture) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|style|script|@import", picture)


def test_png_is_the_same_picture_at_twice_its_size() -> None:
    pytest.importorskip("resvg_py")
    svg = svg_of(NUMBERS, lambda _: "الخبز", "ar", "2026-11-24")
    data = png_of(svg)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(data[16:20], "big") == 2 * int(float(ET.fromstring(svg).get("width", 0)))  # noqa: S314 - as above


def test_without_the_extra_png_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(NotInstalledError, match=r"taboon\[pictures\]"):
        png_of("<svg/>")
