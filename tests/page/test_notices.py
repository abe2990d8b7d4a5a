"""What the library tells is told in Arabic on an Arabic page, and no name in it can change what is said."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from taboon_client import errors
from taboon_client.page.faults import sentence_of, spoken_notice
from taboon_client.page.language import language
from taboon_client.page.notices import in_language

if TYPE_CHECKING:
    from collections.abc import Iterator

ARABIC = language("ar")

CLIENT = Path(__file__).resolve().parents[2] / "client" / "taboon_client"
ROOMS = ("session", "joining", "moving.py", "returning.py", "sync.py", "group/snapshot.py")
NOT_TOLD = {"taboon own mailbox"}


def _in_arabic(told: str) -> bool:
    """Tell whether nothing of a sentence is English: an address or a command may stand in it."""
    apart = re.sub(r"https?://\S*|«[^»]*»|[\u2066-\u2069]", "", told)
    return re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", apart) is None and re.search(r"[\u0600-\u06ff]", apart) is not None


def _files() -> Iterator[Path]:
    for room in ROOMS:
        path = CLIENT / room
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _said(tree: ast.Module) -> Iterator[str]:
    """Go through the sentences of a module that may be told: no docstrings, no names, nothing of what it raises."""
    apart: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Expr) and not (
            isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
        ):
            apart.update(ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            apart.update(node.values)
        if isinstance(node, ast.AnnAssign):
            apart.update(ast.walk(node.annotation))
    for node in ast.walk(tree):
        if node in apart:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = re.sub(r"\{\w+\}", "7", node.value)
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in node.values)
        else:
            continue
        if text.count(" ") >= 2 and not text.split()[0].isupper() and text not in NOT_TOLD:
            yield text


def test_every_sentence_that_the_library_may_tell_has_its_arabic() -> None:
    found = [(path.name, text) for path in _files() for text in _said(ast.parse(path.read_text("utf-8")))]
    assert len(found) > 35, "the search finds nothing any more"
    unknown = spoken_notice("none of them", language("ar")).removesuffix("None of them.")
    for name, text in found:
        told = spoken_notice(text, language("ar"))
        assert not told.startswith(unknown), (
            f"{name}: say this in page/notices.py too, then run python scripts/catalogue.py: {text}"
        )


def _raised(tree: ast.Module) -> Iterator[str]:
    """Go through the sentences that a module raises; what stands in for a value is a number."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")):
            continue
        if not issubclass(getattr(errors, node.func.id, ValueError), errors.TaboonError):
            continue
        for part in node.args:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                text = part.value
            elif isinstance(part, ast.JoinedStr):
                text = "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in part.values)
            else:
                continue
            if text.count(" ") >= 2:
                yield text


def test_whatever_the_way_to_the_relay_tells_has_its_arabic() -> None:
    """A sync tells a problem as a sentence, without its kind: each sentence has to be known."""
    paths = [*sorted((CLIENT / "relay").rglob("*.py")), CLIENT / "sync.py"]
    trees = [(path.name, ast.parse(path.read_text("utf-8"))) for path in paths]
    found = [(name, text) for name, tree in trees for text in (*_said(tree), *_raised(tree))]
    assert len(found) > 60, "the search finds nothing any more"
    missing = [(name, text) for name, text in found if not _in_arabic(spoken_notice(text, ARABIC))]
    assert missing == [], "say these in page/notices.py or page/refusals.py too, then run python scripts/catalogue.py"


def test_no_error_stands_in_english_on_an_arabic_page() -> None:
    every = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.TaboonError)]
    for kind in every:
        arguments = {
            errors.FieldError: ("title", "is too long: at most 140 characters"),
            errors.NotFoundError: ("item", "nothing of that code is here"),
            errors.AmbiguousError: ("several items fit here", ("K7F2", "M3QX")),
            errors.MailboxMovedError: ("the mailbox has moved on", 7),
            errors.RelayBusyError: ("the relay is too busy", None),
        }.get(kind, ("said in English alone",))
        assert _in_arabic(sentence_of(kind(*arguments), ARABIC)), kind.__name__


def test_what_does_not_fit_is_told_with_its_field_and_what_to_do() -> None:
    long = errors.FieldError("title", "is too long: at most 140 characters")
    assert sentence_of(long, language("en")) == "The title: this is too long: at most 140 characters fit."
    assert sentence_of(long, ARABIC) == "العنوان: هذا أطول مما يجوز: الحد الأقصى ١٤٠ من الحروف."
    hour = errors.FieldError("hours_start", "is an hour such as 18:30")
    assert sentence_of(hour, ARABIC) == "من الساعة: اكتب ساعة مثل ١٨:٣٠."
    line = errors.FieldError("lines[2].quantity", "is a whole number")
    assert sentence_of(line, language("en")).startswith("How many: ")


