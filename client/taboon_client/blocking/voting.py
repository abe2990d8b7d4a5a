"""What the group decides together, without ``async``: see :mod:`taboon_client.library.voting`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.board.votes import GroupMotion

__all__ = ["Voting"]


class Voting:
    """The decisions of one group."""

    _group: library.Group

    def propose(self, text: str, until: int = 0) -> bytes:
        """Ask the group to decide something; who is a member now may vote. Returns the motion's name."""
        return now(self._group.propose(text, until))

    def motions(self) -> tuple[GroupMotion, ...]:
        """Return what the group is asked to decide, oldest first."""
        return now(self._group.motions())

    def vote(self, motion: bytes | str, choice: str, why: str = "") -> None:
        """Vote on a motion; voting again replaces the vote before."""
        now(self._group.vote(motion, choice, why))

    def close_motion(self, motion: bytes | str) -> None:
        """Count the votes on a motion of yours as they are here."""
        now(self._group.close_motion(motion))
