"""Unknown, expired and not opened by these keys: the same answer, after the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.server.caller import blob
from tests.server.inside import OCTETS, inside
from tests.server.signing import APPEND, READ, Keys, header

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.server.inside import Inside


async def answer(relay: Inside, keys: Keys, operation: int, *, spoiled: bool = False) -> httpx.Response:
    content = blob() if operation == APPEND else b""
    proof = keys.proof(
        relay.relay_id, operation, content, answer=3 * (operation == READ), unit=int(relay.clock()) // 300
    )
    if spoiled:
        proof = proof[:-1] + bytes([proof[-1] ^ 1])
    headers = {"Authorization": header(proof)} | OCTETS
    return await relay.http.request(
        "POST" if operation == APPEND else "GET", "/v1/blobs", content=content, headers=headers
    )


@pytest.mark.anyio
@pytest.mark.parametrize("operation", [READ, APPEND])
async def test_three_kinds_of_no_are_one_answer_after_one_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: int
) -> None:
    looks: list[str] = []

    def watched(owner: Any, name: str) -> None:
        whole = getattr(owner, name)

        def look(*arguments: Any, **named: Any) -> Any:
            looks.append(name)
            return whole(*arguments, **named)

        monkeypatch.setattr(owner, name, look)

    async with inside(tmp_path) as relay:
        live, expired = await relay.new_mailbox(), await relay.new_mailbox(0)
        await relay.appended(expired, blob())
        relay.pass_days(3)
        watched(relay.store, "page")
        watched(relay.calls.writer, "submit")
        shown = []
        for keys, spoiled in ((Keys(), False), (expired, False), (live, True)):
            looks.clear()
            answered = await answer(relay, keys, operation, spoiled=spoiled)
            shown.append((answered.status_code, answered.headers.multi_items(), answered.content, tuple(looks)))
        assert shown[0] == shown[1] == shown[2]
        assert shown[0][0] == 404
        assert len(shown[0][3]) == 1
