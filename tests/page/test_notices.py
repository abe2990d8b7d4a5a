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
ROOMS = ("session", "joining", "returning.py", "sync.py", "group/snapshot.py")
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
            errors.FieldError: ("title", "is too long for that"),
            errors.NotFoundError: ("item", "nothing of that code is here"),
            errors.AmbiguousError: ("several items fit here", ("K7F2", "M3QX")),
            errors.MailboxMovedError: ("the mailbox has moved on", 7),
            errors.RelayBusyError: ("the relay is too busy", None),
        }.get(kind, ("said in English alone",))
        assert _in_arabic(sentence_of(kind(*arguments), ARABIC)), kind.__name__


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
