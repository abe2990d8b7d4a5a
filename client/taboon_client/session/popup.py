"""A pop-up relay beside home: begin with it, what is to be carried, and going home (docs/protocol.md, section 2.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.errors import GroupStoppedError, NotAllowedError
from taboon_client.group import popup as mailbox
from taboon_client.relay.address import RelayAddress
from taboon_client.session import forks
from taboon_client.session.judging import Judge
from taboon_client.values import Popup
from taboon_client.vault import ended, events, groups, outbox, popups
from taboon_client.vault import forks as kept_rows

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["end", "in_use", "settle", "settle_left", "speak_again", "use"]

_DAY: Final = 86_400
_KEEP: Final = 30 * _DAY
"""Seconds for which ended epochs are kept while a pop-up relay is in use."""
_LATE: Final = 7 * _DAY
"""Seconds for which the commits of epochs that ended before are brought to a new pop-up relay."""
_FORGOTTEN: Final = 7 * _DAY
"""Seconds after which a pop-up relay that does not answer is asked no more, once home does."""


def use(desk: Desk, tx: Connection, grp: int, address: RelayAddress, relay_id: bytes) -> None:
    """Go on at a pop-up relay while home is away; one that was in use before is asked no more.

    Raises:
        GroupStoppedError: The group does not go on here.
        NotAllowedError: It is the group's own relay.
    """
    row = groups.get_group(tx, grp)
    if row.state != "active":
        raise GroupStoppedError(row.problem or "this group does not go on here")
    if relay_id == row.relay_id:
        raise NotAllowedError("that is the group's own relay: nothing has to be set for it")
    known = popups.get(tx, grp)
    if known is not None and known.relay_id == relay_id:
        # The same relay, perhaps at another address since it was started again.
        popups.set_place(tx, grp, address.base_url, over=False)
        return
    mailbox.begin(tx, desk.keeper, grp, address, relay_id, now=desk.now)
    for ended_row in ended.witnessed(tx, grp):
        # Others may have followed another commit: there it comes to light.
        judge = Judge.of(ended_row)
        if judge is not None and desk.now - ended_row.at < _LATE:
            secret = bytes(judge.group.export("taboon mailbox", relay_id, 32))
            ended.set_popup(tx, grp, ended_row.epoch, relay_id, secret)


def end(tx: Connection, grp: int) -> None:
    """Ask the pop-up relay no more. What was said there comes home with the next sync that reaches home."""
    if popups.get(tx, grp) is not None:
        popups.set_over(tx, grp)


def in_use(tx: Connection, grp: int) -> Popup | None:
    """Return the pop-up relay of a group, None where there is none or nothing of it is left to be done."""
    row = popups.get(tx, grp)
    if row is None:
        return None
    return Popup(RelayAddress(row.url, row.relay_id).format(), row.since, row.reached, over=bool(row.over))


def speak_again(desk: Desk, grp: int) -> None:
    """Home is away: say there what we had said in this epoch before, since not everyone may have read it."""

    def act(tx: Connection) -> None:
        row = mailbox.present(tx, desk.keeper, grp)
        if row is None or row.said or row.over:
            return
        for name in events.carried_by(tx, grp, row.epoch, groups.get_group(tx, grp).identity):
            outbox.queue_event(tx, grp, name)
        popups.set_said(tx, grp, said=True)

    desk.keeper.write(act)


def settle(desk: Desk, grp: int, *, home: bool, away: bool) -> None:
    """Forget what is not needed any more, after a sync that reached these relays."""

    def act(tx: Connection) -> None:
        row = popups.get(tx, grp)
        if row is None:
            return
        if away:
            popups.set_reached(tx, grp, desk.now)
        last = desk.now if away else row.reached or row.since
        here = groups.get_group(tx, grp).relay_id
        unbrought = any(one.relay_id == here for one in ended.to_bring(tx, grp, popup=False))
        if home and not unbrought and not popups.to_carry(tx, grp, 1, popup=False):
            if row.over or desk.now - last > _FORGOTTEN:
                popups.drop(tx, grp)
            over = row.over
        else:
            over = 0
        _forget_kept(desk, tx, grp, over=bool(over))

    desk.keeper.write(act)


def settle_left(desk: Desk, grp: int) -> None:
    """Forget what was kept for a home that the group has left, after that was asked, or for too long."""

    def act(tx: Connection) -> None:
        if popups.get(tx, grp) is None:
            _forget_kept(desk, tx, grp, over=False)

    if desk.keeper.read(lambda tx: bool(kept_rows.all_kept(tx, grp))):
        desk.keeper.write(act)


def _forget_kept(desk: Desk, tx: Connection, grp: int, *, over: bool) -> None:
    missing = {one.epoch for one in (*ended.to_bring(tx, grp, popup=False), *ended.to_bring(tx, grp, popup=True))}
    for epoch, at, _ in kept_rows.all_kept(tx, grp):
        if forks.is_own(tx, grp, epoch):
            continue
        if over or epoch not in missing or desk.now - at > _KEEP:
            kept_rows.drop(tx, grp, epoch)
