"""What went wrong, as a sentence in the user's language.

The library says it in English, often with a name or a number in it. Where the catalogue has that sentence, it is used;
in another language than English, what is not there is told by its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client import errors
from taboon_client.page.language import N_
from taboon_client.page.misfits import misfit
from taboon_client.page.notices import in_language
from taboon_client.page.render import visible

if TYPE_CHECKING:
    from taboon_client.page.language import Language

__all__ = ["STOPPED", "sentence_of", "spoken_notice"]

STOPPED: Final = N_("This group does not go on on this device.")
_KINDS: Final[tuple[tuple[type[errors.TaboonError], str], ...]] = (
    (errors.BadLinkError, N_("This is no invite link, or it is damaged. Ask for it again, and copy all of it.")),
    (errors.InviteEndedError, N_("This invite has expired or was used. Ask for a new one.")),
    (errors.AmbiguousError, N_("This fits more than one: use more of the code.")),
    (errors.NotFoundError, N_("That is not here, or not any more.")),
    (errors.NotAllowedError, N_("The rules of the group do not let you do that now.")),
    (errors.GroupStoppedError, STOPPED),
    (errors.WrongPassphraseError, N_("The passphrase is wrong: mind the order of the words and the keyboard.")),
    (
        errors.WeakPassphraseError,
        N_("This passphrase could be guessed: take five or more words that do not belong together."),
    ),
    (errors.VaultExistsError, N_("There is a vault here already. Nothing was changed.")),
    (errors.VaultMissingError, N_("The vault is locked.")),
    (errors.VaultMemoryError, N_("This device does not give enough memory: close other programs and try again.")),
    (errors.VaultBusyError, N_("Another program is using the vault: try again.")),
    (errors.VaultNewerError, N_("A newer Taboon has written this vault: update Taboon.")),
    (errors.VaultDamagedError, N_("The files of the vault are not as Taboon wrote them.")),
    (errors.DiskFullError, N_("There is no room left on the disk.")),
    (errors.VaultError, N_("The vault cannot be used now.")),
    (errors.RelayAddressError, N_("This is no address of a relay, or not one that is safe to use.")),
    (errors.RelayUnreachableError, N_("The relay did not answer. What you made is kept, and goes out later.")),
    (errors.RelayMisbehavedError, N_("The relay does what no honest relay does. Nothing of its answer was used.")),
    (errors.RelayError, N_("The relay refused. What you made is kept.")),
    (errors.TaboonError, N_("That did not work, and nothing was changed.")),
)
_NOTICE: Final = N_("Something was noticed about the group: see it in English below.")


def sentence_of(error: errors.TaboonError, language: Language) -> str:
    """Return what went wrong."""
    if isinstance(error, errors.FieldError):
        return misfit(error, language)
    told = _sentence(str(error))
    if isinstance(error, errors.AmbiguousError) and error.choices:
        told = _sentence(f"{error}: {', '.join(error.choices)}")
    if (known := in_language(told, language)) is not None:
        return known
    if language.knows(told):
        return visible(language.text(told))
    return language.text(next(said for kind, said in _KINDS if isinstance(error, kind)))


def spoken_notice(told: str, language: Language) -> str:
    """Return what a sync has told."""
    if not told:
        return ""
    sentence = _sentence(told)
    if (known := in_language(sentence, language)) is not None:
        return known
    if language.knows(sentence):
        return visible(language.text(sentence))
    return f"{language.text(_NOTICE)} {visible(sentence)}"


def _sentence(text: str) -> str:
    text = text.strip()
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
