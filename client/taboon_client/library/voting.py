"""What the group decides together: motions and votes. A vote binds no device: admins do what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import from_body
from taboon_client.board.register_kinds import CloseMotion, Motion, Vote
from taboon_client.board.registers import VOTES
from taboon_client.errors import NotAllowedError, NotFoundError
from taboon_client.library.held import Held

if TYPE_CHECKING:
    from taboon_client.board.votes import GroupMotion
    from taboon_client.vault import Connection

__all__ = ["Voting"]

_LEAST_CODE = 4


class Voting(Held):
    """The decisions of one group."""

    async def propose(self, text: str, until: int = 0) -> bytes:
        """Ask the group to decide something; who is a member now may vote. Returns the motion's name.

        Args:
            text: What is asked, 1 to 2 000 characters.
            until: Until when you ask for votes, as Unix time; for display.
        """

        def act(tx: Connection) -> bytes:
            self._acts(tx)
            body = Motion(text=text, until=until, created=self._desk.now)
            return self._desk.ledger.make(tx, self.row_id, body, VOTES, ()).name

        return await self._write(act)

    async def motions(self) -> tuple[GroupMotion, ...]:
        """Return what the group is asked to decide, oldest first."""
        return await self._read(lambda tx: self._desk.ledger.motions(tx, self.row_id))

    async def vote(self, motion: bytes | str, choice: str, why: str = "") -> None:
        """Vote on a motion; voting again replaces the vote before.

        Args:
            motion: Its name, or the beginning of that in hexadecimal.
            choice: ``yes``, ``no`` or ``abstain``.
            why: For the others.

        Raises:
            NotFoundError: There is no such motion.
            NotAllowedError: You were no member when it was made, or it is closed.
        """

        def act(tx: Connection) -> None:
            acts = self._acts(tx)
            found = self._motion(tx, motion)
            if self._person(tx, acts.identity) not in found.electorate:
                raise NotAllowedError("whoever was a member when this was proposed votes on it; you came later")
            if found.closed:
                raise NotAllowedError("this vote is closed")
            body = Vote(motion=found.name, choice=choice, why=why, created=self._desk.now)
            self._desk.ledger.make(tx, self.row_id, body, VOTES, (found.name,))

        await self._write(act)

    async def close_motion(self, motion: bytes | str) -> None:
        """Count the votes on a motion of yours as they are here; what comes later is not counted.

        Raises:
            NotFoundError: There is no such motion.
            NotAllowedError: It is somebody else's.
        """

        def act(tx: Connection) -> None:
            acts = self._acts(tx)
            found = self._motion(tx, motion)
            if self._person(tx, acts.identity) != self._person(tx, found.author):
                raise NotAllowedError("whoever proposed it closes the vote")
            last: dict[bytes, bytes] = {}
            graph, judge = self._desk.ledger.graph(tx, self.row_id, VOTES)
            for _, name, event in graph.ready():
                body = from_body(event)
                if isinstance(body, Vote) and body.motion == found.name and judge(event):
                    last[self._person(tx, event.author)] = name
            names = tuple(sorted(name for who, name in last.items() if who in found.electorate))
            closing = CloseMotion(motion=found.name, votes=names, created=self._desk.now)
            self._desk.ledger.make(tx, self.row_id, closing, VOTES, (found.name,))

        await self._write(act)

    def _person(self, tx: Connection, identity: bytes) -> bytes:
        return self._desk.ledger.history(tx, self.row_id).person(identity) or b""

    def _motion(self, tx: Connection, ref: bytes | str) -> GroupMotion:
        wanted = ref.hex() if isinstance(ref, bytes) else ref.lower()
        motions = self._desk.ledger.motions(tx, self.row_id)
        found = [one for one in motions if len(wanted) >= _LEAST_CODE and one.name.hex().startswith(wanted)]
        if len(found) != 1:
            raise NotFoundError("motion", "nothing of that code is proposed. “taboon votes GROUP” lists what is")
        return found[0]
