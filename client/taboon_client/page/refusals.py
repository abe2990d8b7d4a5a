"""What the way to the relay, and the library's acts, refuse in English, as sentences of the catalogue.

As in :mod:`.notices`, with a place for what is in a sentence; those with a command in them, and the many shapes in
which an answer can be wrong, are in :mod:`.screened`. A sync tells what the way to the relay refuses without its kind,
so a test fails when one of those is not here. Of the others the most usual stand here; the rest is told by its kind.
"""

from __future__ import annotations

from typing import Final

from taboon_client.page.language import N_

__all__ = ["REFUSED"]

REFUSED: Final = (
    N_("The host in this relay's address is not one. The address looks like %(a)s."),
    N_("The part after # must be the relay's id, 43 characters as the relay printed it. Copy the whole address again."),
    N_("This is not a relay's address. It looks like %(a)s: no path, no name or password, plain ASCII."),
    N_("A relay's address starts with https://, like %(a)s."),
    N_("The port in a relay's address is a number from 1 to 65535."),
    N_("This onion address is misspelt: its checksum does not fit. Copy it again."),
    N_("Write http://127.0.0.1:port instead of localhost: the name may lead elsewhere."),
    N_(
        "Http:// would show the network what you do, and is only for a relay on this device (127.0.0.1 or [::1]). "
        "Use the https address that the relay printed, like %(a)s."
    ),
    N_(
        "This address lacks the relay's id, without which anyone on the way could pose as the relay. Use the "
        "whole address that the relay printed, like %(a)s."
    ),
    N_("A relay id has %(a)s bytes, not %(b)s."),
    N_("This is too long for a relay's address. It looks like %(a)s."),
    N_(
        "Whoever answers holds another key than this relay's: someone may stand in between. Do not go on; ask "
        "whoever runs the relay for its address, over another channel."
    ),
    N_("The relay's blobs do not fit together: one is missing, changed or shown again, or the history is another."),
    N_("An onion address is reached through Tor, which this version cannot use yet."),
    N_("A relay's pass has at most %(a)s bytes: copy it again."),
    N_("A blob is exactly as long as one of the size classes, not %(a)s bytes."),
    N_("Whatever answers at this address (status %(a)s) is no relay that this version knows. Check the address."),
    N_("The relay sends us elsewhere. No relay does that: check its address."),
    N_("No safe connection came about: whoever answers does not speak TLS 1.3 as a relay does. Check the address."),
    N_("The relay cannot be reached. Check the network; what you made is kept."),
    N_("The connection to the relay broke. Try again later."),
    N_("The relay closed the connection without an answer. Try again later."),
    N_("The relay's answer broke off. Try again later."),
    N_("Whatever answers at this address does not speak HTTP. Check the address."),
    N_("The relay does not understand this request. It may run another version of Taboon: update both."),
    N_("The relay has no such mailbox for these keys: it was never made, or it has expired."),
    N_("The relay saw this very request before. Try again."),
    N_("The mailbox is sealed: read it to its end and go on in the next one."),
    N_("The mailbox is full. Rotate to begin a new one, or ask whoever runs the relay."),
    N_("The relay does not take a blob of this size. Update Taboon on both sides."),
    N_("The relay refused the request (status %(a)s), for a reason that this version of Taboon does not know."),
    N_("The relay's clock and this device's differ, and do not settle. Set the clock and try again."),
    N_("Another blob came first. Read the mailbox and try again."),
    N_("The relay has too much to do. Try again a little later."),
    N_("The relay loses this group's mailbox again and again. What you made is kept."),
    N_("You have a pledge on #%(a)s already. Release it first to change it."),
    N_("#%(a)s does not come again: leave the day out."),
    N_("#%(a)s is closed: nothing more is needed there."),
    N_("#%(a)s is withdrawn already."),
    N_("#%(a)s is merged already. Undo that first."),
    N_("An item is not merged into itself."),
    N_("There is nothing on #%(a)s that you can take back."),
    N_("Nothing was handed over for #%(a)s yet."),
    N_("That pledge on #%(a)s does not hold any more."),
    N_("Only whoever posted #%(a)s, or the dispatch circle, can %(b)s it."),
    N_("Only whoever posted #%(a)s, or the dispatch circle, can change its details."),
    N_("Only whoever posted #%(a)s, or the dispatch circle, can release its details."),
    N_("They are on the way: ask whoever posted it, or the dispatch circle."),
    N_("These details are sealed to others: ask whoever posted it, or the dispatch circle."),
    N_("Two members say that this device is at risk. An admin decides first."),
    N_("Somebody goes before them: say that this pledge comes first, or wait until it is."),
    N_("They are no member any more, or their keys are not known here: sync first."),
    N_("#%(a)s is not whole on this device: sync first."),
    N_("This invite has expired. Ask for a new one (and check this device's clock)."),
    N_("This invite was used on this device before. Ask for a new one."),
    N_("This invite is for members of a group that is not on this device. Join that group first."),
    N_("This is your own code: scan the one on their device."),
    N_("There is no code in this picture, or it is not sharp enough. Take it again, closer and straight."),
    N_("Several codes of Taboon stand in this picture: crop it to one."),
    N_("The code in this picture is not one of Taboon. Nothing was done with it."),
    N_("This is no picture that can be read: PNG, JPEG or WebP."),
    N_("This picture cannot be read: it is damaged."),
    N_("Whoever was a member when this was proposed votes on it; you came later."),
    N_("This vote is closed."),
    N_("Whoever proposed it closes the vote."),
    N_("A recovery removes admins alone. The new ones can remove others."),
    N_("Somebody else has to do what removes you."),
    N_("The group's rules name keyholders for that, and you are none of them."),
    N_("Of your own device others have to say it."),
    N_("Another admin has to decide about your device."),
    N_("Nobody vouches for themselves."),
    N_("A circle has no circles of its own: make one in the group that it is in."),
)
