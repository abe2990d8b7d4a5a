"""What shows that a commit has stood at home: the relay's signed word on the mailbox that it sealed.

It goes along with the commit to where else it is brought (docs/protocol.md, sections 2.8 and 2.12). A member alone
cannot make it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from taboon_client.errors import FormatError
from taboon_client.relay.cursor import HASH_LENGTH, Cursor
from taboon_client.relay.signed import PAGE_LENGTH, RECEIPT_LENGTH, Signed
from taboon_crypto.blob import Kind, seal_blob, split

if TYPE_CHECKING:
    from taboon_crypto.mls import Random

__all__ = ["blob_of", "shows"]

_LENGTHS: Final = (RECEIPT_LENGTH + HASH_LENGTH, PAGE_LENGTH + HASH_LENGTH)


def blob_of(blob_key: bytes, word: bytes, random: Random) -> bytes:
    """Return a blob that shows it, under the blob key of the epoch that the commit ended.

    Args:
        blob_key: Of that epoch.
        word: The head before the seal, and the relay's word on the mailbox with its seal.
        random: Source of randomness.
    """
    (content,) = split(Kind.STOOD, word, random)
    return seal_blob(blob_key, content, random)


def shows(body: bytes, *, relay_id: bytes, mailbox_id: bytes, seal: bytes) -> bool:
    """Tell whether a word of the relay says that a blob was the seal of a mailbox.

    Args:
        body: Of a content of the kind ``STOOD``.
        relay_id: Of home.
        mailbox_id: Of the epoch's mailbox there.
        seal: The blob.
    """
    if len(body) not in _LENGTHS:
        return False
    try:
        said = Signed.parse(body[HASH_LENGTH:])
    except FormatError:
        return False
    after = Cursor(said.number - 1, body[:HASH_LENGTH]).after(hashlib.sha256(seal).digest())
    same = (said.relay_id, said.mailbox_id) == (relay_id, mailbox_id)
    return same and said.sealed and said.number > 0 and hmac.compare_digest(after.head, said.head)
