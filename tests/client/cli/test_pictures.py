"""QR codes: what is drawn can be scanned, also from a bad photograph, and nothing else is acted upon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import segno
from PIL import Image, ImageFilter

from taboon_client.cli import qr
from taboon_client.cli.exits import UsageError

if TYPE_CHECKING:
    from pathlib import Path

LINK = "taboon:join:" + "".join("AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_"[n * 7 % 38] for n in range(260))


def photograph(tmp_path: Path, *texts: str, turned: float = 0, blurred: float = 0, quality: int = 40) -> Path:
    """A picture of codes on a wall, as a cheap telephone takes it."""
    wall = Image.new("L", (900 * max(1, len(texts)), 900), 190)
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.png"
        segno.make(text, error="m").save(str(path), kind="png", scale=8, border=4)
        with Image.open(path) as drawn:
            wall.paste(drawn.convert("L"), (900 * number + 60, 60))
    taken = tmp_path / "photograph.jpg"
    wall.rotate(turned, fillcolor=190).filter(ImageFilter.GaussianBlur(blurred)).save(taken, quality=quality)
    return taken


@pytest.mark.parametrize("name", ["invite.png", "invite.PNG"])
def test_what_is_written_as_a_picture_is_read_again(tmp_path: Path, name: str) -> None:
    qr.write_picture(LINK, tmp_path / name)
    assert qr.read_picture(tmp_path / name) == LINK


def test_a_code_is_drawn_as_svg_and_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    qr.write_picture(LINK, tmp_path / "invite.svg")
    assert (tmp_path / "invite.svg").read_text("utf-8").startswith("<?xml")
    qr.draw(LINK)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert {len(line) for line in lines} == {len(lines[0])}
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(("turned", "blurred"), [(0, 0), (12, 0), (90, 1.5), (171, 2.0)])
def test_a_code_is_read_from_a_bad_photograph(tmp_path: Path, turned: float, blurred: float) -> None:
    assert qr.read_picture(photograph(tmp_path, LINK, turned=turned, blurred=blurred)) == LINK


def test_a_code_beside_another_one_is_read_if_only_one_is_of_taboon(tmp_path: Path) -> None:
    assert qr.read_picture(photograph(tmp_path, "https://example.org", LINK)) == LINK
    with pytest.raises(UsageError, match="several codes"):
        qr.read_picture(photograph(tmp_path, LINK, LINK + "A"))


@pytest.mark.parametrize("text", ["https://example.org/join", "WIFI:T:WPA;S:net;P:secret;;", "javascript:alert(1)"])
def test_a_code_that_is_something_else_is_not_acted_upon(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="not one of Taboon"):
        qr.read_picture(photograph(tmp_path, text))


def test_a_picture_without_a_code_or_that_is_none_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no code in this picture"):
        qr.read_picture(photograph(tmp_path))
    (tmp_path / "text.png").write_text("taboon:join:AAAA", "utf-8")
    with pytest.raises(UsageError, match="no picture"):
        qr.read_picture(tmp_path / "text.png")
    with pytest.raises(UsageError, match="cannot be read"):
        qr.read_picture(tmp_path / "missing.png")
    cut = photograph(tmp_path, LINK).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(cut[: len(cut) // 3])
    with pytest.raises(UsageError):
        qr.read_picture(tmp_path / "cut.jpg")


def test_a_picture_that_would_fill_the_memory_is_refused_unread(tmp_path: Path) -> None:
    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png")
    with pytest.raises(UsageError, match="too large"):
        qr.read_picture(tmp_path / "bomb.png")
    (tmp_path / "long.png").write_bytes(bytes(21 * 1024 * 1024))
    with pytest.raises(UsageError, match="too large"):
        qr.read_picture(tmp_path / "long.png")


def test_a_picture_is_written_over_no_file_and_under_no_other_ending(tmp_path: Path) -> None:
    qr.write_picture(LINK, tmp_path / "invite.png")
    with pytest.raises(UsageError, match="there already"):
        qr.write_picture(LINK, tmp_path / "invite.png")
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        qr.write_picture(LINK, tmp_path / "invite.gif")
