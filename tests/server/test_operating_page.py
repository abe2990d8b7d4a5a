"""What docs/operating.md tells an operator to do is there to be done."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer.main

from taboon_server.cli import relay as command
from taboon_server.settings import Settings

PAGE = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the one block of code in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_file_of_settings_is_one() -> None:
    given = tomllib.loads(block("toml"))
    assert Settings.model_validate(given).model_dump(include=set(given), mode="json") == given


def test_every_setting_that_it_names_is_there() -> None:
    tables = re.findall(r"^\| (`[a-z_`, ]+`) \|", PAGE, re.MULTILINE)
    named = {name for cell in tables for name in re.findall(r"[a-z_]+", cell)}
    named |= set(re.findall(r"`([a-z]+_[a-z_]+) = ", PAGE))
    assert len(named) > 12
    assert named <= set(Settings.model_fields)


def test_every_command_and_flag_that_it_names_is_there() -> None:
    group = typer.main.get_command(command)
    commands = group.commands  # type: ignore[attr-defined] # typer's type hides that it is a group
    named = re.findall(r"taboon relay ([a-z]+)", PAGE)
    assert {"check", "copy", "forget", "migrate", "tidy"} <= set(named) <= set(commands)
    flags = {option for each in [group, *commands.values()] for one in each.params for option in one.opts}
    written = re.findall(r"taboon relay[^`\n|]*?(--[a-z-]+)", PAGE) + re.findall(r"`(--[a-z-]+)", PAGE)
    assert set(written) <= {*flags, "--help"}


def test_the_unit_keeps_the_relay_to_itself(tmp_path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign] # as the module's own page says
    unit.read_string(block("ini"))
    service = unit["Service"]
    assert service["ExecStart"].endswith("python -m taboon_server")
    assert {service[name] for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "PrivateDevices")} == {"yes"}
    assert service["LimitCORE"] == service["MemorySwapMax"] == "0"
    assert service["CapabilityBoundingSet"] == ""
    # It must still be able to write where its database is, and to stop in its own time.
    assert service["Environment"].endswith(f"/{service['StateDirectory']}")
    assert int(service["TimeoutStopSec"]) > 6


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here to judge the unit")
def test_systemd_finds_little_to_say_against_the_unit(tmp_path: Path) -> None:
    path = tmp_path / "taboon-relay.service"
    path.write_text(block("ini").replace("/opt/taboon/bin/python", "/bin/sh"), encoding="utf-8")
    judged = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(path)]
    answer = subprocess.run(judged, capture_output=True, encoding="utf-8", check=False)
    if "unrecognized option" in answer.stderr:
        pytest.skip("this systemd is too old to judge a file")
    assert answer.returncode == 0, answer.stdout + answer.stderr
