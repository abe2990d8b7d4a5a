"""What messages say, in English and Arabic: texts alone, no logic (:mod:`.explain` says which one).

``{who}`` and ``{other}`` are names of members, ``{number}`` a number. Languages are added here. The Arabic waits for a
native speaker's look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.board.explain import Message

__all__ = ["LANGUAGES", "SENTENCES", "say"]

LANGUAGES: Final = ("en", "ar")

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "goes.alone": ("{who} goes: nobody else has pledged", "يذهب {who}: لم يتعهّد أحد غيره"),
    "goes.beside": ("{who} goes, and so does {other}: each for a part", "يذهب {who} ويذهب {other}، كلٌّ بجزء"),
    "goes.rest": ("{who} goes: {other} has handed over another part", "يذهب {who}: سلّم {other} جزءًا آخر"),
    "goes.rejected": (
        "{who} goes: those who asked say that what was to be handed over has not arrived",
        "يذهب {who}: يقول أصحاب الطلب إن ما قيل إنه سُلّم لم يصل",
    ),
    "goes.first": ("{who} goes: pledged before {other}", "يذهب {who}: تعهّد قبل {other}"),
    "goes.drawn": (
        "{who} goes: {other} said yes too while neither knew of the other, and every device drew the same lot",
        "يذهب {who}: تعهّد {other} أيضًا دون أن يعلم أحدهما بالآخر، وخرجت القرعة نفسها على كل جهاز",
    ),
    "goes.granted": ("{who} goes: the details were released to them", "يذهب {who}: أُتيحت له التفاصيل"),
    "goes.chosen": ("{who} goes: chosen by those who asked", "يذهب {who}: اختاره أصحاب الحاجة"),
    "goes.on-the-way": ("{who} is on the way", "{who} في الطريق"),
    "standby.first": ("{who} stands by: {other} pledged before", "{who} في الاحتياط: تعهّد {other} قبله"),
    "standby.drawn": (
        "{who} stands by: {other} also said yes while neither knew of the other, and goes",
        "{who} في الاحتياط: وافق {other} أيضًا دون أن يعلم أحدهما بالآخر، وهو الذي يذهب",
    ),
    "standby.granted": (
        "{who} stands by: the details were released to {other}",
        "{who} في الاحتياط: أُتيحت التفاصيل لـ{other}",
    ),
    "standby.chosen": (
        "{who} stands by: those who asked chose {other}",
        "{who} في الاحتياط: اختار أصحاب الحاجة {other}",
    ),
    "standby.set-out": (
        "{who} had set out, and is not needed any more: those who asked chose {other}. Tell {who} at once",
        "كان {who} قد انطلق ولم يعد مطلوبًا منه: اختار أصحاب الطلب {other}. أخبروا {who} حالًا",
    ),
    "standby.rejected": (
        "{who} stands by: those who asked say that what was to be handed over has not arrived",
        "{who} في الاحتياط: يقول أصحاب الطلب إن ما قيل إنه سُلّم لم يصل",
    ),
    "standby.on-the-way": ("{who} stands by: {other} has already left", "{who} في الاحتياط: {other} في الطريق بالفعل"),
    "standby.handed-over": ("{who} stands by: {other} has handed it over", "{who} في الاحتياط: سلّمه {other}"),
    "standby.late": ("{who} pledged after it was closed", "تعهّد {who} بعد الإغلاق"),
    "standby.nothing-left": ("{who} stands by: nothing of it is open", "{who} في الاحتياط: لم يبق شيء مطلوب منه"),
    "pledge.released": ("{who} gave the pledge back", "أعاد {who} التعهّد"),
    "pledge.lapsed": ("the pledge of {who} has lapsed, says {other}", "انقضى تعهّد {who} بحسب {other}"),
    "pledge.handed-over": ("{who} has handed it over", "سلّمه {who}"),
    "pledge.confirmed": ("what {who} brought has arrived", "وصل ما أحضره {who}"),
    "pledge.returned": ("{who} has brought it back", "أعاده {who}"),
    "item.open": ("nobody has pledged yet", "لم يتعهّد أحد بعد"),
    "item.partly": ("part of it is pledged", "جزء منه متعهَّد به"),
    "item.covered": ("all of it is pledged", "متعهَّد به كله"),
    "item.delivered": ("all of it is handed over", "سُلّم كله"),
    "item.done": ("it is done", "أُنجِز"),
    "item.paused": ("it is paused", "متوقف مؤقتًا"),
    "item.withdrawn": ("it is closed", "أُغلق"),
    "item.merged": ("it goes on in another item", "يُتابَع في بند آخر"),
    "news.goes": (
        "{who} goes. Release the details to {who}, once you have looked who it is",
        "يذهب {who}. سلّم إليه التفاصيل بعد أن تنظر من هو",
    ),
    "news.pledged": ("{who} has pledged too, and stands by", "تعهّد {who} أيضًا، وهو في الاحتياط"),
    "news.handed-over": (
        "{who} says that it is handed over. Confirm it, or say that it was not so",
        "يقول {who} إنه سلّمها. أكّد ذلك، أو قل إنه لم يكن كذلك",
    ),
    "news.gave-back": ("the pledge of {who} does not hold any more", "لم يعد تعهّد {who} قائمًا"),
    "news.you-go": ("now you go", "الآن تذهب أنت"),
    "news.stand-by": ("you stand by now: {who} goes", "أنت الآن في الاحتياط: يذهب {who}"),
    "news.not-needed": ("you stand by now: nothing of it is open", "أنت الآن في الاحتياط: لم يبق شيء مطلوب"),
    "news.granted": ("the details were released to you", "سُلّمت إليك التفاصيل"),
    "news.lapsed": (
        "{who} says that your pledge has lapsed. If you still stand by it, say so (contest)",
        "يقول {who} إن تعهّدك انقضى. إن كنت لا تزال عليه فقل ذلك (اعتراض)",
    ),
    "news.rejected": (
        "those who asked say that what you handed over has not arrived",
        "يقول أصحاب الطلب إن ما سلّمته لم يصل",
    ),
    "news.arrived": ("what you brought has arrived", "وصل ما أحضرته"),
    "news.merged": ("it goes on in another item: look there", "يُتابَع في بند آخر: انظر هناك"),
    "news.closed": ("it was closed", "أُغلق"),
    "news.outcome": ("{who} has told what became of it", "ذكر {who} ما آل إليه الأمر"),
    "news.private": ("a note waits that you alone can read", "هناك ملاحظة لا يقرؤها غيرك"),
    "item.still-open": ("{number} still open", "بقي {number}"),
}
"""By message id: English, Arabic."""


def say(message: Message, language: str, called: Callable[[bytes], str]) -> str:
    """Return what a message says.

    Args:
        message: From :mod:`.explain`.
        language: One of :data:`LANGUAGES`; another one is answered in English.
        called: Gives what a member of an identity key is called; its answer is put in as it is, so it must be safe to
            show where the sentence goes.
    """
    text = SENTENCES[message.id][LANGUAGES.index(language) if language in LANGUAGES else 0]
    return text.format(
        who=called(message.who) if message.who else "",
        other=called(message.other) if message.other else "",
        number=message.number,
    )
