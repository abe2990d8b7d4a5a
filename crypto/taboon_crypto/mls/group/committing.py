"""A commit of ours, from what the caller wants to the list of proposals: RFC 9420, sections 8.4, 12.2 and 12.4.1.

commit(state, proposals, psks, ...)     -> StagedCommit
own_psks_first(state, find_psk)         a lookup that knows the resumption PSKs of our own epochs
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from taboon_crypto.mls.ciphersuite import Random
from taboon_crypto.mls.errors import UsageError
from taboon_crypto.mls.extension import Extension
from taboon_crypto.mls.group.commit import FindPsk, create
from taboon_crypto.mls.group.selection import pick
from taboon_crypto.mls.group.sending import check_sendable, protect
from taboon_crypto.mls.group.staged import OwnKey, StagedCommit
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.group.validation import SentProposal
from taboon_crypto.mls.keys.psk import ExternalPsk, PreSharedKeyID, ResumptionPsk, ResumptionUsage
from taboon_crypto.mls.keys.secret_tree import Ratchet
from taboon_crypto.mls.messages.framing import MemberSender, WireFormat
from taboon_crypto.mls.messages.key_package import MemberProfile
from taboon_crypto.mls.messages.proposal import Add, PreSharedKey, Proposal

__all__ = ["PskName", "commit", "own_psks_first"]

PskName = PreSharedKeyID | ExternalPsk | ResumptionPsk | bytes
"""Names a pre-shared key: in full, without the nonce (a fresh one is drawn), or by the id of an external one alone."""


def commit(
    state: State,
    proposals: Sequence[Proposal],
    psks: Sequence[tuple[PskName, bytes | None]],
    *,
    profile: MemberProfile,
    by_reference: bool | Collection[bytes] = False,
    force_path: bool = True,
    authenticated_data: bytes = b"",
    private: bool = True,
    welcome_tree: bool = True,
    group_info_extensions: tuple[Extension, ...] = (),
    find_psk: FindPsk | None = None,
    random: Random,
    now: int | None,
    resuming: ResumptionUsage | None = None,
) -> StagedCommit:
    """Stage a commit; see ``Group.commit``. ``resuming`` is for the first commit of a group that continues another."""
    epoch = state.active_epoch
    named = [(_in_full(name, state, random), secret) for name, secret in psks]
    known = {psk_id: secret for psk_id, secret in named if secret is not None}
    look_up = own_psks_first(state, find_psk)

    def find_named(psk_id: PreSharedKeyID, data: bytes) -> bytes | None:
        secret = known.get(psk_id)
        return look_up(psk_id, data) if secret is None else secret

    carried = tuple(
        SentProposal(MemberSender(epoch.own_leaf), proposal)
        for proposal in (*proposals, *(PreSharedKey(psk_id) for psk_id, _ in named))
    )
    covered = (*_referenced(state, by_reference, carried, now), *carried)
    if now is None and any(isinstance(sent.proposal, Add) for sent in covered):
        raise UsageError("the time is needed to add somebody: a key package has a lifetime")
    check_sendable(proposals)
    key = state.ratchets.next_key(epoch.own_leaf, Ratchet.HANDSHAKE) if private else None
    staged = create(
        epoch,
        covered,
        profile=profile,
        force_path=force_path,
        authenticated_data=bytes(authenticated_data),
        wire_format=WireFormat.PRIVATE_MESSAGE if private else WireFormat.PUBLIC_MESSAGE,
        protect=lambda signed: protect(state, signed, random),
        find_psk=find_named,
        welcome_tree=welcome_tree,
        group_info_extensions=group_info_extensions,
        random=random,
        now=now,
        limits=state.limits,
        resuming=resuming,
    )
    return staged if key is None else replace(staged, own_key=OwnKey(key.generation, key.key, key.nonce))


def own_psks_first(state: State, find_psk: FindPsk | None) -> FindPsk:
    """Return a lookup that asks the caller's only for what our own epochs do not have."""

    def find(psk_id: PreSharedKeyID, authenticated_data: bytes) -> bytes | None:
        psk = psk_id.psk
        if isinstance(psk, ResumptionPsk) and psk.psk_group_id == state.epoch.group_id:
            own = state.resumption_psk(psk.psk_epoch)
            if own is not None:
                return own
        return None if find_psk is None else find_psk(psk_id, authenticated_data)

    return find


def _in_full(name: PskName, state: State, random: Random) -> PreSharedKeyID:
    if isinstance(name, PreSharedKeyID):
        return name
    psk = ExternalPsk(name) if isinstance(name, bytes) else name
    return PreSharedKeyID.fresh(state.active_epoch.suite, psk, random)


def _referenced(
    state: State, by_reference: bool | Collection[bytes], carried: tuple[SentProposal, ...], now: int | None
) -> tuple[SentProposal, ...]:
    """Return the proposals that a commit covers by reference."""
    if by_reference is False:
        return ()
    if by_reference is True:
        scene = state.active_epoch.scene(now=now, limits=state.limits)
        return pick(scene, state.active_epoch.own_leaf, tuple(state.pending), carried)
    waiting = state.pending.by_reference()
    if not all(reference in waiting for reference in by_reference):
        raise UsageError("a proposal that is to be committed is not here")
    return tuple(waiting[reference] for reference in by_reference)
