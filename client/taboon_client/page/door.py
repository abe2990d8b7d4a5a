"""Who may talk to the page: a code opens it once, a ticket opens the next lock screen, a token goes with every request.

Pure: it is given its clock and its randomness.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from taboon_client.board.codes import read_code

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CODE_SECONDS", "TRIES", "Door", "make_code", "make_ticket"]

CODE_SECONDS: Final = 120
"""For how long a code can be used."""
TRIES: Final = 5
"""How many codes may be tried before none is taken any more."""

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = 8
_MOST_TOKENS: Final = 8


def make_code(random: Callable[[int], bytes]) -> str:
    """Return a new code: eight characters of 32, 40 bits."""
    return "".join(_LETTERS[byte & 31] for byte in random(_CODE_LENGTH))


def make_ticket(random: Callable[[int], bytes]) -> str:
    """Return a new ticket or token: 32 random bytes, as 43 characters."""
    return urlsafe_b64encode(random(32)).rstrip(b"=").decode()


class Door:
    """Takes a code or a ticket once, and gives a token for it.

    Args:
        clock: Seconds that only go forward.
        random: Gives that many random bytes.
        ticket: What the page that was open before the last lock holds; empty if none was.
    """

    def __init__(self, clock: Callable[[], float], random: Callable[[int], bytes], ticket: str = "") -> None:
        self._clock = clock
        self._random = random
        self._ticket = ticket
        self._code = ""
        self._until = 0.0
        self._tries = TRIES
        self._tokens: list[str] = []

    @property
    def shut(self) -> bool:
        """Too many wrong codes came: no code is taken any more until a new one is shown."""
        return self._tries <= 0

    def show(self, code: str) -> None:
        """Take this code, once, from now on; it stands in the place of the one before."""
        self._code = code
        self._until = self._clock() + CODE_SECONDS
        self._tries = TRIES

    def redeem(self, given: str) -> str | None:
        """Return a token for the code or ticket, or None. Either opens nothing a second time."""
        if self.shut:
            return None
        given = given[:64]
        if self._ticket and _same(given, self._ticket):
            self._ticket = ""
            return self._token()
        if self._code and self._clock() < self._until and _same(read_code(given) or "", self._code):
            self._code = ""
            return self._token()
        # What is not even written as a code is nobody's try: the ticket of a page that the last lock closed, say.
        self._tries -= read_code(given) is not None
        return None

    def admits(self, token: str) -> bool:
        """Tell whether a request with this token is ours."""
        return any(_same(token[:64], known) for known in self._tokens)

    def lock(self) -> None:
        """Know nobody any more: while the process ends, whoever comes is a stranger."""
        self._tokens, self._code, self._ticket = [], "", ""

    def _token(self) -> str:
        token = make_ticket(self._random)
        self._tokens = [*self._tokens, token][-_MOST_TOKENS:]
        return token


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
