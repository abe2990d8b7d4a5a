"""What the library tells with a command to type, told on the page with the screen that does the same.

The library speaks to whoever uses it, most of all to the command line. Whoever sits at the page has no terminal.
"""

from __future__ import annotations

from typing import Final

from taboon_client.page.language import N_

__all__ = ["ON_THE_PAGE", "STRANGE", "STRANGE_ANSWERS"]

ON_THE_PAGE: Final[dict[str, str]] = {
    "%(a)s asks to come back from an older copy of their vault. An admin who has heard from them that it is so can let "
    "them in again: taboon approve.": N_(
        "%(a)s asks to come back from an older copy of their vault. An admin who has heard from them that it is so can "
        "let them in again, on the screen “People”."
    ),
    "The relay has signed two histories of one of this group's mailboxes. “taboon evidence GROUP” shows what is "
    "proven.": N_(
        "The relay has signed two histories of one of this group's mailboxes. The screen “One history or two” shows "
        "what is proven."
    ),
    "The relay has shown two parts of the group two histories, from epoch %(a)s on, and this one stands by the group's "
    "rules, which decide alike on every device. The devices of the other part come over by themselves once one of them "
    "was given the text of “taboon evidence GROUP”.": N_(
        "The relay has shown two parts of the group two histories, from epoch %(a)s on, and this one stands by the "
        "group's rules, which decide alike on every device. The devices of the other part come over by themselves once "
        "one of them was given the text on the screen “One history or two”."
    ),
    "You two are in two histories of this group that have one number: the relay, or an admin, shows each of you "
    "another one. Give each other the text of “taboon evidence GROUP” now: then the devices decide alike which one "
    "stands, and those of the other one come over by themselves.": N_(
        "You two are in two histories of this group that have one number: the relay, or an admin, shows each of you "
        "another one. Give each other the text on the screen “One history or two” now: then the devices decide alike "
        "which one stands, and those of the other one come over by themselves."
    ),
    "This is not what a member was shown: that begins with %(a)s. Ask them for “taboon evidence GROUP”.": N_(
        "This is not what a member was shown: that begins with %(a)s. It stands on their screen “One history or two”."
    ),
    "You are the last admin: without one the group can let nobody in or out. Make somebody else an admin first "
    "(“taboon admins GROUP --add MEMBER”), or all of you (“taboon admins GROUP --everyone”), and then leave.": N_(
        "You are the last admin: without one the group can let nobody in or out. Make somebody else an admin first, or "
        "all of you, on the screen “Rules and admins”, and then leave."
    ),
    "The group would have no admin. Make somebody else an admin first (“taboon admins GROUP --add MEMBER”), or all of "
    "you (“taboon admins GROUP --everyone”).": N_(
        "The group would have no admin. Make somebody else an admin first, or all of you, on the screen “Rules and "
        "admins”."
    ),
    "This is not a member's code: one begins with %(a)s. Ask them for “taboon check GROUP --show”.": N_(
        "This is not a member's code: one begins with %(a)s. It stands on their screen “Meeting in person”."
    ),
    "That is no device which says that it is yours. “taboon device list GROUP” shows yours.": N_(
        "That is no device which says that it is yours. The screen “Your devices” shows yours."
    ),
    "Here admins alone invite. Ask one for the link: “taboon device link GROUP --for” and your name.": N_(
        "Here admins alone invite. Ask one of them for a link for your other device."
    ),
    "The pop-up relay cannot be reached, but the group's own relay can. “taboon popup end GROUP” ends its use.": N_(
        "The pop-up relay cannot be reached, but the group's own relay can. The screen “Without internet” ends its use."
    ),
    "The relay had lost an older epoch of this group, and somebody has ended it with another commit than the one that "
    "stands here. Whoever went on from there is in another history, and comes over with the next syncs. Ask all "
    "members tomorrow whether they see your posts; if one does not, compare with “taboon evidence GROUP”.": N_(
        "The relay had lost an older epoch of this group, and somebody has ended it with another commit than the one "
        "that stands here. Whoever went on from there is in another history, and comes over with the next syncs. Ask "
        "all members tomorrow whether they see your posts; if one does not, compare on the screen “One history or two”."
    ),
    "This device was away for longer than the relay keeps mailboxes, so it may have missed who came and who went. It "
    "asks the others' devices to bring it back, which takes about a day. What you post meanwhile is kept. If everyone "
    "was away for as long, nobody answers: then an admin goes on with “taboon go-on GROUP”.": N_(
        "This device was away for longer than the relay keeps mailboxes, so it may have missed who came and who went. "
        "It asks the others' devices to bring it back, which takes about a day. What you post meanwhile is kept. If "
        "everyone was away for as long, nobody answers: then an admin goes on, on the screen “If everyone was away”."
    ),
    "The relay makes mailboxes only with its pass, and has no good one from here. Ask whoever runs the relay; an admin "
    "gives it to the group with “taboon policy GROUP --pass-file FILE”. If you wait to be let in, whoever invited you "
    "has to sync first.": N_(
        "The relay makes mailboxes only with its pass, and has no good one from here. Ask whoever runs the relay; an "
        "admin gives it to the group on the screen “Rules and admins”. If you wait to be let in, whoever invited you "
        "has to sync first."
    ),
    "The relay does not keep messages for as long as the group wants. An admin shortens that with “taboon policy GROUP "
    "--keep-days DAYS”.": N_(
        "The relay does not keep messages for as long as the group wants. An admin shortens that on the screen “Rules "
        "and admins”."
    ),
    "Since somebody is gone, other numbers of people have to agree from now on: “taboon policy GROUP” shows them.": N_(
        "Since somebody is gone, other numbers of people have to agree from now on. The screen “Rules and admins” "
        "shows them."
    ),
    "Two members say that this device is at risk. An admin decides first (“taboon keys”).": N_(
        "Two members say that this device is at risk. An admin decides first, on the screen “Health of the keys”."
    ),
    "This is the device in your hands. “taboon leave GROUP” leaves.": N_(
        "This is the device in your hands. You leave at the end of the screen “Rules and admins”."
    ),
    "You cannot remove yourself. “taboon leave GROUP” leaves.": N_(
        "You cannot remove yourself. You leave at the end of the screen “Rules and admins”."
    ),
    "It is you whom they want to remove. “taboon leave GROUP” leaves by yourself.": N_(
        "It is you whom they want to remove. You leave by yourself at the end of the screen “Rules and admins”."
    ),
    "They were let in already. “taboon remove” removes them.": N_(
        "They were let in already. They can be removed on the screen “People”."
    ),
    "Nothing of that code is proposed. “taboon votes GROUP” lists what is.": N_(
        "That is not proposed any more. The screen “Votes” shows what is."
    ),
    "Nothing of that code is proposed. “taboon acts GROUP” lists what is.": N_(
        "That is not proposed any more. The screen “Rules and admins” shows what is."
    ),
    "There is no device of that tag. “taboon device list GROUP” shows them.": N_(
        "There is no device of that tag. The screen “Your devices” shows them."
    ),
    "No view is saved as %(a)s: `taboon views` lists them.": N_("No view is saved as %(a)s."),
    "No group of that name is on this device. `taboon groups` lists them.": N_("That group is not on this device."),
    "Nobody of that name is in the group. `taboon members` lists them.": N_("Nobody of that name is in the group."),
    "Nothing on the board has that code. `taboon board` lists what is there.": N_(
        "Nothing on the board has that code. It stands on each card, after the #."
    ),
    "No request of yours of that code waits. “taboon groups” lists them.": N_("That request does not wait any more."),
    "There is no open invite of that code. “taboon invites GROUP” lists them.": N_("That invite is not open any more."),
    "Nobody asks to join under that name. `taboon requests` lists who does.": N_(
        "Nobody asks to join with that any more."
    ),
    "Nobody asks under that name or code. “taboon requests” lists who does.": N_(
        "Nobody asks to come back with that any more."
    ),
    "There is no vault in this folder: make one with `taboon init`.": N_("There is no vault on this device yet."),
    "The kind is neither a need nor an offer.": N_("Whether it is a need or an offer was not understood."),
    "There are more than %(a)s telephone numbers.": N_("Only the first %(a)s telephone numbers are taken."),
    "The urgency is none of now, soon, week, whenever.": N_("How urgent it is was not understood, and is left out."),
    "The day is not written as 2026-03-31, 31/03/2026 or 31 March 2026.": N_(
        "The day was not understood: it is left out."
    ),
    "The quantity begins with no number.": N_("How many was not understood: it does not begin with a number."),
    "How many people is no number.": N_("How many people was not understood, and is left out."),
    "A text that is nothing but a number: what is needed?": N_(
        "A text that is nothing but a number is left out: write what is needed, too."
    ),
    "The end of what is too long to seal or to post.": N_("A text was too long, and its end is left out."),
    "To read pictures, install the extra “taboon[scan]”; or paste the link.": N_(
        "Pictures cannot be read on this device: paste the link instead."
    ),
}
"""By what the library says, with a capital at its beginning and a full stop: what the page says."""

