"""Whether somebody who asks to join a circle is of its parent group, looked at before anybody approves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FormatError, NotAllowedError
from taboon_client.group.circles import check_circle
from taboon_client.group.epoch import policy_of
from taboon_client.group.parents import members_now
from taboon_client.group.rules import check_member
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import read_request
from taboon_crypto import mls

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_client.vault.rendezvous import InviteRow

__all__ = ["check_of_parent"]

_ELSEWHERE = "this device is not in the group that the circle is in: it cannot tell who is. Another admin's can"
_NOT_IN = "whoever asks is not in the group that the circle is in, as far as this device knows. Sync that group first"


def check_of_parent(desk: Desk, tx: Connection, grp: int, row: InviteRow) -> None:
    """Check that whoever asks to join a circle is a member of its parent now; other groups let anyone ask.

    Raises:
        NotAllowedError: They are not, or this device cannot tell.
    """
    group = desk.keeper.load(tx, grp)
    parent = policy_of(group).parent
    if not parent:
        return
    present = members_now(tx, desk.ledger, parent)
    if present is None:
        raise NotAllowedError(_ELSEWHERE)
    request = read_request(InvitePayload.decode(row.payload), row.request or b"")
    leaf = check_member(mls.Member(0, mls.KeyPackage.decode(request.key_package).leaf_node), group.suite)
    try:
        check_circle(parent, [(request.identity, leaf)])
    except FormatError as error:
        raise NotAllowedError(f"{error}. Nobody is let in") from error
    if leaf.parent not in present:
        raise NotAllowedError(_NOT_IN)
