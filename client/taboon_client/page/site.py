"""What lies at which path.

A screen is asked for with GET and changes nothing; an act is a POST, and its answer says where to go and what to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.errors import FieldError, TaboonError, VaultMissingError
from taboon_client.page.faults import sentence_of
from taboon_client.page.language import N_, language
from taboon_client.page.screens import ACTS, SCREENS
from taboon_client.page.screens.visit import Told, Visit
from taboon_client.page.web import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taboon_client.page.house import House
    from taboon_client.page.web import Asked

__all__ = ["Site", "as_json"]

_DOOR = "/home"
_MISTAKE = N_("Something is wrong in Taboon itself, and this did not work. The rest goes on.")
_UNREADABLE = N_("This is too large, or cannot be read. Nothing was changed: split it and try again.")


def as_json(value: Mapping[str, object] | Told) -> Answer:
    """Return what the script shall follow."""
    return Answer(body=msgspec.json.encode(value), type="application/json")


class Site:
    """The page behind the gate.

    Args:
        house: The vault.
        lock: Ends this process.
        used: Somebody is there.
    """

    def __init__(self, house: House, lock: Callable[[], None], used: Callable[[], None]) -> None:
        self._house = house
        self._lock = lock
        self._used = used

    async def __call__(self, method: str, asked: Asked) -> Answer | None:
        """Carry out one request; None where nothing is at its path."""
        if method == "GET":
            return await self._show(asked)
        self._used()
        if asked.unreadable:
            return as_json(self._told(asked, _UNREADABLE))
        if asked.path == "/used":
            return as_json({})
        if asked.path == "/lock":
            self._lock()
            return as_json({})
        return await self._act(asked)

    async def _show(self, asked: Asked) -> Answer | None:
        if asked.path == "/news":
            return Answer(type="text/plain; charset=utf-8", pieces=self._house.stream())
        screen = SCREENS.get(asked.path if self._house.is_open else _DOOR)
        if screen is None:
            return None
        visit = Visit(self._house, asked, language(asked.language))
        try:
            return await screen(visit)
        except TaboonError as error:
            return visit.render("problem.html", problem=sentence_of(error, visit.language))
        except Exception:  # noqa: BLE001 - its text may hold what a member wrote, and the way to the lock must stay
            return visit.render("problem.html", problem=visit.say(_MISTAKE))

    async def _act(self, asked: Asked) -> Answer | None:
        act = ACTS.get(asked.path)
        if act is None:
            return None
        visit = Visit(self._house, asked, language(asked.language))
        try:
            told = await act(visit)
        except VaultMissingError as error:
            told = Told(go=_DOOR, say=sentence_of(error, visit.language), problem=True)
        except TaboonError as error:
            field = error.field if isinstance(error, FieldError) else ""
            told = Told(say=sentence_of(error, visit.language), problem=True, field=field)
        except Exception:  # noqa: BLE001 - as above
            told = self._told(asked, _MISTAKE)
        return as_json(told)

    @staticmethod
    def _told(asked: Asked, problem: str) -> Told:
        return Told(say=language(asked.language).text(problem), problem=True)
