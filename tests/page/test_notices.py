"""What the library tells is told in Arabic on an Arabic page, and no name in it can change what is said."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from taboon_client.page.faults import spoken_notice
from taboon_client.page.language import language
from taboon_client.page.notices import in_language

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = Path(__file__).resolve().parents[2] / "client" / "taboon_client"
ROOMS = ("session", "joining", "returning.py", "sync.py", "group/snapshot.py")
NOT_TOLD = {"taboon own mailbox"}


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
