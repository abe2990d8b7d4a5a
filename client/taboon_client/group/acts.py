"""What a member does on the board: each act is one event, refused with a plain sentence where it would mean nothing.

The rules of the fold hold whatever a device sends; the checks here only keep an honest person from posting in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.board import (
    Comment,
    Confirm,
    Deliver,
    Item,
    ItemPledge,
    Pledge,
    PledgeStanding,
    Release,
    Status,
    Withdraw,
)
from taboon_client.errors import FieldError, GroupStoppedError, NotAllowedError
from taboon_client.vault import events as rows
from taboon_client.vault import groups

if TYPE_CHECKING:
    from taboon_client.board import Opening
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection

__all__ = ["Acts"]

_PROMISED = (PledgeStanding.PRIMARY, PledgeStanding.STANDBY)


class Acts:
    """The acts of one member on one group's board, inside one transaction that writes.

    Args:
        tx: The transaction.
        ledger: Of the vault.
        grp: The group.
        now: Unix time, for display on other devices.

    Raises:
        GroupStoppedError: The group does not go on here.
    """

    def __init__(self, tx: Connection, ledger: Ledger, grp: int, now: int) -> None:
        self._tx = tx
        self._ledger = ledger
        self._grp = grp
        self._now = now
        own = groups.get_group(tx, grp)
        if own.state in ("removed", "frozen"):
            raise GroupStoppedError(own.problem or "this group does not go on here")
        self._identity = own.identity

    def post(self, opening: Opening, key: bytes | None) -> tuple[bytes, bool]:
        """Open an item; returns its id and whether it is new. With a key (16 bytes) the same post is made only once."""
        if key is not None:
            known = rows.post_of_key(self._tx, self._grp, key)
            if known is not None and self._stands(known):
                return known, False
            opening = _with_key(opening, key)
        event = self._ledger.make(self._tx, self._grp, opening, None, ())
        return event.name, True

    def _stands(self, item: bytes) -> bool:
        """Tell whether an item is ours, or is open: nobody can keep a post out by posting its key and closing it."""
        folded = rows.folded_item(self._tx, item)
        if folded is None:
            return False
        found = Item.decode(folded)
        return found.author == self._identity or found.status not in (Status.WITHDRAWN, Status.DONE)

    def pledge(self, item: Item, quantity: int | None) -> None:
        """Promise to cover an item, or ``quantity`` of its only line."""
        if item.status in (Status.WITHDRAWN, Status.DONE):
            raise NotAllowedError(f"#{item.code} is closed: nothing more is needed there")
        if self._own_pledge(item, *_PROMISED) is not None:
            raise NotAllowedError(f"you have a pledge on #{item.code} already. Release it first to change it")
        quantities: tuple[tuple[int, int], ...] = ()
        if quantity is not None:
            if len(item.lines) != 1:
                raise FieldError("quantity", f"#{item.code} has several lines: pledge the whole")
            quantities = ((0, quantity),)
        self._make(item, Pledge(quantities=quantities, created=self._now))

    def release(self, item: Item, reason: str) -> None:
        """Give our pledge back."""
        pledge = self._need(item, self._own_pledge(item, *_PROMISED, PledgeStanding.HANDED_OVER), "no pledge")
        self._make(item, Release(pledge=pledge.name, reason=reason, created=self._now), pledge.name)

    def deliver(self, item: Item) -> None:
        """Say that what we pledged is handed over."""
        pledge = self._need(item, self._own_pledge(item, *_PROMISED), "no pledge that is not handed over yet")
        self._make(item, Deliver(pledge=pledge.name, created=self._now), pledge.name)

    def confirm(self, item: Item) -> None:
        """Say that everything which was handed over to our item has arrived."""
        if item.author != self._identity:
            raise NotAllowedError(f"only whoever posted #{item.code} can confirm that it arrived")
        handed = [pledge for pledge in item.pledges if pledge.standing is PledgeStanding.HANDED_OVER]
        if not handed:
            raise NotAllowedError(f"nothing was handed over for #{item.code} yet")
        for pledge in handed:
            self._make(item, Confirm(pledge=pledge.name, created=self._now), pledge.name)

    def withdraw(self, item: Item, reason: str) -> None:
        """Close our item."""
        if item.author != self._identity:
            raise NotAllowedError(f"only whoever posted #{item.code} can withdraw it")
        if item.status is Status.WITHDRAWN:
            raise NotAllowedError(f"#{item.code} is withdrawn already")
        self._make(item, Withdraw(reason=reason, created=self._now))

    def comment(self, item: Item, text: str) -> None:
        """Say something about an item."""
        self._make(item, Comment(text=text, created=self._now))

    def _own_pledge(self, item: Item, *standings: PledgeStanding) -> ItemPledge | None:
        return next((p for p in item.pledges if p.author == self._identity and p.standing in standings), None)

    def _need(self, item: Item, pledge: ItemPledge | None, what: str) -> ItemPledge:
        if pledge is None:
            raise NotAllowedError(f"you have {what} on #{item.code}")
        return pledge

    def _make(
        self, item: Item, body: Pledge | Release | Deliver | Confirm | Withdraw | Comment, *speaks_of: bytes
    ) -> None:
        # An item is a place of its own; its opening is spoken of by whatever happens to it.
        self._ledger.make(self._tx, self._grp, body, item.id, speaks_of)


def _with_key(opening: Opening, key: bytes) -> Opening:
    return msgspec.structs.replace(opening, key=key)
