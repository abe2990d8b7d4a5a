"""The group's own questions on the page, without a browser: asked after an answer, told as left out, sealed."""

from __future__ import annotations

import asyncio
import html
import json
import re
from typing import TYPE_CHECKING, Any

from taboon_client.page.house import House
from taboon_client.page.site import Site
from taboon_client.page.web import Asked
from tests.page.seeding import elsewhere
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.library import Group
    from taboon_crypto.slots import Cost
    from tests.relay_process import RelayProcess


async def _story(site: Site, group: Group) -> None:
    async def shows(path: str) -> str:
        answer = await site("GET", Asked(path, {"g": group.code}, {}, "en"))
        assert answer is not None
        return answer.body.decode()

    async def does(path: str, **form: str) -> dict[str, Any]:
        answer = await site("POST", Asked(path, {}, {"g": (group.code,), **{k: (v,) for k, v in form.items()}}, "en"))
        assert answer is not None
        told: dict[str, Any] = json.loads(answer.body)
        return told

    async def asks(label: str, **form: str) -> str:
        told = await does("/ask-question", **{"label-en": label, "type": "text", **form})
        assert not told.get("problem"), told
        return next(one.version.hex() for one in await group.questions() if one.labels["en"] == label)

    stairs = await asks("Are there stairs?", type="yes-no")
    floor = await asks("Which floor?", required="1", only_if=f"{stairs}=yes")
    ill = await asks("What do they have?", sealed="1")
    assert (await does("/ask-question", **{"label-en": "x", "type": "text", "only_if": f"{stairs}=often"}))["problem"]
    form = await shows("/post")
    assert f'data-after="answer-{stairs}" data-is="yes" hidden' in form
    assert "(sealed)" in form
    lists = html.unescape(re.sub(r"<[^>]+>", "", await shows("/lists")))
    assert "answers are sealed" in lists
    assert "asked after: Are there stairs? yes" in lists

    told = await does("/do-post", kind="need", title="A bed", **{f"answer-{stairs}": "yes", f"answer-{ill}": "asthma"})
    assert "Which floor?" in told["say"]
    [item] = await group.board()
    assert [one.value for one in item.answers] == [True]
    assert "asthma" not in json.dumps(told)
    opened = await does("/open-details", i=item.id.hex())
    assert "What do they have?" in opened["show"]
    assert "asthma" in opened["show"]

    told = await does("/do-post", kind="need", title="A lamp", **{f"answer-{stairs}": "no", f"answer-{floor}": "3"})
    assert "Which floor?" not in told["say"]
    lamp = next(one for one in await group.board() if one.title == "A lamp")
    assert [one.value for one in lamp.answers] == [False]


def test_questions_are_asked_after_answers_told_when_left_out_and_sealed(
    tmp_path: Path, relay: RelayProcess, fast_kdf: Cost
) -> None:
    async def whole() -> None:
        house = House(tmp_path / "vault", idle=600)
        await house.create(PASSPHRASE)
        group = await house.taboon.create_group("Harbour", relay=relay.url, me="Layla")
        try:
            await _story(Site(house, lambda: None, lambda: None), group)
        finally:
            await house.close()

    elsewhere(lambda: asyncio.run(whole()))
