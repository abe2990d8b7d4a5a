"""What the library tells in English, as sentences of the catalogue: notices, problems, why a group stands still.

They come as finished sentences, with a name or a number in some of them. Each is written here once more, with a place
for what is in it; a test goes through the library's rooms and fails when one of their sentences is not here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from taboon_client.page.language import N_
from taboon_client.page.refusals import REFUSED
from taboon_client.page.render import isolated, visible
from taboon_client.page.screened import ON_THE_PAGE, STRANGE, STRANGE_ANSWERS

if TYPE_CHECKING:
    from taboon_client.page.language import Language

__all__ = ["in_language"]

_TOLD: Final = (
    N_(
        "This device is back in the group, with new keys. If you have reason to doubt who let it in, ask one "
        "of the others over another channel whether they see you."
    ),
    N_(
        "Nobody was let in: what a newcomer needs has become larger than a message may be. Remove those who "
        "are not there any more, or make a second group."
    ),
    N_("This device is not in the group that the circle is in: it cannot tell who is. Another admin's can."),
    N_("Whoever asks is not in the group that the circle is in, as far as this device knows. Sync that group first."),
    N_("Another device joins a circle like a member: with an invite of its own, once it is in the group around it."),
    N_("The group has moved to another relay, as its rules say now: %(a)s."),
    N_("The group has moved to another relay, so all open invites were ended. Make new ones."),
    N_(
        "The group stays where it is: the relay at that address does not answer. Check the address, and that this "
        "device can reach it."
    ),
    N_(
        "The group stays where it is: the relay at that address asks for a pass, and this is none of its. Ask whoever "
        "runs it."
    ),
    N_(
        "The group stays where it is: the relay at that address does not keep messages for %(a)s days, as the group's "
        "rules ask. Choose another relay, or another number of days first."
    ),
    N_(
        "The group stays where it is: what answers at that address is not this relay, or not as a relay does. Copy the "
        "whole address again from whoever runs it."
    ),
    N_("Removed from the group: %(a)s."),
    N_("Someone new joined the group."),
    N_("You let someone new into the group."),
    N_("This is of another group, or damaged. Take all of it, once more."),
    N_(
        "The relay has shown two parts of the group two histories, from epoch %(a)s on, and the other one stands by "
        "the group's rules, which decide alike on every device. This device tells the others of its part and then goes "
        "over by itself, with new keys, as soon as the relay lets it reach the other part. What you post is kept until "
        "then, and what you had posted since is posted again."
    ),
    N_(
        "The relay has shown two parts of the group two histories, from epoch %(a)s on, and this one stands by the "
        "group's rules, which decide alike on every device. The devices of the other part come over by themselves once "
        "one of them was given the text of “taboon evidence GROUP”."
    ),
    N_(
        "A member's device says that the group goes on in another history, from epoch %(a)s on, and this one was not "
        "there when the two parted, or it is too long ago. If the others fall silent, ask one of them for a new invite."
    ),
    N_(
        "The relay has shown two parts of the group two histories. In the one that stands you were removed. What you "
        "have read stays on this device; nothing new will come."
    ),
    N_(
        "The rules of the group had been changed in the history that this device has left. Admins' devices ask for "
        "these changes again; until then the rules are as they were before."
    ),
    N_(
        "Somebody had been let in in the history that this device has left, and is not in the group as it stands now. "
        "Whoever let them in makes them a new invite."
    ),
    N_(
        "Two commits had ended one epoch of the group. It goes on with the one that stands by its rules, the "
        "same on every device; what you had said since is said again."
    ),
    N_(
        "A second copy of this vault has been used. To keep its keys safe this copy sends nothing more to the"
        " group. It asks the others' devices to bring it back with new keys, which takes about a day and ends"
        " the other copy."
    ),
    N_(
        "A member, or the relay, has ended an epoch of the group with something that is no valid commit. "
        "Nothing is lost: until an admin's device has made a new epoch, every device writes into a mailbox of"
        " its own, and the relay can count the members."
    ),
    N_("What ended an epoch without being a valid commit is signed by %(a)s."),
    N_(
        "The mailbox in which only %(a)s can write was sealed with something that is no valid commit: by that"
        " device, or by the relay."
    ),
    N_(
        "This device cannot follow the last commit, though others may. It asks the others' devices to bring "
        "it back, which takes about a day. What you post meanwhile is kept."
    ),
    N_(
        "Another copy of this vault has come back into the group in the place of this one. If that was not "
        "you, tell an admin at once over another channel: somebody has your vault."
    ),
    N_(
        "Another device of the group says that this one was removed from it, about %(a)s. If you doubt that, ask one "
        "of the others over another channel: should it not be so, this device goes on asking, and is brought back by "
        "itself."
    ),
    N_("You were removed from this group. What you have read stays on this device; nothing new will come."),
    N_("Nobody else is in this group: there is nothing to leave."),
    N_("You have not said that you leave this group, so there is nothing to take back."),
    N_("It is not yours to agree to, or to decline."),
    N_(
        "The relay does not show a removal that it gave you a receipt for. It may be hiding it from the "
        "others: tell them over another channel."
    ),
    N_("Only an admin of the group can do that."),
    N_(
        "Nobody was let in: the request is gone, out of date, or not one that this group can take. Ask them "
        "to check the clock of their device, and make a new invite."
    ),
    N_("This cannot be done in the group as it is now."),
    N_(
        "Somebody else used this invite link as well. Nobody will be let in with it. Tell whoever invited "
        "you, over a channel that you trust, and ask for a new link."
    ),
    N_("The invite was ended by whoever made it. Ask for a new one."),
    N_("You took the request back."),
    N_("Nobody let you in before the invite expired. Ask for a new one."),
    N_("The answer to your request cannot be used. Ask for a new invite."),
    N_("You were let in."),
    N_("You are in that group already, on this device."),
    N_("Whoever asked to join has taken the request back."),
    N_("Two people used one invite link, so it was ended and nobody was let in. Make a new link, for one person."),
    N_("Somebody asks to join with an invite, as %(a)s."),
    N_("This link is cut off. Ask for it again, and copy all of it."),
    N_("This link was made by a newer version of Taboon. Update Taboon, then use it again."),
    N_("This code is of another group. Show each other the same one."),
    N_(
        "This key is of nobody who is in the group as this device sees it. Sync both devices and try again; "
        "if it stays so, tell the others: somebody may show you two another group than it is."
    ),
    N_(
        "You two are in two histories of this group that have one number: the relay, or an admin, shows each "
        "of you another one. Give each other the text of “taboon evidence GROUP” now: then the devices decide alike "
        "which one stands, and those of the other one come over by themselves."
    ),
    N_("An admin is one no longer, so all open invites were ended. Make new ones."),
    N_("Somebody with the link has spoiled an invite, and it was ended. Make a new one."),
    N_("The relay did not answer in time. What you made is kept and goes out with the next sync."),
    N_("An invite could not be looked at. %(a)s."),
    N_(
        "What a newcomer was given leaves out %(a)s messages that are on this device. Ask whoever let them in"
        " whether they know why."
    ),
    N_("%(a)s messages were missing from what a newcomer was given, and are sent to them again."),
    N_(
        "A newcomer was told that %(a)s items are closed or deleted which are open on this device. Ask whoever "
        "let them in whether they know why."
    ),
    N_("%(a)s open items had been called closed or deleted to a newcomer, and are sent to them again."),
    N_("The relay did not answer within %(a)s seconds. What you made is kept; try again later."),
    N_("The relay is in trouble (status %(a)s). Try again later."),
    N_("The relay, or something before it, is in trouble (status %(a)s). Try again later."),
    N_("The relay rolled back: it shows %(a)s blobs of a mailbox of which it showed %(b)s before."),
    N_("The relay shows another history of this mailbox than it showed before."),
    N_(
        "You had removed somebody who is still in the group as it stands now. Until an admin's device has "
        "removed them again, for 7 days at most, this device sends nothing that they could read."
    ),
    N_(
        "Somebody had ended an epoch of the group at another relay with another commit. The one that this "
        "device has followed stands; the others' devices come over by themselves."
    ),
    N_(
        "At another relay somebody has ended an epoch of the group with something that is no valid commit. "
        "Whoever stood there goes on in own mailboxes until their device hears from home."
    ),
    N_(
        "The mailbox at the pop-up relay was ended with something that is no valid commit. What you post goes"
        " out once the group's own relay can be reached, or at another pop-up relay."
    ),
    N_(
        "The group's own relay cannot be reached. This was synced at the pop-up relay, and comes home with "
        "the first sync that reaches home."
    ),
    N_("Neither the group's own relay nor the pop-up relay can be reached. What you made is kept."),
    N_(
        "This device had gone over to another side of a fork, and the group goes on from where it was before."
        " It asks the others' devices to bring it back, which takes about a day. What you post meanwhile is "
        "kept."
    ),
    N_(
        "This is for a group in which everyone was away for longer than the relay keeps mailboxes, so that "
        "nobody is left who could let this device in again. That is not how it stands here."
    ),
    N_("Only an admin goes on from what a device holds. Ask one to do so, then sync."),
    N_(
        "The commit that this device cannot follow is signed by %(a)s. If others cannot follow it either, ask"
        " an admin whether that device should stay."
    ),
    N_(
        "The relay had lost what this group's mailbox held; what is held here was posted again. If somebody "
        "was removed in these days, ask an admin whether you have heard of it before you post anything that "
        "they must not read."
    ),
)
_PLACE: Final = re.compile(r"%\\\((\w)\\\)s")


def in_language(sentence: str, language: Language) -> str | None:
    """Return a sentence of the library in a language, with what is in it unable to move what stands around.

    Args:
        sentence: With a capital at its beginning and a full stop.
        language: In which.

    Returns:
        None if it is not one that is known here.
    """
    if sentence in _known():
        return visible(language.text(_said(sentence)))
    for told, form in _forms():
        if found := form.fullmatch(sentence):
            values = {name: _inside(value, language) for name, value in found.groupdict().items()}
            return language.text(_said(told), **values)
    return None


def _said(told: str) -> str:
    """Return what the page says for a sentence of the library, in English."""
    return STRANGE if told in STRANGE_ANSWERS else ON_THE_PAGE.get(told, told)


def _inside(value: str, language: Language) -> str:
    """Return what stands within a sentence: a number, a name, or a sentence of its own."""
    if value.isdecimal():
        return language.digits(value)
    whole = in_language(f"{value}.", language) if " " in value else None
    return whole.removesuffix(".") if whole is not None else isolated(value)


@cache
def _known() -> frozenset[str]:
    return frozenset((*_TOLD, *REFUSED, *ON_THE_PAGE, *STRANGE_ANSWERS))


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # The ones that say most in their own words come first: a name that reads like a sentence fits the others too.
    ordered = sorted(_known(), key=lambda told: -len(told))
    return tuple((told, re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(told)), re.DOTALL)) for told in ordered)
