"""Two members compare what they were shown, over any second path (docs/protocol.md, section 4.5).

A relay can show two parts of a group two histories, and to each alone this looks like silence. What one device was
shown fits into a short text: the ids of its latest epochs, and what the relay signed of their mailboxes. The other
device finds where the two histories part, and keeps what the relay has signed for both and cannot both be true.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import BadLinkError, FormatError
from taboon_client.group.epoch import epoch_id
from taboon_client.relay.signed import Signed
from taboon_client.session import histories
from taboon_client.values import Compared, Proof
from taboon_client.vault import groups, other_sides
from taboon_client.vault import signed as rows
from taboon_client.vault.signed import ProofRow
from taboon_crypto.primitives.errors import PrimitiveError
from taboon_crypto.primitives.hkdf import expand
from taboon_crypto.primitives.sodium import xchacha20poly1305_open, xchacha20poly1305_seal

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["compare", "keep", "proofs", "seen"]

_PREFIX: Final = "taboon:seen:"
_LABEL: Final = b"taboon seen v1"
_VERSION: Final = 2
_NONCE: Final = 24
_MARK: Final = 16
_EPOCHS: Final = 16
"""How many of the latest epochs are named, and how many mailboxes the relay's word is kept of."""
_WORDS: Final = 6
"""Of how many mailboxes the relay's word goes along."""
_SIDES: Final = 2
"""How many other histories are answered with what ours shows."""
_LONGEST: Final = 4 * 1_048_576
_TWICE: Final = (
    "the relay has signed two histories of one of this group's mailboxes. “taboon evidence GROUP” shows what is proven"
)
_NO_TEXT: Final = (
    f"this is not what a member was shown: that begins with {_PREFIX}. Ask them for “taboon evidence GROUP”"
)
_OTHER: Final = "this is of another group, or damaged. Take all of it, once more"


def keep(tx: Connection, grp: int, epoch: int, raw: bytes, *, now: int) -> list[str]:
    """Keep the relay's signed word on the mailbox of an epoch. Returns sentences, where it contradicts one before."""
    if not raw:
        return []
    said = Signed.parse(raw)
    before = rows.get(tx, grp, said.mailbox_id)
    told = []
    if before is not None and Signed.parse(before[1]).contradicts(said):
        proof = ProofRow(said.mailbox_id, epoch, before[1], raw, now)
        told = [_TWICE] if rows.keep_proof(tx, grp, proof) else []
    if before is None or before[1] != raw:
        rows.keep(tx, grp, said.mailbox_id, epoch, raw, _EPOCHS)
    return told


def seen(desk: Desk, tx: Connection, grp: int) -> str:
    """Return what this device was shown, as a text for other members.

    It is encrypted under a key that members share for good, so that whoever finds it, and the relay, cannot tell from
    it which mailboxes belong together.
    """
    own = groups.get_group(tx, grp)
    content = cbor.encode(
        [
            _VERSION,
            [[number, _mark(one)] for number, one in sorted(rows.epoch_ids(tx, grp, _EPOCHS).items())],
            _authenticator(desk, tx, grp),
            rows.latest(tx, grp, _WORDS),
            _showings(tx, grp),
        ]
    )
    nonce = desk.random(_NONCE)
    text = nonce + xchacha20poly1305_seal(_key(own.group_id), nonce, content, _LABEL)
    return _PREFIX + base64.urlsafe_b64encode(text).rstrip(b"=").decode("ascii")


def _showings(tx: Connection, grp: int) -> list[bytes]:
    """Return what our history shows of itself to those who are known to be in another one."""
    shown = (histories.show(tx, grp, row.epoch) for row in other_sides.every(tx, grp)[:_SIDES])
    return [one for one in shown if one is not None]


