"""The joining side of a rendezvous: our request, and the Welcome that we take for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import Name
from taboon_client.board.register_kinds import Accept
from taboon_client.errors import BadLinkError, FormatError, InviteEndedError, RelayAddressError
from taboon_client.group import watched
from taboon_client.group.circles import check_circle, parent_hint, prove
from taboon_client.group.commit_data import psk_id
from taboon_client.group.epoch import mailbox_of, policy_of, record_of
from taboon_client.group.leaf import LeafKeys, member_profile
from taboon_client.group.ledger import FOLD_VERSION
from taboon_client.group.record import note_ages
from taboon_client.group.rules import check_member
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.settings import LIMITS
from taboon_client.joining.host import GRACE
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import (
    Asks,
    is_ended,
    make_request,
    make_withdrawn,
    read_asks,
    read_request,
    read_welcome,
)
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import groups, outbox
from taboon_client.vault import rendezvous as rows
from taboon_crypto import mls
from taboon_crypto.blob import Assembler, Kind, Part, Whole, open_blob, parse_content, seal_blob
from taboon_crypto.errors import CryptoError
from taboon_crypto.safety_code import SafetyCode, safety_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from taboon_client.group.keeper import Keeper
    from taboon_client.group.ledger import Ledger
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_client.vault.rendezvous import JoiningRow
    from taboon_crypto.mls import Random

__all__ = ["asked", "code_for", "give_up", "kept_code", "request_to_join", "take_page", "withdraw"]

LIFETIME = 90 * 86_400
"""Seconds for which our key package is good; the invite itself expires long before."""

_STOLEN = (
    "somebody else used this invite link as well. Nobody will be let in with it. Tell whoever invited you, over a "
    "channel that you trust, and ask for a new link"
)
_ENDED = "the invite was ended by whoever made it. Ask for a new one"
_TAKEN_BACK = "you took the request back"
_EXPIRED = "nobody let you in before the invite expired. Ask for a new one"
_BROKEN = "the answer to your request cannot be used. Ask for a new invite"


def request_to_join(
    tx: Connection, payload: InvitePayload, name: str, answers: Mapping[bytes, str], *, now: int, random: Random
) -> int:
    """Make our request, with answers to what the group asks, and keep it. Returns its row id.

    Raises:
        InviteEndedError: The invite has expired by this device's clock, or was used here before.
        BadLinkError: It is one into a circle of a group that is not on this device.
    """
    if now // 60 > payload.expires:
        raise InviteEndedError("this invite has expired. Ask for a new one (and check this device's clock)")
    if rows.was_used(tx, payload.digest):
        raise InviteEndedError("this invite was used on this device before. Ask for a new one")
    signer = mls.SigningKey.generate(random)
    above = _parent(tx, payload)
    keys = LeafKeys.generate(
        random,
        suite=payload.suite,
        person=payload.person,
        parent=b"" if above is None else above.identity,
        proof=b"" if above is None else prove(above.identity_seed, above.group_id, signer.public),
    )
    package, secrets = mls.KeyPackage.generate(
        payload.suite, member_profile(signer, keys.content), now=now, lifetime=LIFETIME, random=random
    )
    encoded = package.encode()
    body = make_request(payload, encoded, name, signer, answers)
    code = code_for(payload, encoded)
    return rows.add_joining(
        tx,
        digest=payload.digest,
        payload=payload.encode(),
        safety=cbor.encode([list(code.words_en), list(code.words_ar), code.digits]),
        name=name,
        identity_seed=signer.seed,
        key_package=encoded,
        expires=payload.expires,
        secrets=cbor.encode([secrets.encode(), bytes(keys.append_seed), bytes(keys.sealing_private)]),
        blob=seal_blob(payload.blob_key, bytes((Kind.REQUEST,)) + body, random),
    )


def _parent(tx: Connection, payload: InvitePayload) -> groups.GroupRow | None:
    """Return the group in whose circle an invite is, None where it is in none."""
    if not payload.circle:
        return None
    for row in groups.all_groups(tx):
        if row.state == "active" and parent_hint(row.group_id, payload.invite_key) == payload.circle:
            return row
    raise BadLinkError("this invite is for members of a group that is not on this device. Join that group first")


def asked(payload: InvitePayload, blobs: Sequence[bytes]) -> Asks:
    """Return what the group asks whoever wants to join, as it lies at the rendezvous."""
    for parsed in _contents(payload, blobs):
        if parsed.kind is Kind.ASKS:
            try:
                return read_asks(payload, parsed.body)
            except FormatError:
                continue
    return Asks()


def withdraw(tx: Connection, joining: int, random: Random) -> tuple[InvitePayload, bytes] | None:
    """Take our request back: its keys are deleted, so that no answer can be used. Returns what tells the group.

    Returns:
        The invite and the blob for its rendezvous; None if the request is over already.
    """
    row = rows.get_joining(tx, joining)
    if row.state != "waiting" or row.payload is None or row.identity_seed is None:
        return None
    payload = InvitePayload.decode(row.payload)
    body = make_withdrawn(payload, row.key_package, mls.SigningKey(row.identity_seed))
    _end(tx, joining, _TAKEN_BACK)
    return payload, seal_blob(payload.blob_key, bytes((Kind.WITHDRAWN,)) + body, random)


def _accepted(payload: InvitePayload, row: JoiningRow) -> list[bytes]:
    """Return the names of the agreements that our request accepted: they stand there without a text."""
    if row.blob is None:
        return []
    for parsed in _contents(payload, [row.blob]):
        try:
            answers = read_request(payload, parsed.body).answers
        except FormatError:
            continue
        return [name for name, text in answers.items() if not text]
    return []


def kept_code(row: JoiningRow) -> SafetyCode:
    """Return the safety code that was computed when the request was made."""
    english, arabic, digits = cbor.decode(row.safety)
    return SafetyCode(tuple(english), tuple(arabic), digits)


def code_for(payload: InvitePayload, key_package: bytes) -> SafetyCode:
    """Return the safety code that both sides compare. Takes a fifth of a second and 64 MiB."""
    return safety_code(payload.encode(), payload.relay_id, key_package)


def take_page(
    tx: Connection, keeper: Keeper, ledger: Ledger, joining: int, *, blobs: Sequence[bytes], now: int
) -> list[str]:
    """Take what lies at the rendezvous where we wait, from its beginning. Returns sentences for the user."""
    row = rows.get_joining(tx, joining)
    if row.state != "waiting" or row.payload is None:
        return []
    payload = InvitePayload.decode(row.payload)
    welcome: bytes | None = None
    for parsed in _contents(payload, blobs):
        if parsed.kind is Kind.REQUEST and _is_foreign(payload, parsed.body, row.key_package):
            return _end(tx, joining, _STOLEN)
        if parsed.kind is Kind.ENDED and is_ended(payload, parsed.body):
            return _end(tx, joining, _ENDED)
        if parsed.kind is Kind.WELCOME:
            try:
                welcome = read_welcome(payload, row.key_package, parsed.body)
            except FormatError:
                continue
            break
    if welcome is None:
        return _end(tx, joining, _EXPIRED) if now // 60 > row.expires + GRACE else []
    try:
        group = _join(payload, row, welcome)
    except (mls.MlsError, FormatError):
        return _end(tx, joining, _BROKEN)
    if groups.has_live_group(tx, group.group_id):
        return _end(tx, joining, "you are in that group already, on this device")
    _enter(tx, keeper, ledger, row, payload, group)
    return ["you were let in"]


def give_up(tx: Connection, joining: int) -> list[str]:
    """End our request: the rendezvous takes nothing more, which nobody honest brings about."""
    return _end(tx, joining, _STOLEN)


def _contents(payload: InvitePayload, blobs: Sequence[bytes]) -> Iterable[Whole]:
    assembler = Assembler()
    for blob in blobs:
        try:
            parsed: Part | Whole | None = parse_content(open_blob(payload.blob_key, blob))
            if isinstance(parsed, Part):
                parsed = assembler.add(parsed)
        except CryptoError:
            continue
        if parsed is not None:
            yield parsed


def _is_foreign(payload: InvitePayload, body: bytes, own: bytes) -> bool:
    try:
        return read_request(payload, body).key_package != own
    except FormatError:
        return False


def _end(tx: Connection, joining: int, problem: str) -> list[str]:
    rows.end_joining(tx, joining, "ended", problem=problem, grp=None)
    return [problem]


def _join(payload: InvitePayload, row: JoiningRow, welcome: bytes) -> mls.Group:
    secrets, _, _ = cbor.decode(row.secrets or b"")

    def psk(wanted: mls.PreSharedKeyID, _: bytes) -> bytes | None:
        known = isinstance(wanted.psk, mls.ExternalPsk) and wanted.psk.psk_id == psk_id(payload.psk)
        return payload.psk if known else None

    # Lifetimes are looked at by whoever commits, and by nobody afterwards: one old leaf must not keep newcomers out.
    group = mls.Group.join(
        welcome,
        mls.KeyPackage.decode(row.key_package),
        mls.KeyPackageSecrets.decode(secrets),
        psks=psk,
        now=None,
        signed_generations=True,
        limits=LIMITS,
    )
    if group.suite != payload.suite:
        raise FormatError("the group has another cipher suite than the invite says")
    policy = policy_of(group)
    try:
        _home_of(policy)
    except RelayAddressError as error:
        raise FormatError(str(error)) from error
    check_circle(policy.parent, [(one.signature_key, check_member(one, group.suite)) for one in group.members()])
    if policy.parent and payload.circle != parent_hint(policy.parent, payload.invite_key):
        raise FormatError("the circle is in another group than the invite says")
    if not policy.is_admin(_adder(group)):
        raise FormatError("whoever added us is no admin")
    return group


def _home_of(policy: Policy) -> RelayAddress:
    """Return where the group lives; that may be another relay by now than the one where we met."""
    return RelayAddress(policy.home.url, policy.home.id)


def _adder(group: mls.Group) -> bytes:
    """Return the identity key of the member whose Welcome we joined by."""
    if group.welcomed_by is None:
        raise FormatError("the group was not joined by a Welcome")
    return group.member(group.welcomed_by).signature_key


def _enter(
    tx: Connection, keeper: Keeper, ledger: Ledger, row: JoiningRow, payload: InvitePayload, group: mls.Group
) -> None:
    _, append_seed, sealing_private = cbor.decode(row.secrets or b"")
    policy = policy_of(group)
    own = group.member(group.own_leaf)
    leaf = check_member(own, group.suite)
    grp = groups.add_group(
        tx,
        group_id=group.group_id,
        name=f"group {group.group_id[:3].hex()}",
        relay_url=_home_of(policy).base_url,
        relay_id=policy.home.id,
        identity_seed=row.identity_seed or b"",
        identity=own.signature_key,
        added_by=_adder(group),
        joined=group.epoch,
    )
    groups.add_leaf_key(tx, grp, "append", leaf.append_key, append_seed)
    groups.add_leaf_key(tx, grp, "sealing", leaf.sealing_key, sealing_private)
    keeper.save(tx, grp, group)
    ledger.add_epoch(tx, grp, record_of(group), _adder(group))
    groups.set_mailbox(tx, mailbox_of(group, grp))
    groups.set_whole(tx, grp, whole=False)
    outbox.start_epoch(tx, grp)
    groups.set_fold_version(tx, grp, FOLD_VERSION)
    note_sealing_keys(tx, grp, group)
    others = [member.signature_key for member in group.members()]
    note_ages(tx, grp, others, group.epoch, None)
    note_ages(tx, grp, [own.signature_key, _adder(group)], group.epoch, ledger.now)
    watched.watch_leaves(tx, grp, group, group.members(), (), now=ledger.now, random=ledger.random)
    if not leaf.person:
        # A further device is called what its person is called.
        ledger.make(tx, grp, Name(name=row.name), "people", ())
    for agreement in _accepted(payload, row):
        ledger.make(tx, grp, Accept(agreement=agreement, created=ledger.now), "people", ())
    rows.end_joining(tx, row.id, "joined", problem=None, grp=grp)