STRANGE: Final = N_(
    "The relay's answer is not as it should be, and nothing of it was used. What you made is kept. Try again later; if "
    "it stays so, update Taboon or ask whoever runs the relay."
)
"""For every shape in which an answer can be wrong: a person can do the same about each."""

STRANGE_ANSWERS: Final = frozenset(
    {
        "The relay's receipt has the wrong length.",
        "The relay's receipt has a form that this version does not know.",
        "The relay's receipt is for another mailbox.",
        "The relay's receipt is for another blob.",
        "The relay's receipt has no number.",
        "The relay's receipt and the request do not agree on whether the blob is the seal.",
        "The relay's page has the wrong length.",
        "The relay's page has a form that this version does not know.",
        "The relay's page answers another request: it may be an old one shown again.",
        "The relay's page is of another mailbox.",
        "The relay's page begins at another number than was asked for.",
        "The key that the relay names is not one.",
        "The relay works with other sizes or times than this version of Taboon.",
        "The relay offers retentions that this version of Taboon does not know.",
        "What the relay says about its limits makes no sense.",
        "What the relay says about its limits cannot be read.",
        "What the relay says about its health cannot be read.",
        "The relay's signature on its answer does not hold.",
        "The relay's page has more sizes than blobs.",
        "The relay's page has another size than its blobs and the request give.",
        "The relay's page is not padded with zeros.",
        "The relay's page shows the same blob twice.",
        "The relay's page goes beyond what it calls the last blob.",
        "The relay says that there are more blobs and shows none.",
        "The head of the relay's answer is too long.",
        "The relay compresses its answer, though nobody asked for it.",
        "The relay's answer is longer than any answer to this request.",
        "The relay's answer has another form than the protocol gives it.",
        "The relay's refusal is too long.",
        "The relay's refusal is not one of this protocol.",
        "The relay's refusal contradicts itself.",
        "The relay's refusal cannot be read.",
        "The relay refuses the time and does not name its own.",
        "The relay refuses the time and names one that fits.",
        "The relay says that the mailbox has moved on and does not say where.",
        "The relay's signature does not hold.",
        "What the relay signed has another length.",
        "The certificate does not hold the relay's key.",
    }
)
