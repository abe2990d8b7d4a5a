"""The members of a group and their keys, without ``async``: see :mod:`taboon_client.library.membership`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now, soon
from taboon_client.library import COMMIT_WAIT

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.values import Compared, Deed, Exposure, GroupKeys, Member, Outcome, Proof, Removal, SyncReport
    from taboon_crypto.safety_code import SafetyCode

__all__ = ["Membership"]


class Membership:
    """The members of one group."""

    _group: library.Group

    def members(self) -> list[Member]:
        """Return who is in the group."""
        return now(self._group.members())

    def member(self, ref: str, *, whole: bool = False) -> Member:
        """Return a member by tag, name or, unless ``whole``, unique prefix of the name."""
        return now(self._group.member(ref, whole=whole))

    def people(self) -> dict[bytes, Member]:
        """Return everyone who is or was here, by identity key."""
        return now(self._group.people())

    def remove(self, member: Member | str, wait: float = COMMIT_WAIT) -> Outcome:
        """Remove a member."""
        return soon(self._group.remove(member, wait), wait)

    def rotate(self, wait: float = COMMIT_WAIT) -> Outcome:
        """Make fresh keys for yourself and a new epoch for the group."""
        return soon(self._group.rotate(wait), wait)

    def leave(self, wait: float = COMMIT_WAIT) -> Outcome:
        """Leave the group."""
        return soon(self._group.leave(wait), wait)

    def leaving(self) -> bool:
        """Tell whether you have said that you leave, and are still here."""
        return now(self._group.leaving())

    def stay(self, wait: float = COMMIT_WAIT) -> SyncReport:
        """Take back that you leave."""
        return soon(self._group.stay(wait), wait)

    def go_on(self, wait: float = COMMIT_WAIT) -> SyncReport:
        """Go on from what this device holds, after everyone was away for too long."""
        return soon(self._group.go_on(wait), wait)

    def keys(self) -> GroupKeys:
        """Return how everyone's keys stand, who has followed, and what to do about it."""
        return now(self._group.keys())

    def removals(self) -> tuple[Removal, ...]:
        """Return the removals that this device has seen, and how sure each is."""
        return now(self._group.removals())

    def deeds(self) -> list[Deed]:
        """Return what admins did, oldest first."""
        return now(self._group.deeds())

    def exposure(self, member: Member | str) -> Exposure:
        """Return what a member, or a former one, could have seen, and which sealed details it opened."""
        return now(self._group.exposure(member))

    def say_at_risk(self, member: Member | str, reason: str = "") -> None:
        """Say that a member's device may be in other hands."""
        now(self._group.say_at_risk(member, reason))

    def lift_risk(self, member: Member | str, reason: str = "") -> None:
        """Say, as an admin, that a member's device is in good hands after all."""
        now(self._group.lift_risk(member, reason))

    def vouch(self, member: Member | str, text: str = "") -> None:
        """Say to the group that you know a member."""
        now(self._group.vouch(member, text))

    def set_checked(self, member: Member | str, how: str | None = "code") -> None:
        """Note on this device that a member's key is that person's."""
        now(self._group.set_checked(member, how))

    def meeting_code(self) -> str:
        """Return what this device shows, as a QR code, to another member who is here in person."""
        return now(self._group.meeting_code())

    def meet(self, text: str) -> Member:
        """Take what another member's device shows: its key counts as checked in person, on this device."""
        return now(self._group.meet(text))

    def epoch_code(self) -> tuple[int, SafetyCode]:
        """Return the number of the epoch and its code."""
        return now(self._group.epoch_code())

    def seen(self) -> str:
        """Return what this device was shown of the group, as a text for another member to compare."""
        return now(self._group.seen())

    def compare(self, text: str) -> Compared:
        """Compare with what another member's device was shown; what proves two histories is kept."""
        return now(self._group.compare(text))

    def proofs(self) -> tuple[Proof, ...]:
        """Return what is kept as proof that the relay signed two histories."""
        return now(self._group.proofs())
