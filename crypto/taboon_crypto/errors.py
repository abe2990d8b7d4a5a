"""What can go wrong with blobs, mailboxes, key slots and passphrases; MLS has a hierarchy of its own.

    CryptoError
    ├── ContentTooLongError     our own content does not fit
    ├── BlobError               a blob does not open; says nothing about why
    ├── ContentError            a blob opened, and what is inside is no content of Taboon
    │   └── PartError           a part that does not belong where it came
    ├── DetailsTooLongError     our own details do not fit
    ├── DetailsClosedError      sealed details do not open; says nothing about why
    ├── KeyMissingError         this side of a mailbox's keys is not here
    ├── PassphraseError         a passphrase that is too weak or no text
    ├── KdfMemoryError          the device has too little free memory for this cost
    └── SlotsError              a slot file that is not accepted
        ├── SlotsDamagedError   it is no slot file, or was changed
        ├── SlotsCostError      its cost lies outside what is compiled in
        ├── SlotsNewerError     a newer version wrote it
        └── SlotsClosedError    no slot opens with this passphrase

A message never contains a secret or what a member wrote.
"""

from __future__ import annotations

__all__ = [
    "BlobError",
    "ContentError",
    "ContentTooLongError",
    "CryptoError",
    "DetailsClosedError",
    "DetailsTooLongError",
    "KdfMemoryError",
    "KeyMissingError",
    "PartError",
    "PassphraseError",
    "SlotsClosedError",
    "SlotsCostError",
    "SlotsDamagedError",
    "SlotsError",
    "SlotsNewerError",
]


class CryptoError(Exception):
    """Root of the errors in this module."""


class ContentTooLongError(CryptoError):
    """Content that fits into no size class, or a whole that fits into no allowed number of parts."""


class BlobError(CryptoError):
    """A blob that does not open: another key, changed bytes, wrong size, wrong padding. Always the same message."""

    def __init__(self) -> None:
        super().__init__("this blob does not open")


class ContentError(CryptoError):
    """What was inside a blob is of no known kind, or is not formed as its kind asks."""


class DetailsTooLongError(CryptoError):
    """Details that do not fit into their box: shorten them."""


class DetailsClosedError(CryptoError):
    """Sealed details that do not open: not for this key, of another item, or changed. Always the same message."""

    def __init__(self) -> None:
        super().__init__("these sealed details do not open here")


class PartError(ContentError):
    """A part that cannot follow what came before it. It changed nothing."""


class KeyMissingError(CryptoError):
    """These keys of a mailbox do not include the one that was asked for."""


class PassphraseError(CryptoError):
    """A passphrase that is refused; the message says what to do."""


class KdfMemoryError(CryptoError):
    """The device could not give the memory that opening or creating the slots takes."""


class SlotsError(CryptoError):
    """Root of what makes a slot file not open."""


class SlotsDamagedError(SlotsError):
    """The file is no slot file, or its bytes were changed."""


class SlotsCostError(SlotsError):
    """The cost in the file is lower or higher than this version accepts. Nothing was computed with it."""


class SlotsNewerError(SlotsError):
    """The file was written in a later format than this version reads."""


class SlotsClosedError(SlotsError):
    """No slot opens: the passphrase is wrong, or the bytes of the slot were changed."""

    def __init__(self) -> None:
        super().__init__("no slot opens with this passphrase")
