"""What reasons for a match and the parts of a report say, in English and Arabic: texts alone, no logic but plurals.

As in :mod:`taboon_client.board.sentences`; a text with a number has one form for each plural category of its language
(Unicode CLDR). What a member wrote stands last. The Arabic waits for a native speaker's look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.board.sentences import LANGUAGES
from taboon_client.views.numbers import OTHERS, SPAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taboon_client.views.matching import Reason

__all__ = ["REASONS", "REPORT", "SKILLS", "cell_label", "plural", "report_text", "say_reason"]

_Text = str | dict[str, str]

REASONS: Final[Mapping[str, tuple[_Text, _Text]]] = {
    "same-sub": ("exactly this is offered: {detail}", "المعروض هو المطلوب نفسه: {detail}"),
    "same-category": ("of the same kind: {detail}", "من الفئة نفسها: {detail}"),
    "same-words": ("speaks of the same: {detail}", "يذكر الشيء نفسه: {detail}"),
    "all-of-it": ("enough for all that is open: {detail}", "يكفي كل ما بقي: {detail}"),
    "part-of-it": ("enough for a part: {detail}", "يكفي جزءًا: {detail}"),
    "same-area": ("in the same area: {detail}", "في المنطقة نفسها: {detail}"),
    "same-language": ("speaks their language: {detail}", "اللغة مشتركة: {detail}"),
    "no-language": ("no language in common; they speak: {detail}", "لا لغة مشتركة، لغتهم: {detail}"),
    "has-skill": ("has what it takes: {detail}", "يتوفّر ما يلزم: {detail}"),
    "lacks-skill": ("it takes something else as well: {detail}", "يلزم شيء آخر أيضًا: {detail}"),
    "same-hours": ("comes when it is safe there: {detail}", "يأتي حين يكون المكان آمنًا: {detail}"),
    "no-hours": ("comes at other hours; it is safe there: {detail}", "يأتي في ساعات أخرى، والأمان هناك: {detail}"),
    "can-do": ("something you help with: {detail}", "مما تساعد فيه: {detail}"),
    "urgent-now": ("needed within hours", "مطلوب خلال ساعات"),
    "urgent-soon": ("needed within a day or two", "مطلوب خلال يوم أو يومين"),
    "urgent-week": ("needed this week", "مطلوب هذا الأسبوع"),
    "waits": (
        {"one": "waiting for a day", "other": "waiting for {number} days"},
        {
            "zero": "ينتظر منذ اليوم",
            "one": "ينتظر منذ يوم",
            "two": "ينتظر منذ يومين",
            "few": "ينتظر منذ {number} أيام",
            "many": "ينتظر منذ {number} يومًا",
            "other": "ينتظر منذ {number} يوم",
        },
    ),
    "offer-stale": ("nobody has confirmed it lately", "لم يؤكده أحد مؤخرًا"),
    "offer-faded": ("it is fading: ask first whether it is still there", "قديم: اسأل أولًا هل ما زال متوفرًا"),
    "busy": (
        {"one": "has one other pledge to keep", "other": "has {number} other pledges to keep"},
        {
            "zero": "لا تعهّدات أخرى لديه",
            "one": "لديه تعهّد آخر",
            "two": "لديه تعهّدان آخران",
            "few": "لديه {number} تعهّدات أخرى",
            "many": "لديه {number} تعهّدًا آخر",
            "other": "لديه {number} تعهّد آخر",
        },
    ),
    "at-limit": (
        {
            "one": "you hold a pledge already, as many as you wanted",
            "other": "you hold as many as you wanted: {number}",
        },
        {
            "zero": "بلغت الحد الذي أردته",
            "one": "لديك تعهّد واحد، وهو الحد الذي أردته",
            "two": "لديك تعهّدان، وهو الحد الذي أردته",
            "few": "بلغت الحد الذي أردته: {number} تعهّدات",
            "many": "بلغت الحد الذي أردته: {number} تعهّدًا",
            "other": "بلغت الحد الذي أردته: {number} تعهّد",
        },
    ),
}
"""By id of a :class:`~.matching.Reason`: English, Arabic; a text, or its plural forms."""

SKILLS: Final[Mapping[str, tuple[str, str]]] = {
    "vehicle": ("a vehicle", "سيارة"),
    "lifting": ("lifting", "رفع أثقال"),
    "woman": ("a woman", "امرأة"),
    "medic": ("a medic", "مسعف"),
    "two-people": ("two people", "شخصان"),
    "language": ("a language", "لغة"),
    "tools": ("tools", "أدوات"),
    "night": ("at night", "في الليل"),
}
"""What the words of :data:`~taboon_client.board.fields.HELPER_NEEDS` are called."""

REPORT: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("Needs, and how they were met", "الحاجات وكيف لُبّيت"),
    "as-of": ("As of {day}", "بتاريخ {day}"),
    "needs": ("Needs", "الحاجات"),
    "by_category": ("Needs by category", "الحاجات حسب الفئة"),
    "open_by_age": ("Still open, by age", "ما زال مطلوبًا، حسب العمر"),
    "coverage": ("How far they have come", "إلى أين وصلت"),
    "to_pledge": ("From the post to the first pledge", "من النشر إلى أول تعهّد"),
    "to_delivery": ("From the post to the first hand-over", "من النشر إلى أول تسليم"),
    "load": ("Members by how many pledges they hold", "الأعضاء حسب عدد تعهّداتهم"),
    "few": ("fewer than 5", "أقل من 5"),
    "nothing": ("Too few to tell without telling of a household", "عدد قليل، وذكره قد يدل على بيت بعينه"),
    "rule": (
        "Numbers from 1 to 4 are put together with others. Nobody is named.",
        "الأعداد من 1 إلى 4 مجموعة مع غيرها، ولا يُذكر اسم أحد",
    ),
    "span": ("from “{first}” to “{last}”", "من «{first}» إلى «{last}»"),
    "others": ("all others together", "كل ما عداها"),
    "open": ("open", "مطلوب"),
    "partly": ("partly pledged", "متعهَّد بجزء منه"),
    "covered": ("all pledged", "متعهَّد به كله"),
    "delivered": ("handed over", "سُلّم"),
    "done": ("done", "أُنجِز"),
    "under-1-hour": ("under an hour", "أقل من ساعة"),
    "1-6-hours": ("1 to 6 hours", "من ساعة إلى 6 ساعات"),
    "6-24-hours": ("6 to 24 hours", "من 6 ساعات إلى يوم"),
    "under-1-day": ("under a day", "أقل من يوم"),
    "1-3-days": ("1 to 3 days", "من يوم إلى 3 أيام"),
    "3-7-days": ("3 to 7 days", "من 3 أيام إلى أسبوع"),
    "1-4-weeks": ("1 to 4 weeks", "من أسبوع إلى 4 أسابيع"),
    "longer": ("longer", "أكثر من ذلك"),
    "not-stated": ("not stated", "غير مذكور"),
    "0": ("no pledge", "بلا تعهّد"),
    "1": ("one pledge", "تعهّد واحد"),
    "2": ("two pledges", "تعهّدان"),
    "3-5": ("3 to 5 pledges", "من 3 إلى 5 تعهّدات"),
    "6+": ("6 pledges or more", "6 تعهّدات أو أكثر"),
}
"""Headings and labels of a report: English, Arabic."""

_CATEGORY_REASONS: Final = frozenset({"same-sub", "same-category", "can-do"})
_SKILL_REASONS: Final = frozenset({"has-skill", "lacks-skill"})


def plural(number: int, language: str) -> str:
    """Return the plural category of a whole number: ``one``, ``other``; in Arabic also ``zero two few many`` (CLDR)."""
    if language != "ar":
        return "one" if number == 1 else "other"
    if number < 3:
        return ("zero", "one", "two")[max(number, 0)]
    rest = number % 100
    return "few" if 3 <= rest <= 10 else "many" if rest >= 11 else "other"


def say_reason(reason: Reason, language: str, category: Callable[[str], str], safe: Callable[[str], str]) -> str:
    """Return what a reason says.

    Args:
        reason: From :mod:`.matching`.
        language: One of :data:`LANGUAGES`; another one is answered in English.
        category: Gives what a code of a category is called, safe to show where the sentence goes.
        safe: Makes what a member wrote safe to show there.
    """
    text = REASONS[reason.id][_place(language)]
    if isinstance(text, dict):
        number = int(reason.detail)
        return text[plural(number, language)].format(number=number)
    return text.format(detail=_detail(reason, language, category, safe))


def _detail(reason: Reason, language: str, category: Callable[[str], str], safe: Callable[[str], str]) -> str:
    if reason.id in _CATEGORY_REASONS:
        return category(reason.detail)
    if reason.id in _SKILL_REASONS:
        called = (SKILLS[word][_place(language)] if word in SKILLS else word for word in reason.detail.split(", "))
        return safe(", ".join(called))
    return safe(reason.detail)


def report_text(name: str, language: str, **parts: str) -> str:
    """Return a text of a report by its id in :data:`REPORT`."""
    return REPORT[name][_place(language)].format(**parts)


def cell_label(table: str, label: str, language: str, category: Callable[[str], str]) -> str:
    """Return what a cell of a report is called.

    Args:
        table: Name of a table of :class:`~.numbers.Numbers`.
        label: Of the cell.
        language: One of :data:`LANGUAGES`.
        category: Gives what a code of a category is called.
    """
    if table == "by_category" and label != OTHERS:
        return category(label)
    said = [report_text(part, language) for part in label.split(SPAN)]
    return said[0] if len(said) == 1 else report_text("span", language, first=said[0], last=said[-1])


def _place(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0
