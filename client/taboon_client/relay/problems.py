"""How a relay says no: problem details (RFC 9457; docs/protocol.md, section 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.errors import (
    BlobSizeError,
    MailboxFullError,
    MailboxMovedError,
    MailboxSealedError,
    MailboxUnknownError,
    RelayBusyError,
    RelayMisbehavedError,
    RelayPassError,
    RelayRefusedError,
    RelayUnreachableError,
    RequestClockError,
    RequestMalformedError,
    RequestReplayedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PROBLEM_LIMIT", "ClockSkewError", "parse_problem"]

PROBLEM_LIMIT = 4_096
"""Bytes that the description of a problem may have."""

_URN = "urn:taboon:problem:"
_LONGEST_RETRY = 3_600


class ClockSkewError(RequestClockError):
    """The refusal of a request's time.

    Attributes:
        unit: The relay's own time, in units of 300 s.
    """

    def __init__(self, message: str, unit: int) -> None:
        super().__init__(message)
        self.unit = unit


_PLAIN: dict[str, tuple[int, Callable[[str], RelayRefusedError], str]] = {
    "malformed": (
        400,
        RequestMalformedError,
        "The relay does not understand this request. It may run another version of Taboon: update both.",
    ),
    "pass": (
        403,
        RelayPassError,
        (
            "The relay makes mailboxes only with its pass, and has no good one from here. Ask whoever runs the relay; "
            "an admin gives it to the group with “taboon policy GROUP --pass-file FILE”. If you wait to be let in, "
            "whoever invited you has to sync first."
        ),
    ),
    "retention": (
        403,
        RelayRefusedError,
        (
            "The relay does not keep messages for as long as the group wants. An admin shortens that with “taboon "
            "policy GROUP --keep-days DAYS”."
        ),
    ),
    "unknown-mailbox": (
        404,
        MailboxUnknownError,
        "The relay has no such mailbox for these keys: it was never made, or it has expired.",
    ),
    "replayed": (409, RequestReplayedError, "The relay saw this very request before. Try again."),
    "sealed": (409, MailboxSealedError, "The mailbox is sealed: read it to its end and go on in the next one."),
    "full": (507, MailboxFullError, "The mailbox is full. Rotate to begin a new one, or ask whoever runs the relay."),
    "blob-size": (413, BlobSizeError, "The relay does not take a blob of this size. Update Taboon on both sides."),
}


def parse_problem(status: int, answer: bytes, retry_after: str | None) -> RelayRefusedError:
    """Return the refusal that an answer describes, to be raised.

    Args:
        status: The HTTP status it came with, which it must repeat.
        answer: The whole body.
        retry_after: The ``Retry-After`` header, if there was one.

    Raises:
        RelayMisbehavedError: It is no problem of this protocol.
        RelayUnreachableError: A failure of the relay's own, after which nothing is known about the request.
    """
    if len(answer) > PROBLEM_LIMIT:
        raise RelayMisbehavedError("The relay's refusal is too long.")
    try:
        said = msgspec.json.decode(answer, type=_Problem)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise RelayMisbehavedError("The relay's refusal cannot be read.") from None
    if said.status != status or not said.type.startswith(_URN):
        raise RelayMisbehavedError("The relay's refusal is not one of this protocol.")
    name = said.type.removeprefix(_URN)
    if name in _PLAIN:
        expected, error, message = _PLAIN[name]
        _check_status(status, expected)
        return error(message)
    if name == "clock":
        _check_status(status, 401)
        return _clock(said.unit)
    if name == "moved":
        _check_status(status, 409)
        return _moved(said.next)
    if name == "busy":
        _check_status(status, 503)
        return RelayBusyError("The relay has too much to do. Try again a little later.", _seconds(retry_after))
    if status >= 500:
        raise RelayUnreachableError(f"The relay is in trouble (status {status}). Try again later.")
    return RelayRefusedError(
        f"The relay refused the request (status {status}), for a reason that this version of Taboon does not know."
    )


class _Problem(msgspec.Struct, frozen=True):
    type: str
    status: int
    unit: int | None = None
    next: int | None = None


def _check_status(status: int, expected: int) -> None:
    if status != expected:
        raise RelayMisbehavedError("The relay's refusal contradicts itself.")


def _clock(unit: int | None) -> ClockSkewError:
    if unit is None or not 0 <= unit < 1 << 32:
        raise RelayMisbehavedError("The relay refuses the time and does not name its own.")
    return ClockSkewError(
        "The relay's clock and this device's differ, and do not settle. Set the clock and try again.", unit
    )


def _moved(number: int | None) -> MailboxMovedError:
    if number is None or not 1 <= number < 1 << 64:
        raise RelayMisbehavedError("The relay says that the mailbox has moved on and does not say where.")
    return MailboxMovedError("Another blob came first. Read the mailbox and try again.", number)


def _seconds(retry_after: str | None) -> int | None:
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit() and len(retry_after) <= 9):
        return None
    return min(int(retry_after), _LONGEST_RETRY)
