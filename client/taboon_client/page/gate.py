"""The one way in: what every request must satisfy before anything looks at what it asks, and what every answer carries.

The page is a server on the user's machine, and every web site that the user opens can send it requests. So: one exact
``Host`` (against names that are pointed here), an exact ``Origin`` and ``Sec-Fetch-Site`` where a browser sends them,
no cookies (every port of the machine shares them), and a token with everything but the shell, its files and the door.
Whatever fails gets the same empty 404 as what does not exist.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from taboon_client.page.web import Answer, Asked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from taboon_client.page.door import Door

    Scope = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

__all__ = ["CONTENT_SECURITY", "EVERY_ANSWER", "LARGEST_FORM", "Gate"]

LARGEST_FORM: Final = 18 << 20
"""Bytes that a request with a token may bring: an exported chat is the largest."""
_LARGEST_CODE: Final = 1_024
_DRAINED: Final = 4
_LONGEST_QUERY: Final = 4_096
_MOST_FIELDS: Final = 200
_SCHEME: Final = "Taboon "

CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types page"
)

EVERY_ANSWER: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", CONTENT_SECURITY.encode()),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Headers that come with every answer."""
_NOTHING: Final = Answer(status=404)
_FORMS: Final = msgspec.json.Decoder(dict[str, str | list[str]])


class Gate:
    """The page as an ASGI application.

    Args:
        port: That the page listens on.
        door: Knows the tokens.
        open_files: Path to what anybody gets: the shell and its files.
        enter: Given what was typed at the door, returns what the script gets for it; None shuts it.
        ours: Given the port that a connection comes from, tells whether it may be one of our own user's.
        site: Carries out a request that came with a token; None where nothing is at that path.
    """

    def __init__(
        self,
        port: int,
        door: Door,
        open_files: Mapping[str, Answer],
        enter: Callable[[str], Answer | None],
        site: Callable[[str, Asked], Awaitable[Answer | None]],
        *,
        ours: Callable[[int], bool],
    ) -> None:
        self._host = f"127.0.0.1:{port}".encode()
        self._origin = b"http://" + self._host
        self._door = door
        self._open_files = open_files
        self._enter = enter
        self._site = site
        self._ours = ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        answer = await self._answer(scope, receive)
        await _send(answer or _NOTHING, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        # uvicorn gives no address for a connection that is gone already: then nobody reads the answer.
        if not scope.get("client") or not self._ours(scope["client"][1]):
            return None
        headers = _Headers(scope["headers"])
        method, path = scope["method"], _plain_path(scope["raw_path"])
        if headers.one(b"host") != self._host or headers.one(b"origin") not in (None, self._origin) or path is None:
            return None
        if method == "GET" and path in self._open_files and not scope["query_string"]:
            return self._open_files[path] if _may_show(headers, shell=path == "/") else None
        if headers.one(b"sec-fetch-site") not in (None, b"same-origin"):
            return None
        if method == "POST" and headers.one(b"content-type") != b"application/json":
            return None  # every site can send the others
        if method == "POST" and path == "/enter":
            form = await _form(receive, _LARGEST_CODE)
            return None if form is None else self._enter("".join(form.get("code", ())))
        scheme, _, token = (headers.one(b"authorization") or b"").decode("latin-1").partition(" ")
        if scheme + " " != _SCHEME or not self._door.admits(token):
            return None
        language = "ar" if (headers.one(b"accept-language") or b"").startswith(b"ar") else "en"
        query = _query(scope["query_string"])
        if method not in {"GET", "POST"} or query is None:
            return None
        form = {} if method == "GET" else await _form(receive, LARGEST_FORM)
        return await self._site(method, Asked(path, query, form or {}, language, unreadable=form is None))


class _Headers:
    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def one(self, name: bytes) -> bytes | None:
        """Return a header that came once, None if it did not come, and what nothing equals if it came twice."""
        found = [value for key, value in self._pairs if key == name]
        return None if not found else found[0] if len(found) == 1 else b"\x00"


def _plain_path(raw: bytes) -> str | None:
    """Return the path, as it stood on the wire, if it is one of those we have: no escapes, no address in front."""
    if not raw.startswith(b"/") or not raw.replace(b"/", b"").replace(b"-", b"").replace(b".", b"").isalnum():
        return "/" if raw == b"/" else None
    return raw.decode("ascii")


def _may_show(headers: _Headers, *, shell: bool) -> bool:
    """Let the shell be opened by whoever opens it, as a page of its own; its files are for itself alone."""
    if shell:
        return headers.one(b"sec-fetch-dest") in (None, b"document")
    return headers.one(b"sec-fetch-site") in (None, b"same-origin", b"none")


def _query(raw: bytes) -> dict[str, str] | None:
    if len(raw) > _LONGEST_QUERY:
        return None
    try:
        return dict(
            parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
        )
    except (ValueError, UnicodeDecodeError):
        return None


async def _form(receive: Receive, most: int) -> dict[str, tuple[str, ...]] | None:
    body, left = bytearray(), _DRAINED * most
    while left > 0:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        left -= len(piece)
        if len(body) <= most:  # the rest is read and thrown away: who is still sending hears no answer
            body += piece
        if not message.get("more_body"):
            break
    if len(body) > most:
        return None
    try:
        fields = _FORMS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len(fields) > _MOST_FIELDS:
        return None
    return {name: (value,) if isinstance(value, str) else tuple(value) for name, value in fields.items()}


async def _send(answer: Answer, receive: Receive, send: Send) -> None:
    headers = list(EVERY_ANSWER)
    if answer.type:
        headers.append((b"content-type", answer.type.encode()))
    if answer.language:
        headers.append((b"content-language", answer.language.encode()))
    if answer.pieces is None:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.pieces is None:
        await send({"type": "http.response.body", "body": answer.body})
        return
    gone = asyncio.ensure_future(_gone(receive))
    try:
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if gone.done():
                return
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
