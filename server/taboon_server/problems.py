"""What a relay refuses, as problem details (RFC 9457). No answer names a mailbox, a key or an address."""

import json

from starlette.responses import Response


class Problem(Exception):  # noqa: N818 - the RFC's own word for it
    """A request that is refused; `response` is the answer.

    Args:
        name: the last part of the problem's type, `urn:taboon:problem:<name>`.
        status: the HTTP status.
        title: one sentence for people, the same for every such refusal.
        retry_after: seconds after which trying again makes sense, if it does.
        extra: further numbers in the answer (`unit`, `next`).
    """

    def __init__(self, name: str, status: int, title: str, *, retry_after: int | None = None, **extra: int) -> None:
        super().__init__(name)
        self.name = name
        self.status = status
        self._title = title
        self._retry_after = retry_after
        self._extra = extra

    def response(self) -> Response:
        """Return the answer."""
        details = {"type": f"urn:taboon:problem:{self.name}", "title": self._title, "status": self.status}
        headers = {}
        if self._retry_after is not None:
            headers["Retry-After"] = str(self._retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Taboon"  # RFC 9110, section 15.5.2
        body = json.dumps(details | self._extra, separators=(",", ":"))
        return Response(body, self.status, headers, "application/problem+json")


def malformed() -> Problem:
    """The header, the proof or the request around it is not what docs/protocol.md describes."""
    return Problem("malformed", 400, "The request is malformed.")


def clock(unit: int) -> Problem:
    """The request's time is too far from the relay's, which is `unit`."""
    return Problem("clock", 401, "The time of the request is too far from the relay's.", unit=unit)


def unknown_mailbox() -> Problem:
    """No such mailbox, an expired one, or keys that do not open it: one answer for all."""
    return Problem("unknown-mailbox", 404, "There is no such mailbox.")


def replayed() -> Problem:
    """The relay has seen this very proof."""
    return Problem("replayed", 409, "This request was made before.")


def sealed() -> Problem:
    """The mailbox is sealed and takes nothing more."""
    return Problem("sealed", 409, "The mailbox is sealed.")


def moved(next_number: int) -> Problem:
    """The next blob would get another number than the one expected."""
    return Problem("moved", 409, "The mailbox has moved on.", next=next_number)


def blob_size() -> Problem:
    """The body's length is none of the size classes."""
    return Problem("blob-size", 413, "A blob is exactly as long as one of the size classes.")


def full() -> Problem:
    """The mailbox's quota is used up. A seal still gets in."""
    return Problem("full", 507, "The mailbox is full.")


def busy(retry_after: int = 1) -> Problem:
    """The relay cannot do this now, but may be able to later."""
    return Problem("busy", 503, "The relay is busy.", retry_after=retry_after)


def internal() -> Problem:
    """A mistake of the relay's own."""
    return Problem("internal", 500, "The relay made a mistake.")
