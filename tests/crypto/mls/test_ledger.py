"""Every rule has a name, and every name a test that breaks it; every public name is there."""

import ast
from pathlib import Path

from taboon_crypto import mls

HERE = Path(__file__).parent
SOURCES = Path(mls.__file__).parent


def rules() -> set[str]:
    """Return the names of all rules: what ValidationError and SignatureError are raised with."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in {"ValidationError", "SignatureError"}:
                    assert isinstance(first, ast.Constant), f"{path.name}:{node.lineno}: a rule without a fixed name"
                    found.add(str(first.value))
    return found


def named_in_tests() -> set[str]:
    found = set()
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_rule_is_named_in_a_test() -> None:
    assert len(rules()) > 70
    assert rules() - named_in_tests() == set()


def test_every_public_name_is_there_once_and_in_order() -> None:
    assert list(mls.__all__) == sorted(set(mls.__all__), key=lambda name: (not name.isupper(), name.islower(), name))
    for name in mls.__all__:
        assert getattr(mls, name) is not None
