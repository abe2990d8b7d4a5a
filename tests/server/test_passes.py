"""Who may make mailboxes, where the relay asks for a pass; and for how long they may be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_server.settings import Settings
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob, refused
from tests.server.inside import inside
from tests.server.signing import CREATE, Keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD, NEW = b"the pass of last spring", b"the pass of this summer"


@pytest.fixture
def passes(tmp_path: Path) -> Path:
    path = tmp_path / "passes"
    path.write_bytes(OLD + b"\n")
    return path


@pytest.fixture
def guarded(tmp_path: Path, passes: Path) -> Iterator[Caller]:
    with RelayProcess(tmp_path / "home", extra_args=["--pass-file", str(passes)]) as relay, Caller(relay) as caller:
        yield caller


def test_whoever_has_no_pass_makes_no_mailbox(guarded: Caller) -> None:
    assert guarded.http.get("/v1/limits").json()["pass"] is True
    keys = Keys()
    for wrong in (b"", b"another", OLD[:-1], OLD + b"\n", OLD + b" ", OLD.upper()):
        refused(guarded.create(keys, wrong), 403, "pass")
    refused(guarded.append(keys, blob()), 404, "unknown-mailbox")
    assert guarded.create(keys, OLD).status_code == 204


def test_what_is_there_is_read_and_appended_to_without_a_pass(guarded: Caller) -> None:
    keys, content = Keys(), blob()
    assert guarded.create(keys, OLD).status_code == 204
    guarded.appended(keys, content)
    assert guarded.page(keys).blobs == [content]


def test_a_pass_is_changed_while_the_relay_runs_and_both_are_good_in_between(guarded: Caller, passes: Path) -> None:
    passes.write_bytes(OLD + b"\r\n\n" + NEW + b"\n")
    assert [guarded.create(Keys(), each).status_code for each in (OLD, NEW)] == [204, 204]
    passes.write_bytes(NEW)
    assert [guarded.create(Keys(), each).status_code for each in (OLD, NEW)] == [403, 204]


def test_where_the_file_is_empty_nobody_makes_a_mailbox(guarded: Caller, passes: Path) -> None:
    passes.write_bytes(b"\n\n")
    assert [guarded.create(Keys(), each).status_code for each in (b"", OLD)] == [403, 403]


def test_a_file_that_cannot_be_read_opens_the_relay_to_nobody_and_is_told(guarded: Caller, passes: Path) -> None:
    passes.unlink()
    for each in (b"", OLD):
        refused(guarded.create(Keys(), each), 503, "busy")
    passes.write_bytes(OLD)
    assert guarded.create(Keys(), OLD).status_code == 204


@pytest.mark.anyio
async def test_an_old_pass_is_good_no_more_where_the_new_file_cannot_be_read(
    tmp_path: Path, passes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: Path) -> bytes:
        raise PermissionError

    async with inside(tmp_path, Settings(pass_file=passes)) as relay:
        assert (await relay.call(Keys(), CREATE, OLD)).status_code == 204
        passes.write_bytes(NEW + b"\n\n")  # noqa: ASYNC240 - nothing else runs in this loop
        with monkeypatch.context() as files:
            files.setattr(type(passes), "read_bytes", unreadable)
            assert [(await relay.call(Keys(), CREATE, each)).status_code for each in (OLD, OLD, NEW)] == [503] * 3
        assert [(await relay.call(Keys(), CREATE, each)).status_code for each in (OLD, NEW)] == [403, 204]


def test_no_mailbox_is_kept_longer_than_the_operator_wants(tmp_path: Path) -> None:
    with (
        RelayProcess(tmp_path / "home", extra_args=["--longest-retention", "7"]) as relay,
        Caller(relay) as caller,
    ):
        assert caller.http.get("/v1/limits").json()["retention_days"] == [1, 7]
        for retention in (0, 1):
            assert caller.create(Keys(retention=retention)).status_code == 204
        for retention in (2, 3):
            refused(caller.create(Keys(retention=retention)), 403, "retention")
