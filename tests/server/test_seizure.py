"""What someone finds who takes the relay's disk, its output, or its process: blobs, and nothing about people."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import stat
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlite

from taboon_server.app import create_app
from taboon_server.identity import Identity
from taboon_server.notices import Notices
from taboon_server.settings import Settings
from taboon_server.store import Store
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob, refused
from tests.server.inside import inside
from tests.server.signing import APPEND, CREATE, SIZES, Keys, b64, digest, header

CANARY = "canary-7f3a91"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite.connect(str(folder / "relay.db"))) as connection:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
        return found


def test_the_schema_is_exactly_what_may_be_stored(relay: RelayProcess) -> None:
    tables = rows(relay.folder, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    assert tables == [("alembic_version",), ("blob",), ("last_run",), ("mailbox",)]
    columns = {
        table: [(name, kind) for _, name, kind, *_ in rows(relay.folder, f"PRAGMA table_info({table})")]
        for (table,) in tables
    }
    assert columns == {
        "alembic_version": [("version_num", "VARCHAR(32)")],
        "blob": [("mailbox", "BLOB"), ("number", "BIGINT"), ("hash", "BLOB"), ("head", "BLOB"), ("bytes", "BLOB")],
        "last_run": [("day", "INTEGER")],
        "mailbox": [
            ("id", "BLOB"),
            ("head_number", "BIGINT"),
            ("head_hash", "BLOB"),
            ("sealed", "BOOLEAN"),
            ("bytes_used", "BIGINT"),
            ("retention", "INTEGER"),
            ("kept_until", "INTEGER"),
        ],
    }
    # Clustered by their keys: there is no hidden row number that keeps the order of arrival.
    for (table,) in tables[1:]:
        ((*_, without_rowid, _),) = rows(relay.folder, f"PRAGMA table_list({table})")
        assert without_rowid == 1
    others = rows(relay.folder, "SELECT type, name FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL")
    assert others == [("index", "ix_mailbox_kept_until")]


def test_rows_hold_what_the_design_lists_and_no_more(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox(retention=1)
        contents = [blob(), blob(SIZES[1])]
        receipts = [caller.appended(keys, content, seal=content is contents[-1]) for content in contents]
        today = int(time.time()) // 86_400
    ((identity, number, head, sealed, used, retention, kept_until),) = rows(relay.folder, "SELECT * FROM mailbox")
    assert (identity, number, head, sealed, used, retention) == (keys.mailbox, 2, receipts[1].head, 1, 18432, 1)
    assert kept_until in (today + 6, today + 7)
    assert rows(relay.folder, "SELECT * FROM blob") == [
        (keys.mailbox, receipt.number, digest(content), receipt.head, content)
        for content, receipt in zip(contents, receipts, strict=True)
    ]
    assert rows(relay.folder, "SELECT day FROM last_run") in ([(today - 1,)], [(today,)])


def test_nothing_of_a_request_is_on_disk_or_in_the_output(tmp_path: Path) -> None:
    traced = {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_TRACES_EXPORTER": "console", "UVICORN_LOG_LEVEL": "trace"}
    with RelayProcess(tmp_path / "home", env=traced) as relay:
        headers = {"User-Agent": CANARY, "X-Forwarded-For": CANARY, "Cookie": CANARY, "Referer": CANARY}
        with Caller(relay, headers=headers) as caller:
            keys = caller.new_mailbox()
            content, nonce = blob(), os.urandom(12)
            caller.appended(keys, content)
            caller.page(keys, wait=1)
            caller.read(keys, nonce=nonce)
            caller.read(Keys())
            caller.append(keys, blob(), seal=True)
            refused(caller.append(keys, blob()), 409, "sealed")
            refused(caller.append(keys, content[:5]), 413, "blob-size")
            refused(caller.append(keys, blob(), unit=7), 401, "clock")
            for path in (f"/{CANARY}", f"/v1/blobs?{CANARY}", f"/v1/{CANARY}", f"/%00{CANARY}", f"//{CANARY}"):
                caller.http.get(path)
            caller.http.request(CANARY, "/")
            caller.http.get("/v1/blobs", headers={"Authorization": f"Taboon {CANARY}"})
            proof = keys.proof(caller.relay_id, APPEND, content)
            caller.http.post("/v1/blobs", content=content, headers={"Authorization": header(proof)})
            while_running = files(relay.folder)
        relay.stop()
    read_key, append_key = bytes(keys.read.verify_key), bytes(keys.append.verify_key)
    forbidden = {
        "a header or a path": CANARY.encode(),
        "the read key": read_key,
        "the append key": append_key,
        "the hash of the read key": digest(read_key),
        "the hash of the append key": digest(append_key),
        "a proof": proof[-64:],
        "a proof, encoded": b64(proof)[:60].encode(),
        "a nonce": nonce,
        "the mailbox, encoded": b64(keys.mailbox).encode(),
        "the mailbox, in hex": keys.mailbox.hex().encode(),
        "an address": b"127.0.0.1",
    }
    address = re.escape(relay.url)
    output = re.sub(address, "", relay.output).encode()
    for where, data in {**while_running, **files(relay.folder), "the output": output}.items():
        assert [what for what, secret in forbidden.items() if secret in data] == [], where
    assert keys.mailbox not in output
    assert set(files(relay.folder)) == {"relay-key.pem", "relay.db"}


def test_the_output_is_the_address_and_counted_trouble(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        for _ in range(120):
            caller.http.get("/v1/blobs", headers={"Upgrade": CANARY, "Connection": "upgrade"})
        relay.stop()
    lines = relay.output.splitlines()
    assert lines[0] == f"The relay is at {relay.url}"
    assert all(re.fullmatch(r"taboon relay: [a-zA-Z_. ]+ \(10*\)", line) for line in lines[1:])
    assert len(lines) < 10


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_operator_can_read_the_relays_files(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with RelayProcess(tmp_path / "home", tls=True) as relay, Caller(relay, verify=False) as caller:
            caller.appended(caller.new_mailbox(), blob())
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in relay.folder.iterdir()}
            assert stat.S_IMODE(relay.folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert set(modes) >= {"relay-key.pem", "relay-certificate.pem", "relay.db", "relay.db-wal"}
    assert set(modes.values()) == {0o600}


@pytest.mark.anyio
async def test_a_tidied_file_does_not_tell_in_which_order_blobs_came(tmp_path: Path) -> None:
    mailboxes = [Keys() for _ in range(12)]
    contents = [(keys, blob(SIZES[number % 7 == 0])) for number in range(20) for keys in mailboxes]
    one_by_one = sorted(contents, key=lambda pair: pair[0].mailbox)
    tidied = []
    for name, order in (("woven", contents), ("one by one", one_by_one)):
        (tmp_path / name).mkdir()
        async with inside(tmp_path / name) as relay:
            for keys in mailboxes:
                await relay.call(keys, CREATE)
            for keys, content in order:
                await relay.appended(keys, content)
            relay.store.tidy()
        data = bytearray((tmp_path / name / "relay.db").read_bytes())
        for counter in (slice(24, 28), slice(40, 44), slice(92, 96)):  # how often the file and its schema changed
            data[counter] = bytes(4)
        tidied.append(bytes(data))
    # The same blobs in the same mailboxes are the same file, byte for byte: nothing is left of what came after what.
    assert tidied[0] == tidied[1]
    assert all(content[512:1536] in tidied[0] for _, content in contents if len(content) == SIZES[0])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_leaves_no_core_file(relay: RelayProcess) -> None:
    limits = Path(f"/proc/{relay.pid}/limits").read_text(encoding="ascii")
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_the_environment_turns_no_telemetry_on(tmp_path: Path) -> None:
    asked: list[str] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        endpoint = {
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true",
        }
        with RelayProcess(tmp_path / "home", env=endpoint) as relay, Caller(relay) as caller:
            caller.appended(caller.new_mailbox(), blob())
            relay.stop()
        collector.shutdown()
    assert asked == []
    # The framework would have said that it cannot set the exporters up: it was never asked to.
    assert relay.output.splitlines() == [f"The relay is at {relay.url}"]


def test_telemetry_is_off_whatever_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    store = Store(tmp_path / "relay.db")
    app = create_app(store, Identity(bytes(32)), Settings(), Notices())
    store.close()
    switches = {name: value for name, value in app._telemetry.items() if isinstance(value, bool)}
    assert switches
    assert not any(switches.values())
    assert not app._native_telemetry.enabled()
