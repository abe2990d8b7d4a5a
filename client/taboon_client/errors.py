"""The errors of the client: one root, so that a caller who wants to survive everything catches one name.

    TaboonError
    ├── FormatError        bytes that are not what docs/protocol.md says they must be
    │   ├── CborError      not deterministic CBOR, or outside the limits
    │   └── EventError     not an event: shape, size or signature
    ├── FieldError         a value that a writer gave and that does not fit; says which and what to do
    ├── BadLinkError       not an invite link
    ├── InviteEndedError   the invite behind a link has expired, was used or was ended
    ├── NotFoundError      no group, item, member, request or invite of that name here
    ├── AmbiguousError     a name or prefix that fits more than one
    ├── NotAllowedError    the group's policy or the board's rules do not let this member do that
    ├── GroupStoppedError  the group does not go on here: removed, frozen, or this device lost its way
    ├── VaultError         the encrypted store on this device
    │   ├── VaultMissingError, VaultExistsError    there is none, there is one already
    │   ├── FolderNotPrivateError                  the folder chosen for it is open to others
    │   ├── WrongPassphraseError, WeakPassphraseError
    │   ├── VaultMemoryError                       too little free memory to stretch the passphrase
    │   ├── VaultBusyError                         another process holds it for too long: try again
    │   ├── VaultNewerError, VaultDamagedError     written by a newer Taboon; not as it was written
    │   ├── VaultDiskError                         the disk cannot be read or written: DiskFullError
    │   └── VaultUsageError                        a fault in the calling program: closed, nested, another thread
    └── RelayError         a relay and the way to it
        ├── RelayAddressError         an address that is none, or is not safe to use
        ├── RelayUnreachableError     down, slow, cut off: try again later
        ├── RelayRefusedError         the relay said no, and why: RequestMalformedError, RequestClockError,
        │                             RequestReplayedError, MailboxUnknownError, MailboxSealedError, MailboxMovedError,
        │                             MailboxFullError, RelayBusyError, BlobSizeError
        └── RelayMisbehavedError      what no honest relay answers
            ├── RelayKeyError         another key than the address names
            └── RelayRolledBackError  less, or other blobs, than it showed before

No message ever holds a secret or what a member wrote.
"""

from __future__ import annotations


class TaboonError(Exception):
    """Root of everything this package raises on purpose."""


class FormatError(TaboonError):
    """Bytes or values from elsewhere are not what the protocol says."""


class CborError(FormatError):
    """Not the one deterministic CBOR encoding of a value that Taboon knows."""


class EventError(FormatError):
    """Not an event of this group."""


class FieldError(TaboonError):
    """A value given by the caller does not fit.

    Attributes:
        field: The name of the field, as in the protocol (``title``, ``lines[2].quantity``).
    """

    def __init__(self, field: str, advice: str) -> None:
        super().__init__(f"{field}: {advice}")
        self.field = field


class RelayError(TaboonError):
    """Something about a relay, or the way to it."""


class RelayAddressError(RelayError):
    """A relay's address is not one, or is not safe to use."""


class RelayUnreachableError(RelayError):
    """The relay did not answer in time, or not at all. Nothing is known about the request: repeat it later."""


class RelayRefusedError(RelayError):
    """The relay refused a request, in the form the protocol has for that."""


class RequestMalformedError(RelayRefusedError):
    """The relay does not understand the request."""


class RelayPassError(RelayRefusedError):
    """The relay makes mailboxes only with its pass, and got none or one that is not good."""


class RequestClockError(RelayRefusedError):
    """The relay finds the time of the request wrong, also after it was corrected."""


class RequestReplayedError(RelayRefusedError):
    """The relay has seen this very request before."""


class MailboxUnknownError(RelayRefusedError):
    """The mailbox does not exist, has expired, or is not opened by these keys: the relay does not tell which."""


class MailboxSealedError(RelayRefusedError):
    """Nothing can be appended after the seal."""


class MailboxMovedError(RelayRefusedError):
    """Another blob took the number that this one was to get.

    Attributes:
        next: The number that the next blob would get now.
    """

    def __init__(self, message: str, next_number: int) -> None:
        super().__init__(message)
        self.next = next_number


class MailboxFullError(RelayRefusedError):
    """The mailbox or the relay takes no more."""


class RelayBusyError(RelayRefusedError):
    """The relay has too much to do.

    Attributes:
        retry_after: Seconds to wait before the next try, as the relay says; None if it does not.
    """

    def __init__(self, message: str, retry_after: int | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BlobSizeError(RelayRefusedError):
    """A blob is not exactly as long as one of the size classes."""


class RelayMisbehavedError(RelayError):
    """The relay, or whoever answers in its place, did what no honest relay does. Nothing of its answer was used."""


class RelayKeyError(RelayMisbehavedError):
    """Whoever answers holds another key than the relay's."""


class RelayRolledBackError(RelayMisbehavedError):
    """The relay shows less than it showed before, or other blobs under the same numbers."""


class BadLinkError(TaboonError):
    """Not an invite link of Taboon, or damaged on the way."""


class InviteEndedError(TaboonError):
    """The invite behind a link has expired, was used, or was ended by an admin."""


class NotFoundError(TaboonError):
    """Nothing here has that name.

    Attributes:
        what: ``group``, ``item``, ``member``, ``request`` or ``invite``.
    """

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(advice)
        self.what = what


class AmbiguousError(TaboonError):
    """A name, code or prefix fits more than one.

    Attributes:
        choices: What it may mean, for a list to choose from.
    """

    def __init__(self, advice: str, choices: tuple[str, ...]) -> None:
        super().__init__(advice)
        self.choices = choices


class NotInstalledError(TaboonError):
    """A part of Taboon that is optional is not installed; the message says how to get it."""


class NotAllowedError(TaboonError):
    """The group's policy, or the rules of the board, do not let this member do that now."""


class GroupStoppedError(TaboonError):
    """The group does not go on here: this device was removed, is a second copy, or the mailbox was spoiled."""


class VaultError(TaboonError):
    """Root of what can go wrong with the vault. Nothing was changed."""


class VaultMissingError(VaultError):
    """There is no vault in this folder."""


class VaultExistsError(VaultError):
    """There is a vault in this folder already."""


class FolderNotPrivateError(VaultError):
    """The folder chosen for the vault can be read by others and holds things that are not the vault's."""


class WrongPassphraseError(VaultError):
    """The passphrase does not open the vault."""


class WeakPassphraseError(VaultError):
    """The passphrase is refused: too easily guessed, too long, or no text."""


class VaultMemoryError(VaultError):
    """The device does not give the memory that the passphrase's stretching takes."""


class VaultBusyError(VaultError):
    """Another process works on the vault for longer than was waited for. Trying again is safe."""


class VaultNewerError(VaultError):
    """A newer version of Taboon has written this vault."""


class VaultDamagedError(VaultError):
    """The vault's files are not as Taboon wrote them."""


class VaultDiskError(VaultError):
    """The disk could not be read or written."""


class DiskFullError(VaultDiskError):
    """There is no room left on the disk."""


class VaultUsageError(VaultError):
    """The calling program uses the vault in a way that cannot work."""
