"""What nobody foresaw takes nobody's page away: a fault in a screen, a time at the end of every calendar."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board.fields import LAST_TIME
from taboon_client.cli import terminal
from taboon_client.page.house import House
from taboon_client.page.language import LANGUAGES, language
from taboon_client.page.screens import ACTS, SCREENS
from taboon_client.page.screens.filled import local
from taboon_client.page.site import Site
from taboon_client.page.web import Asked
from tests.page.seeding import elsewhere

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "3 Mill Lane"


async def _breaks(_: Any) -> Any:
    raise ZeroDivisionError(SECRET)


def test_a_fault_in_a_screen_or_an_act_leaves_the_page_and_tells_nothing_of_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(SCREENS, "/home", _breaks)
    monkeypatch.setitem(ACTS, "/language", _breaks)

    async def story() -> None:
        house = House(tmp_path, idle=600)
        site = Site(house, lambda: None, lambda: None)
        for method, path in (("GET", "/home"), ("POST", "/language")):
            answer = await site(method, Asked(path, {}, {}, "en"))
            assert answer is not None
            assert answer.status == 200
            assert b"Something is wrong in Taboon itself" in answer.body
            assert SECRET.encode() not in answer.body
        await house.close()

    elsewhere(lambda: asyncio.run(story()))
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a running process changes on POSIX only")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Gaza", "Pacific/Niue"])
def test_the_last_time_that_an_event_can_state_is_shown_everywhere(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for code in LANGUAGES:
            shown = language(code)
            assert all((shown.moment(LAST_TIME), shown.day(LAST_TIME), shown.ago(LAST_TIME, 0)))
        assert terminal.when(LAST_TIME)
        assert local(LAST_TIME).startswith(("2999", "3000"))
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
