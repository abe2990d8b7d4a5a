"""Members who ask to come back with a leaf that was replaced: an old backup, or a thief. An admin decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import NotFoundError
from taboon_client.joining.admission import as_admin
from taboon_client.session.watching import return_of
from taboon_client.values import Returning
from taboon_client.vault import coming_back, groups

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["returns", "wish_to_bring_back"]

_LEAST_CODE = 4


def returns(desk: Desk, tx: Connection, grp: int) -> list[Returning]:
    """Return who asks to come back and waits for an admin's word."""
    if groups.get_group(tx, grp).state != "active":
        return []
    group = desk.keeper.load(tx, grp)
    wished = {wish.data for wish in groups.wishes(tx, grp) if wish.kind == "return"}
    found = []
    for digest, _, identity in coming_back.requests(tx, grp):
        known = return_of(tx, desk.ledger, grp, group, digest, desk.now)
        if known is not None and not known.current:
            found.append(Returning(digest.hex()[:8], identity, approved=digest in wished))
    return found


def wish_to_bring_back(desk: Desk, tx: Connection, grp: int, ref: str) -> int:
    """Wish for a commit that brings somebody back, as an admin; returns the wish.

    Raises:
        NotFoundError: Nobody asks under that code.
        NotAllowedError: We are no admin.
    """
    as_admin(desk, tx, grp)
    digests = [digest for digest, _, _ in coming_back.requests(tx, grp)]
    fits = [digest for digest in digests if len(ref) >= _LEAST_CODE and digest.hex().startswith(ref.lower())]
    if len(fits) != 1:
        raise NotFoundError("request", "nobody asks under that name or code. “taboon requests” lists who does")
    return groups.add_wish(tx, grp, "return", fits[0])
