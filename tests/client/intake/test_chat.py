"""An exported chat is read as people wrote it, in both languages and from both kinds of phone."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.intake.chat import BadChatError, Chat, read_chat


def read(*lines: str) -> Chat:
    return read_chat("\n".join(lines).encode())


def texts(*lines: str) -> list[str]:
    return [message.text for message in read(*lines).messages]


@pytest.mark.parametrize(
    "line",
    [
        "31/12/2023, 21:15 - Umm K: We need water",
        "12/31/23, 9:15 PM - Umm K: We need water",
        "12/31/23, 9:15\u202fPM - Umm K: We need water",
        "31.12.23, 21:15 - Umm K: We need water",
        "2023-12-31, 21:15 - Umm K: We need water",
        "31/12/2023, 9:15 p.m. - Umm K: We need water",
        "٣١\u200f/١٢\u200f/٢٠٢٣، ٩:١٥ م - Umm K: We need water",
        "[31/12/2023, 21:15:00] Umm K: We need water",
        "\u200e[12/31/23, 9:15:00\u202fPM] Umm K: \u200eWe need water",
        "[٣١\u200f/١٢\u200f/٢٠٢٣، ٩:١٥:٠٠ م] Umm K: We need water",
        "[31.12.23, 21:15:00] Umm K: We need water",
    ],
)
def test_every_phone_s_way_to_write_a_message_is_understood(line: str) -> None:
    [message] = read(line).messages
    assert message.text == "We need water"
    assert message.author == "Umm K"
    assert message.at == dt.datetime(2023, 12, 31, 21, 15)  # noqa: DTZ001 - exports name no time zone
    assert message.line == 1


def test_midnight_and_noon_are_where_they_belong() -> None:
    chat = read("1/13/24, 12:05 AM - A: one", "1/13/24, 12:05 PM - A: two")
    assert [message.at.hour for message in chat.messages] == [0, 12]


def test_a_message_of_several_lines_is_one_message() -> None:
    assert texts("31/12/2023, 21:15 - A: water", "", "for six people", "31/12/2023, 21:16 - B: ok") == [
        "water\n\nfor six people",
        "ok",
    ]


def test_arabic_text_keeps_its_digits_and_loses_only_direction_marks() -> None:
    assert texts("[٣١\u200f/١٢\u200f/٢٠٢٣، ٩:١٥:٠٠ م] أم خالد: \u200fنحتاج ٤ أسطوانات غاز") == ["نحتاج ٤ أسطوانات غاز"]


@pytest.mark.parametrize(
    "text",
    [
        "<Media omitted>",
        "\u200eimage omitted",
        "\u200e<attached: 00000012-PHOTO-2023.jpg>",
        "\u200eتم استبعاد الصورة",
        "\u200eتم استبعاد مقطع الفيديو",
        "IMG-20231231-WA0001.jpg (file attached)",
        "<تم استبعاد الوسائط>",
        "IMG-1.jpg (الملف مرفق)",
        "This message was deleted",
        "تم حذف هذه الرسالة",
        "You deleted this message.",
        "null",
    ],
)
def test_what_is_no_text_of_a_person_is_passed_over_and_counted(text: str) -> None:
    chat = read(f"31/12/2023, 21:15 - A: {text}", "31/12/2023, 21:16 - A: bread")
    assert [message.text for message in chat.messages] == ["bread"]
    assert chat.skipped == 1


def test_who_joined_is_no_message() -> None:
    chat = read("31/12/2023, 21:15 - Umm K added Abu S", "31/12/2023, 21:16 - Umm K: bread")
    assert len(chat.messages) == 1
    assert chat.skipped == 1


def test_what_was_written_below_a_picture_stays() -> None:
    assert texts("31/12/2023, 21:15 - A: IMG-1.jpg (file attached)", "the roof is open") == ["the roof is open"]


def test_the_mark_of_an_edit_is_no_part_of_the_text() -> None:
    assert texts("31/12/2023, 21:15 - A: six blankets \u200e<This message was edited>") == ["six blankets"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["13/01/2024", "02/02/2024"], [(1, 13), (2, 2)]),
        (["01/13/2024", "02/02/2024"], [(1, 13), (2, 2)]),
        (["01/02/2024", "02/02/2024", "03/02/2024"], [(2, 1), (2, 2), (2, 3)]),
        (["11/12/2023", "01/01/2024", "02/01/2024", "01/02/2024"], [(12, 11), (1, 1), (1, 2), (2, 1)]),
    ],
)
def test_the_order_of_day_and_month_is_told_from_the_whole_chat(
    days: list[str], expected: list[tuple[int, int]]
) -> None:
    chat = read(*(f"{day}, 21:15 - A: text" for day in days))
    assert [(message.at.month, message.at.day) for message in chat.messages] == expected


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "No line begins with a date"),
        (b"hello\nworld", "No line begins with a date"),
        (b"\xff\xfe1\x00", "UTF-8"),
        (b"31/31/2023, 21:15 - A: x", "day that does not exist"),
        (b"1/1/2023, 21:15 - A: " + b"x" * 70_000, "Line 1"),
        (b"1/1/2023, 21:15 - A: x" + b" " * 8_000_000 + b"<", "Line 1"),  # looked at once, not once for each blank
        (b"1/1/2023, 21:15 - A: " + b"<omitted" * 100_000, "Line 1"),
        (b" " * ((16 << 20) + 1), "larger than"),
    ],
)
def test_what_is_no_chat_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(BadChatError, match=says):
        read_chat(data)


def test_neither_names_nor_texts_stand_in_a_repr() -> None:
    chat = read("31/12/2023, 21:15 - Umm K: We need water")
    assert "Umm" not in repr(chat) + repr(chat.messages)
    assert "water" not in repr(chat) + repr(chat.messages)


@given(st.lists(st.text(alphabet="1/,: -[]ampصم٣\u200fABx\n", max_size=60), max_size=8))
def test_no_text_breaks_the_reader(lines: list[str]) -> None:
    try:
        chat = read(*lines)
    except BadChatError:
        return
    assert all(message.text for message in chat.messages)
