"""One set of settings: as a flag, in the environment, in a TOML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer.main
from typer.testing import CliRunner

from taboon_server.cli import relay as command
from taboon_server.settings import Settings, load
from tests.relay_process import RelayProcess
from tests.server.caller import Caller

if TYPE_CHECKING:
    from pathlib import Path


OTHERS = {"metrics_port": 5_000, "disk_bytes": 5_000}
"""Settings that have no default and are no text."""


def told(relay: RelayProcess) -> int:
    with Caller(relay) as caller:
        number: int = caller.http.get("/v1/limits").json()["quota"]["blobs"]
    return number


def test_a_setting_comes_from_a_flag_or_else_the_environment_or_else_the_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "relay.toml").write_text("quota_blobs = 11\n", encoding="utf-8")
    environment = {"TABOON_RELAY_QUOTA_BLOBS": "22"}
    with RelayProcess(home) as relay:
        assert told(relay) == 11
    with RelayProcess(home, env=environment) as relay:
        assert told(relay) == 22
    with RelayProcess(home, env=environment, extra_args=["--quota-blobs", "33"]) as relay:
        assert told(relay) == 33


def test_every_setting_can_be_given_in_each_of_the_three_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {option for each in typer.main.get_command(command).params for option in each.opts}
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in options
        assert field.description, f"--help says nothing of {name}"
        value = field.default if field.default is not None else OTHERS.get(name, "x")
        with monkeypatch.context() as environment:
            environment.setenv(f"TABOON_RELAY_{name.upper()}", str(value))
            from_environment = getattr(load(None, {}), name)
        file = tmp_path / "one.toml"
        file.write_text(f"{name} = {json.dumps(value)}\n", encoding="utf-8")
        assert str(from_environment) == str(getattr(load(file, {}), name)) == str(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quota_blob = 11", "There is no setting quota_blob. The nearest is quota_blobs."),
        ("quota_blobs = 0", "quota_blobs"),
        ('quota_blobs = "many"', "quota_blobs"),
        ("longest_retention = 31", "longest_retention"),
        ("quota_blobs = ", "no TOML"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_in_one_line_before_anything_begins(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "relay.toml").write_text(text, encoding="utf-8")
    answer = CliRunner().invoke(command, ["--folder", str(tmp_path), "--port", "0"])
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert not (tmp_path / "relay.db").exists()


def test_a_file_of_settings_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    answer = CliRunner().invoke(command, ["--folder", str(tmp_path), "--config", str(tmp_path / "away.toml")])
    assert answer.exit_code == 2
    assert "away.toml" in answer.stderr


def test_a_misspelt_variable_is_refused_as_a_misspelt_line_of_the_file_is(tmp_path: Path) -> None:
    environment = {"TABOON_RELAY_HOME": str(tmp_path), "TABOON_RELAY_QUTOA_BLOBS": "11"}
    answer = CliRunner().invoke(command, ["--port", "0"], env=environment)
    assert (answer.exit_code, answer.stderr) == (2, "There is no setting qutoa_blobs. The nearest is quota_blobs.\n")
    assert not (tmp_path / "relay.db").exists()
