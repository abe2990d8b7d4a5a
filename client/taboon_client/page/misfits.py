"""What does not fit in a form: which field it is, and what to do about it, in the language of whoever filled it in.

The library names a field as the protocol does and gives its advice in English. Here stands what the page calls the
field, and what it says for each advice; a test goes through the library and fails when one is not here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from taboon_client.page.language import N_
from taboon_client.page.render import isolated

if TYPE_CHECKING:
    from taboon_client.errors import FieldError
    from taboon_client.page.language import Language

__all__ = ["misfit"]

_FIELDS: Final[dict[str, str]] = {
    "access": N_("How to get in"),
    "add_approvals": N_("Admins who must agree to let somebody in"),
    "address": N_("Address of the pop-up relay"),
    "admin": N_("Admins"),
    "admins": N_("Admins"),
    "agreement": N_("What the members agree on"),
    "answer": N_("An answer"),
    "answers": N_("An answer"),
    "area": N_("Area"),
    "areas": N_("Areas"),
    "asked_by": N_("Who asked them"),
    "audience": N_("How far it may be told"),
    "best": N_("When to call"),
    "by": N_("Who asked them"),
    "categories": N_("Categories"),
    "category": N_("Category"),
    "channel": N_("Another way"),
    "choice": N_("The vote"),
    "closed_days": N_("Closed ones: days since they were closed"),
    "code": N_("Code"),
    "contacts": N_("Phone"),
    "day": N_("The day"),
    "days": N_("How many days"),
    "details": N_("Sealed details"),
    "devices": N_("Devices"),
    "edit": N_("The change"),
    "expected": N_("When you mean to be there"),
    "first": N_("The first day"),
    "for_whom": N_("For whom"),
    "form": N_("Size, strength or kind"),
    "helper_needs": N_("What it takes, if anything"),
    "hours": N_("For how many hours it is good"),
    "safe_hours": N_("When somebody can safely come"),
    "hours_end": N_("Until"),
    "hours_start": N_("From"),
    "i": N_("The item"),
    "inhabitants": N_("How many people live there"),
    "into": N_("Code of the one that goes on"),
    "label": N_("What it is called"),
    "labels": N_("What it is called"),
    "languages": N_("Languages"),
    "lease": N_("Until when it holds unless you say more"),
    "limit": N_("How many pledges I want to hold at most; empty: any number"),
    "lines": N_("What is needed, and how much"),
    "link": N_("The invite link that you were given"),
    "me": N_("What you are called there"),
    "member": N_("Somebody of the group"),
    "members": N_("Dispatch circle"),
    "name": N_("The name"),
    "names": N_("Whom to ask for"),
    "needed_by": N_("Needed by"),
    "not_before": N_("Not before"),
    "note": N_("Note for the group"),
    "is_value": N_("The answer, where it ends in dots"),
    "only_if": N_("Asked only after this answer"),
    "open_days": N_("Open ones: days since they were renewed"),
    "order": N_("Where it stands"),
    "options": N_("What can be chosen, one a line"),
    "original": N_("The text as it came"),
    "other_areas": N_("Other areas, with commas between"),
    "other_skills": N_("Other words, with commas between"),
    "pass": N_("The relay's pass"),
    "pasted": N_("The file or the text"),
    "people": N_("For how many people"),
    "phone": N_("Phone"),
    "picture": N_("The picture"),
    "place": N_("The exact place"),
    "policy": N_("The rules"),
    "policy_approvals": N_("Admins who must agree to other rules"),
    "quantity": N_("How many"),
    "reach": N_("Name or number there"),
    "reason": N_("A word, if you like"),
    "recipients": N_("Whoever reads it"),
    "recovery": N_("Keyholders"),
    "repeat": N_("Comes again"),
    "removal_approvals": N_("Admins who must agree to a removal"),
    "retention": N_("Days for which the relay keeps messages"),
    "risk": N_("What to mind on the way"),
    "rotation_days": N_("Days after which keys are made anew"),
    "row": N_("The row"),
    "rows": N_("The rows"),
    "secret_note": N_("What else whoever goes must know"),
    "size": N_("How many people live there"),
    "skills": N_("What I have or can do"),
    "tags": N_("Words to find it by, with commas between"),
    "text": N_("The text"),
    "title": N_("The title"),
    "to": N_("Language"),
    "type": N_("What answers it"),
    "under": N_("Under"),
    "unit": N_("Unit"),
    "until": N_("The day"),
    "urgency": N_("How long it can wait"),
    "urgency_reason": N_("If it is for now: why"),
    "what": N_("Of what, if more than the title"),
    "why": N_("Why"),
}
_EMPTY: Final = N_("write something here.")
_CHOOSE: Final = N_("choose one of those that are shown.")
_TOO_LONG: Final = N_("this is too long: shorten it.")
_DAYS: Final = N_("choose one of the numbers of days that are shown.")
_WHOLE: Final = N_("write a whole number, such as 12.")
_OTHERWISE: Final = N_("this is not written as it has to be here: look at it again.")
_NOTHING_DONE: Final = N_("this cannot be done now. Go back to the board, look at the item again, and try once more.")
_ADVICE: Final[dict[str, str]] = {
    "is blank: write something": _EMPTY,
    "is empty": _EMPTY,
    "is empty: paste what their device shows": N_("it is empty: paste what their device shows."),
    "is empty: type the code of the other one": N_("it is empty: type the code of the other item."),
    "is empty: choose a picture of their code, or paste it": N_("choose a picture of their code, or paste it."),
    "is empty: paste the link, or choose a picture of its code": N_("paste the link, or choose a picture of its code."),
    "is empty: choose a file or paste a text": N_("choose a file, or paste a text."),
    "is empty: say until which day": N_("say until which day."),
    "is empty: it is what that relay shows": N_("copy the address that the pop-up relay shows."),
    "holds nothing that could be posted": N_("nothing in it could be posted: look whether it is the right file."),
    "holds nothing that could be posted, or too much: split it": N_(
        "it holds nothing that could be posted, or too much: paste a part of it."
    ),
    "is too long": _TOO_LONG,
    "is too long: at most %(a)s %(b)s": N_("this is too long: at most %(a)s characters fit."),
    "is too short: at least %(a)s %(b)s": N_("this is too short: write at least %(a)s characters."),
    "is out of range: %(a)s %(b)s": N_("this number is too large or too small."),
    "is too long, or not as it should be": N_("this is too long, or not written as it has to be: look at it again."),
    "have a text that is too long, or something that is no text": _TOO_LONG,
    "are too long: %(a)s": _TOO_LONG,
    "is a whole number": _WHOLE,
    "is a number of days": N_("write a number of days, such as 30."),
    "is a number from %(a)s to %(b)s": N_("write a number from %(a)s to %(b)s."),
    "is one of the numbers of days that are shown": _DAYS,
    "is one of the days that are shown": N_("choose one of the days that are shown."),
    "is one of those that are shown": _CHOOSE,
    "is one of the page's languages": _CHOOSE,
    "is one of the group's own: %(a)s": N_("choose one of the group's own: %(a)s."),
    "is one of %(a)s": _CHOOSE,
    "is a language code such as ar or en": _CHOOSE,
    "are words such as %(a)s": _CHOOSE,
    "stand with one-of and many-of, and with nothing else": N_(
        "they are for an answer that is chosen among several: write them there, and leave them empty elsewhere."
    ),
    "goes with the code of its language, such as tl: write both, or none": N_(
        "write it with the code of its language, such as tl, or leave both empty."
    ),
    "is a rule of days such as %(a)s": N_("write a rule such as %(a)s."),
    "says how often: %(a)s": N_("write a rule such as %(a)s."),
    "has COUNT or UNTIL, not both": N_("a rule has COUNT or UNTIL, not both."),
    "names days of the month only with FREQ=MONTHLY": N_("a rule names days of the month only with FREQ=MONTHLY."),
    "ends on a day that no calendar has": N_("the rule ends on a day that no calendar has."),
    "is a day and an hour": N_("choose a day and an hour."),
    "is a day as in 2026-03-01": N_("choose a day."),
    "is an hour such as 18:30": N_("write an hour such as 18:30."),
    "goes with the hour from which somebody can come: write both, or none": N_(
        "write the hour from which somebody can come and the hour until which, or neither."
    ),
    "is still to come, or left empty": N_("choose a time that is still to come, or leave it empty."),
    "is a time to come, within a year": N_("choose a day that is still to come, within a year."),
    "is 1 to %(a)s": N_("write a number from 1 to %(a)s."),
    "has 1 to %(a)s characters": N_("write 1 to %(a)s characters."),
    "has at most %(a)s characters": N_("this is too long: at most %(a)s characters fit."),
    "has at most %(a)s bytes: copy it again": N_("this is too long: copy it again."),
    "a view's name has 1 to %(a)s characters": N_("write 1 to %(a)s characters."),
    "%(a)s views are saved: delete one first": N_("%(a)s views are kept already: forget one first."),
    "are at most %(a)s: revoke one that is not used": N_("there are %(a)s already: take one out that is not used."),
    "are at most %(a)s": N_("at most %(a)s can be chosen."),
    "are 1 to %(a)s members whose keys are known here": N_("choose 1 to %(a)s members whose keys are known here."),
    "names no question of the group's": _CHOOSE,
    "would hang on itself: choose a question that is asked without it": N_(
        "it would hang on itself: choose a question that is asked without it."
    ),
    "one is to a question whose answers are sealed: put it into the details": N_(
        "one is to a question whose answers have been sealed since: open the form again."
    ),
    "names another category than itself": N_("choose another category than this one."),
    "names at least one member who stays": N_("tick at least one who stays."),
    "nobody would be left who decides: tick somebody": N_("nobody would be left who decides: tick somebody."),
    "the group would have no admin. Make somebody else an admin first (“taboon admins GROUP --add MEMBER”), or all of "
    "you (“taboon admins GROUP --everyone”)": N_(
        "the group would have no admin. Make somebody else an admin first, or all of you."
    ),
    "%(a)s admins would have to agree, and there would be %(b)s. Name more admins": N_(
        "%(a)s admins would have to agree, and there would be only %(b)s. Name more admins first."
    ),
    "%(a)s could let in enough people to outvote the others. Ask %(b)s admins to agree to that, too": N_(
        "%(a)s could let in enough people to outvote the others. Ask %(b)s admins to agree to that, too."
    ),
    "%(a)s could let in enough people to outvote the others. Ask %(b)s admins to agree to that, too, or name "
    "keyholders": N_(
        "%(a)s could let in enough people to outvote the others. Ask %(b)s admins to agree to that, too, or name "
        "keyholders first."
    ),
    "a policy lets fewer admins bring in those who count than it asks to remove somebody": N_(
        "those few who let somebody in could bring in enough people to outvote the others."
    ),
    "%(a)s would have to agree, and there would be %(b)s keyholders": N_(
        "%(a)s would have to agree, and there would be only %(b)s keyholders."
    ),
    "the rules have changed since this was proposed. Propose it again": N_(
        "they have changed since this was proposed. Propose it again."
    ),
    "a policy leaves the group without an admin": N_("the group would have no admin. Name one first."),
    "a policy names an admin who is not in the group": N_("somebody who is ticked is not in the group any more."),
    "a policy names somebody of the dispatch circle who is not in the group": N_(
        "somebody who is ticked is not in the group any more."
    ),
    "a policy names a keyholder who is not in the group": N_("somebody who is ticked is not in the group any more."),
    "a policy asks for more approvals than the group has admins": N_("more would have to agree than there are admins."),
    "a policy asks for more keyholders than the group has": N_("more would have to agree than there are keyholders."),
    "stays: a line that was there is changed, and not left out": N_(
        "a line that was there can be changed, and not left out: write a number."
    ),
    "#%(a)s has %(b)s: change a quantity, and leave none out": N_(
        "a line that was there can be changed, and not left out: write a number."
    ),
    "#%(a)s does not come again: leave the day out": N_("this does not come again: leave the day out."),
    "#%(a)s has several lines: pledge the whole": N_("this has several lines: leave the numbers empty and pledge all."),
    "#%(a)s comes again: say for which day, as in 2026-03-01": N_("this comes again: say for which day."),
    "changes nothing: say which field is to be another": N_("nothing is another than before."),
    "is typed as: n 3 b 1 20litre Water for the school (- for what is empty)": N_(
        "type it as: n 3 b 1 20litre Water for the school, with a - for what is empty."
    ),
    "begins with n for a need or o for an offer": N_("begin it with n for a need or o for an offer."),
    "is 1, 2, 3 or 4, or - where nothing is ticked": N_("type 1, 2, 3 or 4, or a - where nothing is ticked."),
    "is a number and its unit in one word, as in 20litre, or -": N_(
        "type the number and its unit in one word, as in 20litre, or a -."
    ),
    "is %(a)s to %(b)s as the sheet has it, or -": N_("type what the sheet has, as it stands below, or a -."),
    "is a picture": N_("choose a picture: PNG, JPEG or WebP."),
    "the event has %(a)s bytes, %(b)s are allowed: shorten its texts": N_(
        "all of it together is too long: shorten it."
    ),
    "speaks of something that is not on this device, or does not count: sync first": N_(
        "it speaks of something that is not on this device: wait until the relay was read, and try again."
    ),
    "speaks of more than %(a)s events: make several": N_("it speaks of more than %(a)s things at once: make several."),
    "is written in another way": _OTHERWISE,
    "is %(a)s": _OTHERWISE,
    "does not fit": _OTHERWISE,
    "holds a value that is no text, whole number, bytes or list of these": _OTHERWISE,
    "is the id of an item": _NOTHING_DONE,
    "is the name of an event": _NOTHING_DONE,
    "the event belongs to another item or register": _NOTHING_DONE,
    "must give %(a)s bytes": _NOTHING_DONE,
}
_ANYTHING: Final = N_("What you have filled in")
_PLACE: Final = re.compile(r"%\\\((\w)\\\)s")


def misfit(error: FieldError, language: Language) -> str:
    """Return which field does not fit, and what to do."""
    advice = str(error).removeprefix(f"{error.field}: ")
    return f"{language.text(_called(error.field))}: {_advised(advice, language)}"


def _called(field: str) -> str:
    """Return what the page calls a field that the protocol names, as in ``lines[2].quantity``."""
    last = re.sub(r"\[[^\]]*\]|-[0-9a-f]+\Z", "", field.rpartition(".")[2])
    last = "label" if last.startswith("label-") else last
    return _FIELDS.get(last, _ANYTHING)


def _advised(advice: str, language: Language) -> str:
    advice = advice.rstrip(".")
    if (known := _ADVICE.get(advice)) is not None:
        return language.text(known)
    for form, said in _forms():
        if found := form.fullmatch(advice):
            values = {
                name: language.digits(value) if value.isdecimal() else isolated(value)
                for name, value in found.groupdict().items()
            }
            return language.text(said, **values)
    return language.text(_OTHERWISE)


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    # The ones that say most in their own words come first.
    ordered = sorted(_ADVICE, key=lambda advice: -len(advice))
    return tuple(
        (re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(advice)), re.DOTALL), _ADVICE[advice])
        for advice in ordered
        if "%(" in advice
    )
