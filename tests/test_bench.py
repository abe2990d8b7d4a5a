"""The benchmarks' harness: what it prints, on a small benchmark that is none. No times are held to anything."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import __main__ as everything
from bench import harness
from bench.job.counting_proxy import CountingProxy
from bench.job.sheet import posts_of, read_intake
from bench.job.watching import watched

if TYPE_CHECKING:
    from bench.harness import Options, Samples

ROOT = Path(__file__).parent.parent


class Fake:
    """Finds 10, 30, 20 … milliseconds and 100, 300, 200 … messages a second."""

    def __init__(self) -> None:
        self.seen: list[Options] = []

    def __call__(self, samples: Samples, options: Options) -> None:
        turn = (1.0, 3.0, 2.0)[len(self.seen) % 3]
        self.seen.append(options)
        samples.add("walk", "ms", 10 * turn, floor=5.0, peer=100.0)
        samples.add("talk", "messages/s", 100 * turn, floor=400.0)
        samples.add("size", "bytes", 7.0)
        samples.note("nothing of this is true")


def _run(*arguments: str) -> tuple[str, Fake]:
    fake, output = Fake(), io.StringIO()
    assert harness.main("fake", "measures nothing", fake, arguments, output) == 0
    return output.getvalue(), fake


def _objects(text: str) -> dict[str, dict[str, object]]:
    return {told["name"]: told for told in map(json.loads, text.splitlines())}


def test_json_is_one_object_a_line_with_the_keys_that_were_agreed() -> None:
    text, _ = _run("--json")
    told = _objects(text)
    assert list(told) == ["walk", "talk", "size"]
    keys = {"bench", "name", "value", "unit", "floor", "ratio"}
    assert set(told["talk"]) == keys
    assert set(told["walk"]) == keys | {"peer"}
    assert {figure["bench"] for figure in told.values()} == {"fake"}


def test_the_value_is_the_median_of_the_runs_and_the_ratio_is_value_against_floor() -> None:
    text, fake = _run("--json", "--runs", "3")
    told = _objects(text)
    assert len(fake.seen) == 3
    assert told["walk"] == {
        "bench": "fake",
        "name": "walk",
        "value": 20.0,
        "unit": "ms",
        "floor": 5.0,
        "ratio": 4.0,
        "peer": 100.0,
    }
    assert told["talk"]["ratio"] == 0.5


def test_a_figure_without_a_floor_has_no_ratio() -> None:
    text, _ = _run("--json")
    size = _objects(text)["size"]
    assert (size["floor"], size["ratio"]) == (None, None)


def test_the_table_names_every_figure_and_which_way_is_better() -> None:
    text, _ = _run()
    rows = {line.split()[0]: line for line in text.splitlines() if line and line.split()[0] in {"walk", "talk", "size"}}
    assert set(rows) == {"walk", "talk", "size"}
    assert "lower" in rows["walk"]
    assert "higher" in rows["talk"]
    assert "nothing of this is true" in text


def test_notes_stay_out_of_what_machines_read(capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = _run("--json")
    assert "nothing of this" not in text
    assert capsys.readouterr().err.count("nothing of this is true") == 1


def test_quick_is_told_to_the_benchmark_and_asks_for_fewer_runs() -> None:
    _, slow = _run()
    _, quick = _run("--quick")
    assert all(options.quick for options in quick.seen)
    assert not any(options.quick for options in slow.seen)
    assert 1 < len(quick.seen) < len(slow.seen)


def test_one_name_keeps_one_unit() -> None:
    samples = harness.Samples("fake")
    samples.add("walk", "ms", 1.0)
    with pytest.raises(ValueError, match="walk is measured in ms"):
        samples.add("walk", "s", 1.0)


def test_all_benchmarks_are_found_and_nothing_else_is_taken_for_one() -> None:
    names = everything.benchmarks()
    assert "main_job" in names
    assert not {"harness", "__main__", "job"} & set(names)


@pytest.mark.parametrize("name", everything.benchmarks())
def test_every_benchmark_explains_itself_without_running(name: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "--quick" in result.stdout
    assert "--json" in result.stdout


def test_without_the_real_sheet_one_of_its_sizes_is_made_and_the_result_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TABOON_DATA", str(tmp_path))
    intake = read_intake()
    assert "generated" in intake.note
    lengths = sorted(len(message.encode()) for message, _ in intake.texts)
    assert len(lengths) == 2_000
    assert 70 < lengths[1_000] < 105
    assert lengths[1_800] < 200
    assert lengths[-1] <= 250
    assert read_intake() == intake
    assert len(posts_of(intake, created=1)) == 2_000


def test_a_sheet_in_the_folder_that_is_named_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TABOON_DATA", str(tmp_path))
    text = 'id,message,original\n1,"Water, please",نحتاج إلى ماء\n2,Bread,\n'
    (tmp_path / "crisis-messages.csv").write_text(text, encoding="utf-8")
    intake = read_intake()
    assert intake.texts == (("Water, please", "نحتاج إلى ماء"), ("Bread", ""))
    assert intake.note == ""
    assert intake.payload == len("Water, pleaseBread") + len("نحتاج إلى ماء".encode())
    assert len(read_intake(1).texts) == 1


def test_the_proxy_counts_every_byte_both_ways() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as far,
        CountingProxy("127.0.0.1", far.getsockname()[1]) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)) as near,
    ):
        answering, _ = far.accept()
        with answering:
            near.sendall(b"q" * 1_000)
            assert _read(answering, 1_000) == b"q" * 1_000
            answering.sendall(b"a" * 234)
            assert _read(near, 234) == b"a" * 234
        assert proxy.taken() == 1_234
        assert proxy.taken() == 0


def _read(stream: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        data += stream.recv(length - len(data))
    return data


def test_a_watched_function_does_what_it_did_and_is_its_old_self_afterwards() -> None:
    class Oven:
        heat = 2

        @classmethod
        def bake(cls, loaves: int) -> int:
            return loaves * cls.heat

    seen: list[tuple[object, object]] = []
    before = vars(Oven)["bake"]
    watch = harness.Stopwatch()
    with watched(Oven, "bake", watch, lambda given, result: seen.append((given, result))):
        assert Oven.bake(3) == 6
    assert seen == [((3,), 6)]
    assert watch.seconds > 0
    assert vars(Oven)["bake"] is before