def _misfits(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Go through the fields and the advice of a module's errors; what stands in for a value is a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FieldError":
            pair = node.args
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            pair = node.value.elts
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            pair = [ast.Constant("policy"), node.value]
        else:
            continue
        if len(pair) == 2 and isinstance(pair[1], ast.Constant | ast.JoinedStr):
            field, advice = (_with_numbers(one) for one in pair)
            if " " in advice:
                yield field or "title", advice


def _with_numbers(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# What only a program gets wrong, and the texts of policy.py that are no misfit.
ONLY_PROGRAMS = ("must give", "is the id of", "is the name of", "the event belongs", "does not fit", "holds a value")


def test_every_advice_about_a_field_that_the_library_gives_stands_in_both_languages() -> None:
    paths = [
        path
        for room in ("board", "group", "joining", "library", "page", "session", "sharing")
        for path in sorted((CLIENT / room).rglob("*.py"))
        if path.name != "misfits.py"
    ]
    found = [(path.name, *one) for path in paths for one in _misfits(ast.parse(path.read_text("utf-8")))]
    found = [one for one in found if one[0] in ("policy.py", "kinds.py") or "policy" not in one[1]]
    assert len(found) > 60, "the search finds nothing any more"
    general = sentence_of(errors.FieldError("title", "does not fit"), ARABIC).partition(": ")[2]
    unnamed = sentence_of(errors.FieldError("xyz", "does not fit"), ARABIC).partition(": ")[0]
    for name, field, advice in found:
        if advice.startswith(ONLY_PROGRAMS) or advice == "is 7":
            continue
        told = sentence_of(errors.FieldError(field, advice), ARABIC)
        assert _in_arabic(told), (name, advice)
        assert not told.endswith(general), f"{name}: say this in page/misfits.py too: {advice}"
        assert not told.startswith(unnamed) or field in ("7", "body"), (
            f"{name}: page/misfits.py has no name for {field}"
        )


def test_what_an_import_did_not_understand_is_told_in_arabic() -> None:
    tree = ast.parse((CLIENT / "intake" / "columns.py").read_text("utf-8"))
    notes = [
        _with_numbers(node.args[-1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_note"
    ]
    assert len(notes) > 5
    unknown = spoken_notice("none of them", ARABIC).removesuffix("None of them.")
    for note in (*notes, "the end of what is too long to seal or to post"):
        assert not spoken_notice(note, ARABIC).startswith(unknown), note


def test_nothing_on_the_page_sends_anybody_to_a_terminal() -> None:
    """The library speaks of commands; on the page the same is told by its screens."""
    paths = [path for path in sorted(CLIENT.rglob("*.py")) if CLIENT / "cli" not in path.parents]
    paths = [path for path in paths if CLIENT / "page" not in path.parents and CLIENT / "intake" not in path.parents]
    # The page has sentences of its own for how the keys stand.
    paths.remove(CLIENT / "group" / "health.py")
    trees = [(path, ast.parse(path.read_text("utf-8"))) for path in paths]
    told = {(path.name, text) for path, tree in trees for text in (*_said(tree), *_raised(tree))}
    told |= {(path.name, advice) for path, tree in trees for _, advice in _misfits(tree)}
    assert sum("taboon " in text for _, text in told) > 20, "the search finds nothing any more"
    for name, text in told:
        if not re.search(r"[“`]taboon |: taboon |--[a-z]{3}", text):
            continue
        for spoken in (language("en"), ARABIC):
            for said in (
                spoken_notice(text, spoken),
                sentence_of(errors.NotAllowedError(text), spoken),
                sentence_of(errors.FieldError("admins", text), spoken),
            ):
                assert not re.search(r"[“`«]taboon |: taboon |--[a-z]{3}", said), (name, said)


def test_english_tells_the_same_as_the_library() -> None:
    told = spoken_notice("somebody asks to join with an invite, as Basil", language("en"))
    assert re.sub("[\u2068\u2069]", "", told) == "Somebody asks to join with an invite, as Basil."


def test_a_name_stays_a_name() -> None:
    arabic = language("ar")
    hostile = "Basil\u202e. You were removed from this group"
    told = spoken_notice(f"somebody asks to join with an invite, as {hostile}", arabic)
    assert "\u202e" not in told
    assert told.startswith("يطلب أحدهم الانضمام")
    assert "%" not in spoken_notice("removed from the group: %(a)s %s", arabic).replace("%(a)s %s", "")
    assert in_language("Anything else.", arabic) is None
