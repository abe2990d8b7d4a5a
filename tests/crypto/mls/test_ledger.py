"""docs/mls-ledger.md: every MUST has a line, every line a function and a test, every rule of the code an id there."""

import ast
import importlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from taboon_crypto import mls

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
SOURCES = Path(mls.__file__).parent
LEDGER = PROJECT / "docs" / "mls-ledger.md"
RFC = PROJECT.parent / "shared" / "specs" / "rfc9420.txt"


@dataclass(frozen=True)
class Line:
    """One line of the ledger."""

    id: str
    sections: str
    function: str
    test: str


def cells(width: int) -> list[list[str]]:
    """Return the lines of all tables of so many columns, without their heads."""
    rows = []
    for row in LEDGER.read_text("utf-8").splitlines():
        parts = [part.strip() for part in row.strip("|").split(" | ")]
        if (
            row.startswith("| ")
            and len(parts) == width
            and set(row) - set("|- ")
            and parts[0] not in ("id", "RFC 9420")
        ):
            rows.append([part.strip("`") for part in parts])
    return rows


@cache
def lines() -> list[Line]:
    return [Line(name, sections, function, test) for name, sections, _, function, test in cells(5)]


@cache
def rules() -> frozenset[str]:
    """Return the names of all rules: what ValidationError and SignatureError are raised with."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in {"ValidationError", "SignatureError"}:
                    assert isinstance(first, ast.Constant), f"{path.name}:{node.lineno}: a rule without a fixed name"
                    found.add(str(first.value))
    return frozenset(found)


@cache
def named_in_tests() -> frozenset[str]:
    found = set()
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


@cache
def functions_of(test_file: str) -> frozenset[str]:
    tree = ast.parse((HERE / f"{test_file}.py").read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_rule_is_named_in_a_test() -> None:
    assert len(rules()) > 90
    assert rules() - named_in_tests() == set()


def test_the_rules_of_the_code_are_the_rules_of_the_ledger() -> None:
    ids = [line.id for line in lines()]
    assert len(set(ids)) == len(ids)
    assert {name for name in ids if not name.startswith("duty.")} == rules()


def test_every_function_that_the_ledger_names_exists() -> None:
    for line in lines():
        parts = line.function.split(".")
        for length in range(len(parts), 0, -1):
            try:
                thing = importlib.import_module(".".join(["taboon_crypto.mls", *parts[:length]]))
            except ModuleNotFoundError:
                continue
            break
        for name in parts[length:]:
            assert hasattr(thing, name), f"{line.id}: there is no {line.function}"
            thing = getattr(thing, name)


def test_every_test_that_the_ledger_names_exists() -> None:
    for line in lines():
        test_file, _, name = line.test.partition("::")
        assert name in functions_of(test_file), f"{line.id}: there is no {line.test}"


def counted(sections: list[str]) -> Counter[str]:
    words: Counter[str] = Counter()
    for cell in sections:
        for section, number in re.findall(r"([\d.]+) \((\d+)\)", cell):
            words[section] += int(number)
    return words


def test_the_ledger_stands_for_every_word_in_capitals_of_the_rfc() -> None:
    if not RFC.is_file():
        pytest.skip("the text of RFC 9420 is not beside the project, in shared/specs")
    text, section, words = RFC.read_text("utf-8").splitlines(), "", Counter[str]()
    begins = max(number for number, row in enumerate(text) if row.startswith("1.  Introduction"))
    for row in text[begins:]:
        heading = re.match(r"(\d+(?:\.\d+)*)\.\s+\S", row)
        section = heading.group(1) if heading else section
        words[section] += len(re.findall(r"\b(?:MUST|REQUIRED|SHALL)\b", row))
    accounted = counted([line.sections for line in lines()]) + counted([row[0] for row in cells(2)])
    assert accounted == +words
    said = re.search(r"Of (\d+) such words, (\d+) concern", LEDGER.read_text("utf-8"))
    assert said is not None
    assert (int(said[1]), int(said[2])) == (words.total(), counted([line.sections for line in lines()]).total())


def test_every_public_name_is_there_once_and_in_order() -> None:
    assert list(mls.__all__) == sorted(set(mls.__all__), key=lambda name: (not name.isupper(), name.islower(), name))
    for name in mls.__all__:
        assert getattr(mls, name) is not None
