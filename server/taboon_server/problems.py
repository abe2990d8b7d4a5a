"""What a relay refuses, as problem details (RFC 9457). No answer names a mailbox, a key or an address."""

import json
from functools import partial

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, header fields and body."""


class Problem(Exception):  # noqa: N818 - the RFC's own word for it
    """A request that is refused; `answer` is the answer.

    Args:
        name: the last part of the problem's type, `urn:taboon:problem:<name>`.
        status: the HTTP status.
        title: one sentence for people, the same for every such refusal.
        retry_after: seconds after which trying again makes sense, if it does.
        extra: further numbers in the answer (`unit`, `next`).
    """

    def __init__(self, name: str, status: int, title: str, retry_after: int | None = None, **extra: int) -> None:
        super().__init__(name)
        self.name, self.status = name, status
        details = {"type": f"urn:taboon:problem:{name}", "title": title, "status": status, **extra}
        fields = [(b"content-type", b"application/problem+json")]
        if retry_after is not None:
            fields.append((b"retry-after", b"%d" % retry_after))
        if status == 401:
            fields.append((b"www-authenticate", b"Taboon"))  # RFC 9110, section 15.5.2
        self.answer: Answer = status, fields, json.dumps(details, separators=(",", ":")).encode()


malformed = partial(Problem, "malformed", 400, "The request is malformed.")
no_pass = partial(Problem, "pass", 403, "This relay makes mailboxes only for those who have its pass.")
retention = partial(Problem, "retention", 403, "The relay keeps no mailbox for that long.")
# No such mailbox, an expired one, or keys that do not open it: one answer for all.
unknown_mailbox = partial(Problem, "unknown-mailbox", 404, "There is no such mailbox.")
replayed = partial(Problem, "replayed", 409, "This request was made before.")
sealed = partial(Problem, "sealed", 409, "The mailbox is sealed.")
blob_size = partial(Problem, "blob-size", 413, "A blob is exactly as long as one of the size classes.")
full = partial(Problem, "full", 507, "The mailbox is full.")  # its own quota; a seal still gets in
internal = partial(Problem, "internal", 500, "The relay made a mistake.")


def clock(unit: int) -> Problem:
    """The request's time is too far from the relay's, which is `unit`."""
    return Problem("clock", 401, "The time of the request is too far from the relay's.", unit=unit)


def moved(next_number: int) -> Problem:
    """The next blob would get another number than the one expected."""
    return Problem("moved", 409, "The mailbox has moved on.", next=next_number)


def busy(retry_after: int = 1) -> Problem:
    """The relay cannot do this now, but may be able to later."""
    return Problem("busy", 503, "The relay is busy.", retry_after)
