"""The shape of the project: arrows between rooms, public names, claims that name their tests."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_imports_run_one_way() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "import importlinter.cli as cli; cli.lint_imports_command()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def _packages() -> list[str]:
    roots = ["crypto/taboon_crypto", "client/taboon_client", "server/taboon_server"]
    names = []
    for root in roots:
        base = (ROOT / root).parent
        names += [".".join(path.parent.relative_to(base).parts) for path in sorted((ROOT / root).rglob("__init__.py"))]
    return names


@pytest.mark.parametrize("name", _packages())
def test_every_public_name_exists(name: str) -> None:
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        assert hasattr(module, public), f"{name}.{public}"


def test_reading_the_board_loads_neither_http_nor_mls_nor_an_event_loop() -> None:
    code = (
        "import sys, taboon_client.blocking;"
        "heavy = {'httpx', 'asyncio', 'taboon_crypto.mls', 'cryptography', 'pydantic'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("page", ["docs/threat-model.md", "docs/architecture.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / page).read_text(encoding="utf-8"))
    assert named
    for path, function in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        if function:
            nodes = ast.walk(ast.parse(source))
            functions = {each.name for each in nodes if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert function in functions, f"{page} names {path}::{function}"
