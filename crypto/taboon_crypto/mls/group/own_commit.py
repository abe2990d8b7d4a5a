"""Our own commit, as it comes back: whoever is in the group can open it and encrypt it again, to the same effect.

    own_commit(state, message, staged)      which of our staged commits a message holds

MLS signs what a commit says and not how it travels. Everybody else follows such a copy, so its author must know it too,
though ``receive`` cannot open it (our key is spent) or takes it for the word of a second copy of our keys.
"""

import hmac
from collections.abc import Sequence

from taboon_crypto.mls.errors import MlsError, SignatureError, UsageError
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.staged import CannotFollowError, StagedCommit
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.keys.secret_tree import Ratchet
from taboon_crypto.mls.keys.transcript import confirmed_transcript_hash
from taboon_crypto.mls.messages.envelope import MLSMessage
from taboon_crypto.mls.messages.framing import AuthenticatedContent, CommitContent, ContentType, MemberSender
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

__all__ = ["own_commit"]


def own_commit(state: State, message: bytes, staged: Sequence[StagedCommit]) -> StagedCommit | None:
    """Find the staged commit that a message holds; see ``Group.own_commit``."""
    epoch = state.active_epoch
    try:
        opened = _open(state, epoch, message, staged)
    except (MlsError, UsageError):
        return None
    if opened is None or not isinstance(opened.content.content, CommitContent):
        return None
    confirmed = confirmed_transcript_hash(epoch.suite, epoch.interim_transcript_hash, opened.transcript_input())
    for one in staged:
        state.check_base(one)
        # The hash binds all that the commit says, with our signature over it.
        if one.next_epoch is None or not hmac.compare_digest(confirmed, one.confirmed_transcript_hash):
            continue
        if not hmac.compare_digest(opened.auth.confirmation_tag or b"", one.next_epoch.confirmation_tag):
            cause = SignatureError("confirmation_tag", "the confirmation tag of our own commit was changed on the way")
            raise CannotFollowError(one, cause, confirmed)
        return one
    return None


def _open(state: State, epoch: Epoch, message: bytes, staged: Sequence[StagedCommit]) -> AuthenticatedContent | None:
    """Open a message of our own leaf, also with a key that we spent on one of our commits."""
    body = MLSMessage.decode(message).body
    if isinstance(body, PublicMessage):
        if (body.content.group_id, body.content.epoch) != (epoch.group_id, epoch.number):
            return None
        body.check_membership(epoch.suite, epoch.secrets.membership_key, epoch.context.encode())
        return body.authenticated_content if body.content.sender == MemberSender(epoch.own_leaf) else None
    if not isinstance(body, PrivateMessage) or (body.group_id, body.epoch) != (epoch.group_id, epoch.number):
        return None
    sender = body.sender_data(epoch.suite, epoch.secrets.sender_data_secret)
    if sender.leaf_index != epoch.own_leaf or body.content_type is not ContentType.COMMIT:
        return None
    spent = next((one.own_key for one in staged if one.own_key and one.own_key.generation == sender.generation), None)
    key = spent or state.ratchets.peek(epoch.own_leaf, Ratchet.HANDSHAKE, sender.generation)
    return body.unprotect(epoch.suite, sender, key.key, key.nonce)