def compare(desk: Desk, tx: Connection, grp: int, text: str) -> Compared:
    """Hold what another member's device was shown against what this one was; keep what proves two histories.

    Where both are in two histories and theirs shows enough of itself, this device decides which one stands, and if it
    is theirs it goes over by itself. For them to decide, there is a text to be given back.

    Raises:
        BadLinkError: It is no such text, or of another group.
    """
    theirs, authenticator, words, showings = _read(groups.get_group(tx, grp).group_id, text)
    ours = rows.epoch_ids(tx, grp, _EPOCHS)
    both = sorted(ours.keys() & theirs.keys())
    parted = next((number for number in both if _mark(ours[number]) != theirs[number]), None)
    last, their_last = max(ours, default=-1), max(theirs, default=-1)
    if parted is None and last == their_last and authenticator != _authenticator(desk, tx, grp):
        parted = last
    if parted is not None and theirs.get(parted - 1) == _mark(ours.get(parted - 1, b"")):
        # Now our text says what they need to decide.
        other_sides.note(tx, grp, parted - 1, desk.now)
    weighed = [histories.weigh(tx, grp, one, now=desk.now) for one in showings]
    decided = next((one for one in weighed if one.stands in (histories.Stands.HERE, histories.Stands.THERE)), None)
    found = []
    for word in words:
        try:
            said = Signed.parse(word)
        except FormatError:
            continue
        held = rows.get(tx, grp, said.mailbox_id)
        if held is not None and Signed.parse(held[1]).contradicts(said):
            row = ProofRow(said.mailbox_id, held[0], held[1], word, desk.now)
            rows.keep_proof(tx, grp, row)
            found.append(_proof(row))
    answer = None
    if parted is not None and (decided is None or decided.stands is histories.Stands.HERE) and _showings(tx, grp):
        answer = seen(desk, tx, grp)
    return Compared(
        epoch=last,
        other_epoch=their_last,
        comparable=bool(both),
        parted=parted,
        proofs=tuple(found),
        stands=None if decided is None else decided.stands.value,
        answer=answer,
    )


def proofs(tx: Connection, grp: int) -> tuple[Proof, ...]:
    """Return what is kept as proof that the relay showed two histories."""
    return tuple(map(_proof, rows.proofs(tx, grp)))


def _proof(row: ProofRow) -> Proof:
    ours, theirs = Signed.parse(row.ours), Signed.parse(row.theirs)
    return Proof(
        relay_id=ours.relay_id,
        epoch=row.epoch,
        numbers=(ours.number, theirs.number),
        signed=(row.ours, row.theirs),
        at=row.at,
    )


def _authenticator(desk: Desk, tx: Connection, grp: int) -> bytes:
    if groups.get_group(tx, grp).state != "active":
        return b""
    group = desk.keeper.load(tx, grp)
    return hashlib.sha256(_LABEL + b" authenticator" + epoch_id(group) + group.epoch_authenticator).digest()[:_MARK]


def _mark(one: bytes) -> bytes:
    return hashlib.sha256(_LABEL + b" epoch" + one).digest()[:_MARK]


def _key(group_id: bytes) -> bytes:
    return bytes(expand("sha256", hashlib.sha256(_LABEL + b" key" + group_id).digest(), _LABEL, 32))


def _read(group_id: bytes, text: str) -> tuple[dict[int, bytes], bytes, list[bytes], list[bytes]]:
    joined = "".join(text.split()) if len(text) <= _LONGEST else ""
    if not joined.startswith(_PREFIX):
        raise BadLinkError(_NO_TEXT)
    encoded = joined.removeprefix(_PREFIX)
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        content = xchacha20poly1305_open(_key(group_id), raw[:_NONCE], raw[_NONCE:], _LABEL)
    except (binascii.Error, ValueError, PrimitiveError) as error:
        raise BadLinkError(_OTHER) from error
    try:
        version, epochs, authenticator, words, showings = cbor.decode(content)
        shapely = version == _VERSION and len(epochs) <= _EPOCHS and len(words) <= _WORDS
        shapely = shapely and len(showings) <= _SIDES and all(isinstance(one, bytes) for one in showings)
        named: dict[int, bytes] = dict(epochs)
        shapely = shapely and all(isinstance(number, int) and isinstance(mark, bytes) for number, mark in epochs)
        shapely = shapely and isinstance(authenticator, bytes) and all(isinstance(word, bytes) for word in words)
    except (FormatError, TypeError, ValueError) as error:
        raise BadLinkError(_OTHER) from error
    if not shapely:
        raise BadLinkError("this was made by a newer version of Taboon. Update Taboon, then compare again")
    return named, authenticator, list(words), list(showings)
