"""The screens: what is shown at which path, and what can be done there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.page.screens import (
    asking,
    board,
    carrying,
    circles,
    deeds,
    devices,
    entering,
    evidence,
    fitting,
    home,
    item,
    joining,
    keys,
    lists,
    meeting,
    more,
    numbers,
    people,
    popup,
    posting,
    resting,
    rules,
    votes,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from taboon_client.page.screens.visit import Told, Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

SCREENS: Final[dict[str, Callable[[Visit], Awaitable[Answer]]]] = {
    **home.SCREENS,
    **joining.SCREENS,
    **board.SCREENS,
    **item.SCREENS,
    **posting.SCREENS,
    **people.SCREENS,
    **devices.SCREENS,
    **circles.SCREENS,
    **more.SCREENS,
    **keys.SCREENS,
    **rules.SCREENS,
    **votes.SCREENS,
    **lists.SCREENS,
    **meeting.SCREENS,
    **evidence.SCREENS,
    **fitting.SCREENS,
    **popup.SCREENS,
    **resting.SCREENS,
    **entering.SCREENS,
    **numbers.SCREENS,
    **asking.SCREENS,
    **carrying.SCREENS,
}
"""By path: what is shown. None of them changes anything."""

ACTS: Final[dict[str, Callable[[Visit], Awaitable[Told]]]] = {
    **home.ACTS,
    **joining.ACTS,
    **board.ACTS,
    **posting.ACTS,
    **deeds.ACTS,
    **people.ACTS,
    **devices.ACTS,
    **circles.ACTS,
    **keys.ACTS,
    **rules.ACTS,
    **votes.ACTS,
    **lists.ACTS,
    **meeting.ACTS,
    **evidence.ACTS,
    **fitting.ACTS,
    **popup.ACTS,
    **resting.ACTS,
    **entering.ACTS,
    **carrying.ACTS,
    **numbers.ACTS,
}
"""By path: what is done."""
