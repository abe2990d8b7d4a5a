"""Two valid seals of one epoch: which one stands, and changing over to it (docs/protocol.md, sections 2.8 and 2.12).

In own mailboxes each admin can seal; with a pop-up relay beside home, an epoch can be ended at both. Whoever has
followed one seal keeps the epoch as it was, looks for others for a while, and goes back and follows another one that
stands before it. Every device decides alike, so all come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.epoch import policy_of
from taboon_client.group.own_mailbox import counts_in, keys_of, own_keys
from taboon_client.group.payload import read_payload
from taboon_client.group.sides import standing, standing_after_loss
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.session import histories
from taboon_client.session.kept import Kept, Why, all_kept, change_over, find
from taboon_client.session.watching import contents
from taboon_client.vault import ended, groups
from taboon_client.vault import forks as rows
from taboon_client.vault.savepoint import savepoint
from taboon_crypto import mls
from taboon_crypto.blob import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_crypto.mailbox import MailboxKeys

    Follow = Callable[[Connection, Sequence[bytes]], list[str]]
    """Follows a commit whose blobs were brought here, in the same transaction; returns sentences."""

__all__ = [
    "ANOTHER",
    "OtherBox",
    "OtherSeal",
    "is_own",
    "kept_cursor",
    "looked",
    "other_boxes",
    "other_seal",
    "take",
    "take_late",
]

_KEEP: Final = 7 * 86_400
_FEW: Final = 8
_PAUSE: Final = 60
"""Own mailboxes of a lost epoch are looked into with every sync in a group of a few, else so many seconds for each."""
_STAYED: Final = (
    "somebody had ended an epoch of the group at another relay with another commit. The one that this device has "
    "followed stands; the others' devices come over by themselves"
)
_SPOILED: Final = (
    "at another relay somebody has ended an epoch of the group with something that is no valid commit. Whoever stood "
    "there goes on in own mailboxes until their device hears from home"
)
ANOTHER: Final = (
    "the relay had lost an older epoch of this group, and somebody has ended it with another commit than the one "
    "that stands here. Whoever went on from there is in another history, and comes over with the next syncs. Ask all "
    "members tomorrow whether they see your posts; if one does not, compare with “taboon evidence GROUP”"
)


@dataclass(frozen=True, slots=True)
class OtherBox:
    """An own mailbox of the kept epoch in which another seal may be."""

    relay: RelayAddress
    keys: MailboxKeys
    epoch: int
    leaf: int
    count: int
    claims: bool = False
    """Whether its member may say there which commit had ended the epoch before the relay lost it."""


@dataclass(frozen=True, slots=True)
class OtherSeal:
    """What came of a second seal of an epoch: sentences, and whether the group has changed over to it."""

    told: tuple[str, ...] = ()
    changed: bool = False


def other_boxes(desk: Desk, grp: int, former: RelayAddress | None = None) -> list[OtherBox]:
    """Return where another seal of an epoch may be that ended in own mailboxes. It is kept no longer than needed.

    With ``former`` it is an epoch in which that relay was home, which the group has left since.
    """

    def act(tx: Connection) -> list[OtherBox]:
        own = groups.get_group(tx, grp)
        relay = former or RelayAddress(own.relay_url, own.relay_id)
        found: list[OtherBox] = []
        for kept in all_kept(tx, grp):
            if kept.why is not Why.POPUP and desk.now - kept.at > _KEEP:
                rows.drop(tx, grp, kept.epoch)
            elif kept.why is Why.POPUP or policy_of(kept.group()).home.id != relay.relay_id:
                continue
            elif kept.why is Why.LOST:
                found += lost(tx, kept, relay)
            else:
                found += spoiled(tx, kept, relay, own.identity)
        return found

    def spoiled(tx: Connection, kept: Kept, relay: RelayAddress, identity: bytes) -> list[OtherBox]:
        group = kept.group()
        policy = policy_of(group)
        admins = [one.signature_key for one in group.members() if policy.is_admin(one.signature_key)]
        others = [one for one in admins if one != identity and one not in kept.ours.removes]
        # Where we had sealed, too, our own mailbox is looked into once, though everyone else has gone on.
        settled = rows.has_looked(tx, grp, kept.epoch) or not rows.staged_in(kept.state)
        if settled and all(rows.spoke_after(tx, grp, one, kept.epoch) for one in others):
            rows.drop(tx, grp, kept.epoch)
            return []
        retention = kept.mailbox.retention
        return [
            OtherBox(relay, keys_of(box, retention, None), kept.epoch, box.leaf, box.count)
            for box in kept.boxes
            if box.open and box.leaf != kept.ours.leaf
        ]

    def lost(tx: Connection, kept: Kept, relay: RelayAddress) -> list[OtherBox]:
        group = kept.group()
        members = group.members()
        few = len(members) <= _FEW
        if not rows.due(tx, grp, kept.epoch, desk.now, 0 if few else len(members) * _PAUSE):
            return []
        retention = kept.mailbox.retention
        return [
            OtherBox(relay, keys, kept.epoch, member.leaf, 0, claims=True)
            for member in members
            if member.leaf != group.own_leaf and (keys := own_keys(group, member, retention)) is not None
        ]

    return desk.keeper.write(act)


def looked(desk: Desk, grp: int, former: RelayAddress | None = None) -> None:
    """Note that the own mailboxes of all kept epochs that are at home, or at a home left since, were looked into."""

    def act(tx: Connection) -> None:
        relay_id = (former.relay_id if former is not None else None) or groups.get_group(tx, grp).relay_id
        for kept in all_kept(tx, grp):
            if kept.why is Why.OWN and policy_of(kept.group()).home.id == relay_id:
                rows.set_looked(tx, grp, kept.epoch)

    if desk.keeper.read(lambda tx: bool(rows.all_kept(tx, grp))):
        desk.keeper.write(act)


def take(desk: Desk, grp: int, box: OtherBox, blobs: Sequence[bytes], follow: Follow) -> OtherSeal:
    """Look at the seal of another own mailbox, or at what is said there of another; change over if it stands before."""

    def act(tx: Connection) -> OtherSeal:
        kept = _present(tx, grp, box.epoch)
        if kept is None:
            return OtherSeal()
        return claimed(tx, kept) if box.claims else sealed(tx, kept)

    def sealed(tx: Connection, kept: Kept) -> OtherSeal:
        judge = kept.judge()
        found = judge.look(blobs)
        if found is None or not counts_in(judge.group, found.commit, box.leaf):
            return OtherSeal()
        # Both stand in own mailboxes at home.
        theirs, ours = replace(found.side, home=True), replace(kept.ours, home=True)
        if theirs.tag == ours.tag or standing([ours, theirs], judge.persons) is ours:
            return OtherSeal()
        return OtherSeal(tuple(change_over(tx, desk, grp, kept)), changed=True)

    def claimed(tx: Connection, kept: Kept) -> OtherSeal:
        judge = kept.judge()
        for last in range(len(blobs)):
            found = judge.look(blobs[: last + 1])
            if found is None or not found.side.home or found.side.tag == kept.ours.tag:
                continue
            if standing_after_loss(found.side, kept.ours) is found.side:
                told = [*change_over(tx, desk, grp, kept), *follow(tx, blobs[: last + 1])]
                return OtherSeal(tuple(told), changed=True)
        return OtherSeal()

    return desk.keeper.write(act)


def other_seal(desk: Desk, grp: int, epoch: int, blobs: Sequence[bytes], follow: Follow, *, popup: bool) -> OtherSeal:
    """Look at the seal that an ended epoch has at the other relay; change over if it stands before the one we followed.

    Args:
        desk: Of the vault.
        grp: The group.
        epoch: Its number.
        blobs: What lies there, the last one is the seal.
        follow: Follows it, from the epoch that is here then.
        popup: Whether that is the pop-up relay.
    """

    def act(tx: Connection) -> OtherSeal:
        ours = ended.get(tx, grp, epoch)
        if ours is not None and blobs[-1] == cbor.decode(ours.blobs)[-1]:
            return OtherSeal()
        if rows.kept(tx, grp, epoch) is None:
            if popup:
                return OtherSeal(histories.weigh_seal(tx, grp, epoch, blobs, now=desk.now).told)
            return OtherSeal((ANOTHER,))
        kept = _present(tx, grp, epoch)
        if kept is None:
            return OtherSeal()
        judge = kept.judge()
        found = judge.look(blobs)
        if found is None:
            return OtherSeal((_SPOILED,))
        theirs = found.side if popup else replace(found.side, home=True)
        if theirs.tag == kept.ours.tag:
            return OtherSeal()
        if standing([kept.ours, theirs], judge.persons) is kept.ours:
            return OtherSeal((_STAYED,))
        return OtherSeal((*change_over(tx, desk, grp, kept), *follow(tx, blobs)), changed=True)

    return desk.keeper.write(act)


def _present(tx: Connection, grp: int, epoch: int) -> Kept | None:
    """Return what is kept of an epoch, where the group goes on here."""
    return find(tx, grp, epoch) if groups.get_group(tx, grp).state == "active" else None


def kept_cursor(tx: Connection, grp: int, epoch: int, *, popup: bool) -> Cursor | None:
    """Return how far an ended epoch's mailbox had been read when we left it; None where it is not kept any more."""
    kept = find(tx, grp, epoch)
    if kept is None:
        return None
    if popup:
        return None if kept.away is None else Cursor(*kept.away)
    return Cursor(kept.mailbox.number, kept.mailbox.head)


def is_own(tx: Connection, grp: int, epoch: int) -> bool:
    """Tell whether own mailboxes of a kept epoch are looked into for a while, wherever home is."""
    kept = find(tx, grp, epoch)
    return kept is not None and kept.why is not Why.POPUP


def take_late(desk: Desk, grp: int, epoch: int, blobs: Sequence[bytes]) -> int:
    """Take what members said in an epoch at one relay after we had left it at the other. Returns how many are new."""

    def act(tx: Connection) -> int:
        kept = _present(tx, grp, epoch)
        if kept is None:
            return 0
        group = kept.group()
        fresh = 0
        for whole in contents(kept.mailbox.blob_key, blobs):
            if whole.kind is not Kind.MESSAGE:
                continue
            try:
                with savepoint(tx):
                    said = group.receive(whole.body)
                    payload = read_payload(said.data) if isinstance(said, mls.ApplicationMessage) else None
                    if isinstance(payload, list):
                        fresh += desk.ledger.take(tx, grp, payload, epoch)[0]
            except (mls.MlsError, FormatError):
                continue
        return fresh

    return desk.keeper.write(act)
