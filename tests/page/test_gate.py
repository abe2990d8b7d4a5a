"""What the page's server answers to whom: rows W01 to W17 of the attacks, as far as they need no browser."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Details, Need
from taboon_client.page import child, parent
from taboon_client.page.door import CODE_SECONDS, TRIES, Door
from taboon_client.page.peers import uid_in
from taboon_client.page.screens import ACTS, SCREENS
from taboon_client.views.filters import View
from tests.page.running import PageProcess
from tests.page.seeding import founded
from tests.relay_process import RelayProcess
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taboon_client.blocking import Group
    from taboon_crypto.slots import Cost

PAGE = Path(__file__).resolve().parents[2] / "client" / "taboon_client" / "page"
SHELL = ("/", "/page.js", "/page.css", "/icon.svg")
NAVIGATES = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageProcess, str]]:
    """An open page, and its token."""
    with PageProcess(tmp_path_factory.mktemp("gate") / "vault") as process:
        token, _ = process.enter()
        made = process.ask("POST", "/make", {"passphrase": PASSPHRASE, "again": PASSPHRASE}, token=token)
        assert made.status == 200
        yield process, token


def raw(process: PageProcess, request: str) -> tuple[int, bytes]:
    """Send bytes as they are; return the status and what follows the head."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=30) as connection:
        head = request.removesuffix("\n") + "Connection: close\n\n"
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1"))
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    first, _, body = answer.partition(b"\r\n\r\n")
    return int(first.split()[1]), body


def state_of(folder: Path) -> str:
    """A hash over everything that the vault's folder holds."""
    whole = hashlib.sha256()
    for path in sorted(folder.glob("vault.*")):
        if path.suffix == ".db-shm":  # who reads where; it is no part of the vault
            continue
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()


TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 13 1 0 20 4 30 10 -1
"""
OTHER_USER = """
import os, socket, sys
os.setuid(65534)
body = b'{"code": "' + sys.argv[2].encode() + b'"}'
head = f"POST /enter HTTP/1.1\\r\\nHost: 127.0.0.1:{sys.argv[1]}\\r\\nContent-Type: application/json\\r\\n"
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")):
    with socket.socket(family) as one:
        one.connect((address, int(sys.argv[1])))
        one.sendall(f"{head}Content-Length: {len(body)}\\r\\nConnection: close\\r\\n\\r\\n".encode() + body)
        print(one.recv(65536).split()[1].decode())
"""


def test_the_user_at_the_other_end_of_a_connection_is_read_from_the_table_of_the_system() -> None:
    assert uid_in(TABLE, 0xC350, 0x1F90) == 1001
    assert uid_in(TABLE, 0xC351, 0x1F90) is None
    assert uid_in("", 0xC350, 0x1F90) is None


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="only root can become another user of Linux"
)
def test_another_user_of_the_machine_gets_nothing_even_with_the_code_and_cannot_use_up_its_tries(
    tmp_path: Path,
) -> None:
    with PageProcess(tmp_path / "vault") as page:
        for _ in range(3):
            told = subprocess.run(
                [sys.executable, "-c", OTHER_USER, str(page.port), page.code],
                check=True,
                capture_output=True,
                text=True,
            )
            assert told.stdout.split() == ["404", "404"]
        assert page.enter()[0]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.com", "127.0.0.1.nip.io:{port}", "localhost.evil.com:{port}", "localhost:{port}", "0.0.0.0:{port}"),
        *("[::1]:{port}", "127.0.0.1", "127.0.0.1:9", "127.0.0.1/admin?", "a@127.0.0.1:{port}", "127.0.0.1:{port}."),
        *("127.1:{port}", "2130706433:{port}", "127.0.0.1:0{port}", "127.0.0.1:{port}, evil.com", ""),
    ],
)
def test_only_the_exact_host_with_its_port_is_answered(opened: tuple[PageProcess, str], host: str) -> None:
    process, token = opened
    named = host.format(port=process.port)
    for path in ("/", "/home"):
        got = raw(process, f"GET {path} HTTP/1.1\nHost: {named}\nAuthorization: Taboon {token}\n\n")
        assert got == (404, b"")


def test_a_missing_or_repeated_host_and_other_forms_of_a_target_are_refused(opened: tuple[PageProcess, str]) -> None:
    process, token = opened
    host, key = f"Host: 127.0.0.1:{process.port}\n", f"Authorization: Taboon {token}\n"
    refused = {(404, b"")}
    assert raw(process, f"GET /home HTTP/1.1\n{key}\n") in refused
    assert raw(process, f"GET /home HTTP/1.1\n{host}{host}{key}\n") in refused
    assert raw(process, f"GET http://127.0.0.1:{process.port}/home HTTP/1.1\n{host}{key}\n") in refused
    assert raw(process, f"GET //127.0.0.1:{process.port}/home HTTP/1.1\n{host}{key}\n") in refused
    assert raw(process, f"GET /%68ome HTTP/1.1\n{host}{key}\n") in refused
    assert raw(process, f"GET /home HTTP/1.1\n{host}{key}\n")[0] == 200


def _listening(table: Path, port: int) -> list[str]:
    """Return the local addresses at which somebody listens at a port, as Linux writes them."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.is_file() else []
    return [row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]


def _own_addresses() -> set[tuple[socket.AddressFamily, str]]:
    """Return addresses of this machine besides 127.0.0.1: of its name, and from which it would go to others."""
    found: set[tuple[socket.AddressFamily, str]]
    found = {(family, str(to[0])) for family, _, _, _, to in socket.getaddrinfo(socket.gethostname(), 0)}
    for family, other in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.connect((other, 9))  # nothing is sent: it chooses where it would be sent from
                found.add((family, str(one.getsockname()[0])))
        except OSError:
            continue
    found |= {(socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")}
    return {one for one in found if one[1] != "127.0.0.1"}


def test_the_page_listens_on_127_0_0_1_alone(opened: tuple[PageProcess, str]) -> None:
    process, token = opened
    assert process.url == f"http://127.0.0.1:{process.port}/"
    for family, address in _own_addresses():
        with pytest.raises(OSError, match=r".+"), socket.socket(family) as one:
            one.connect((address, process.port))
    if Path("/proc/net/tcp").is_file():
        assert _listening(Path("/proc/net/tcp"), process.port) == ["0100007F"]
        assert _listening(Path("/proc/net/tcp6"), process.port) == []
        # Linux leads 0.0.0.0 to this machine: whoever comes that way names it, and gets nothing.
        with socket.create_connection(("0.0.0.0", process.port)) as one:  # noqa: S104 - the address that is tried
            named = f"Host: 0.0.0.0:{process.port}\r\nAuthorization: Taboon {token}\r\nConnection: close\r\n\r\n"
            one.sendall(f"GET /home HTTP/1.1\r\n{named}".encode())
            assert one.recv(65_536).startswith(b"HTTP/1.1 404 ")


def test_what_a_stranger_gets_besides_the_shell_is_always_the_same_and_names_nothing(
    opened: tuple[PageProcess, str],
) -> None:
    process, _ = opened
    host = f"Host: 127.0.0.1:{process.port}\r\n"
    asked = [
        *(f"GET /home HTTP/1.1\r\n{host}", f"GET /x HTTP/1.1\r\n{host}", f"POST /lock HTTP/1.1\r\n{host}"),
        *("GET / HTTP/1.1\r\nHost: evil.example\r\n", "GET / HTTP/1.1\r\n", "GET\r\n", "\x16\x03\x01\x02\r\n"),
        *(f"GET /{'x' * 20_000} HTTP/1.1\r\n{host}", f"BREW / HTTP/1.1\r\n{host}"),
    ]
    answers = set()
    for one in asked:
        with socket.create_connection(("127.0.0.1", process.port), timeout=30) as connection:
            connection.sendall(f"{one}Connection: close\r\n\r\n".encode("latin-1"))
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        answers.add((frozenset(line.lower() for line in head.split(b"\r\n")), body))
    assert len(answers) == 1, answers
    head_lines, body = answers.pop()
    assert body == b""
    told = b" ".join(head_lines)
    assert b"http/1.1 404" in told
    assert not any(name in told for name in (b"taboon", b"uvicorn", b"h11", b"python"))


def test_without_the_token_there_is_nothing_but_one_constant_shell(opened: tuple[PageProcess, str]) -> None:
    process, token = opened
    assert [process.ask("GET", path).status for path in SHELL] == [200] * len(SHELL)
    unknown = process.ask("GET", "/there-is-nothing-here")
    assert (unknown.status, unknown.body) == (404, b"")
    # The gate asks for the token before anything looks at the path: each path with none, some with each that is wrong.
    for wrong in ("", "x", token[:-1], token + "x", token.lower()):
        for path in SCREENS if not wrong else ("/home", "/board", "/keys"):
            assert process.ask("GET", path, token=wrong) == unknown
        for path in (*ACTS, "/lock", "/used") if not wrong else ("/unlock", "/lock", "/used"):
            assert process.ask("POST", path, {}, token=wrong) == unknown
        assert process.ask("GET", "/news", token=wrong) == unknown
    with PageProcess(process.folder.parent / "other") as other:
        assert [other.ask("GET", path) for path in SHELL] == [process.ask("GET", path) for path in SHELL]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_nothing_is_answered_to_a_request_that_another_site_has_made(
    opened: tuple[PageProcess, str], headers: dict[str, str]
) -> None:
    process, token = opened
    assert process.ask("GET", "/home", token=token, headers=headers).status == 404
    assert process.ask("POST", "/suggest", {}, token=token, headers=headers).status == 404
    assert process.ask("POST", "/enter", {"code": "0000-0000"}, headers=headers).status == 404
    for path in SHELL[1:]:
        assert process.ask("GET", path, headers=headers | {"Sec-Fetch-Dest": "script"}).status == 404
    framed = headers | {"Sec-Fetch-Dest": "iframe"}
    assert process.ask("GET", "/", headers=framed).status == 404


def test_the_shell_opens_as_a_page_of_its_own(opened: tuple[PageProcess, str]) -> None:
    assert opened[0].ask("GET", "/", headers=NAVIGATES).status == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]
)
def test_a_form_that_any_site_could_send_is_refused(opened: tuple[PageProcess, str], kind: str) -> None:
    process, token = opened
    assert process.ask("POST", "/suggest", {}, token=token, headers={"Content-Type": kind}).status == 404
    assert process.ask("POST", "/suggest", {}, token=token).status == 200


def test_no_answer_sets_a_cookie_names_a_server_or_may_be_kept_framed_or_read_by_others(
    opened: tuple[PageProcess, str],
) -> None:
    process, token = opened
    answers = [process.ask("GET", path) for path in SHELL]
    answers += [process.ask("GET", path, token=token) for path in SCREENS]
    answers += [process.ask(method, "/home") for method in ("GET", "OPTIONS", "PUT", "DELETE", "HEAD", "TRACE")]
    for answer in answers:
        headers = dict(answer.headers)
        names = {name.lower() for name in headers}
        assert not names & {"set-cookie", "server", "date", "access-control-allow-origin", "location", "etag"}
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "unsafe" not in headers["content-security-policy"]
        assert "require-trusted-types-for 'script'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers.get("content-type", "text/html; charset=utf-8").split(";")[0] in {
            *("text/html", "text/javascript", "text/css", "image/svg+xml", "application/json")
        }


def test_other_methods_and_upgrades_are_nothing(opened: tuple[PageProcess, str]) -> None:
    process, token = opened
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"):
        assert process.ask(method, "/home", token=token).status == 404
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    assert process.ask("GET", "/news", headers=upgrade).status == 404


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/debug", "/metrics", "/static", "/../child.py"])
def test_nothing_that_a_framework_would_add_is_there(opened: tuple[PageProcess, str], path: str) -> None:
    process, token = opened
    assert process.ask("GET", path, token=token).status == 404


def test_looking_at_every_screen_changes_nothing(opened: tuple[PageProcess, str]) -> None:
    process, token = opened
    before = state_of(process.folder)
    for path in SCREENS:
        for query in ("", "?g=x", "?g=x&i=y"):
            process.ask("GET", path + query, token=token)
    for path in (*ACTS, "/lock"):
        assert process.ask("GET", path, token=token).status == 404
    assert state_of(process.folder) == before


def test_looking_at_every_screen_of_an_open_group_changes_nothing(tmp_path: Path, fast_kdf: Cost) -> None:
    folder = tmp_path / "vault"
    found: list[str] = []

    def fill(group: Group) -> None:
        item = group.post(Need(title="Water", created=0), details=Details(place="5"))
        group.save_view("mine", View(kinds=("need",)))
        found.extend((group.code, item.id.hex(), next(one.identity.hex() for one in group.members())))

    with RelayProcess(tmp_path / "relay") as relay:
        founded(folder, relay.url, "Harbour", "Amal", fill)
    group, item, who = found
    with PageProcess(folder) as process:
        token, _ = process.enter()
        assert process.ask("POST", "/unlock", {"passphrase": PASSPHRASE}, token=token).status == 200
        # The relay is gone: what changes now, a request has changed.
        process.ask("POST", "/sync", {"g": group}, token=token)
        before = state_of(folder)
        for path in SCREENS:
            query = f"g={group}&i={item}&who={who}&kind=need&view=mine&text=water&all=1&code=x&a=1"
            got = process.ask("GET", f"{path}?{query}", token=token)
            assert got.status == 200, path
            assert b"<main" in got.body, path
        for path in (*ACTS, "/lock"):
            assert process.ask("GET", f"{path}?g={group}&i={item}&who={who}", token=token).status == 404
        assert state_of(folder) == before


def test_what_is_too_large_or_no_form_is_refused_and_said_to_who_has_the_token_alone(
    opened: tuple[PageProcess, str],
) -> None:
    process, token = opened
    many = {f"field{number}": "" for number in range(201)}
    bodies: list[bytes | dict[str, str]] = [many, {"text": "x" * (19 << 20)}]
    bodies += [b"", b"{", b"[]", b"7", b'{"a": 1}', b'{"a": {"b": "c"}}', b"\xff\xfe", b"[" * 100_000]
    for body in bodies:
        told = process.ask("POST", "/lock", body, token=token)
        assert told.status == 200
        assert b"too large, or cannot be read" in told.body
    assert process.ask("POST", "/lock", b"{").status == 404
    assert process.ask("POST", "/enter", {"code": "x" * 2_000}).status == 404
    assert process.ask("GET", f"/home?{'x' * 5_000}", token=token).status == 404
    assert process.ask("GET", "/home", token=token).status == 200


def test_a_code_is_taken_once(tmp_path: Path) -> None:
    with PageProcess(tmp_path / "vault") as process:
        process.enter()
        assert process.ask("POST", "/enter", {"code": process.code}).status == 404


def test_a_code_is_taken_for_two_minutes_and_five_tries_and_a_new_one_takes_its_place() -> None:
    now = [1_000.0]
    door = Door(lambda: now[0], os.urandom)
    door.show("7K3QMX2P")
    now[0] += CODE_SECONDS - 1
    assert door.redeem("7K3QMX2P")
    door.show("7K3QMX2Q")
    now[0] += CODE_SECONDS
    assert CODE_SECONDS == 120
    assert door.redeem("7K3QMX2Q") is None
    for _ in range(TRIES - 1):
        assert not door.shut
        assert door.redeem("00000000") is None
    assert door.shut
    door.show("7K3QMX2R")
    assert door.redeem("7K3QMX2Q") is None
    assert door.redeem("7K3QMX2R")


def test_what_is_not_written_as_a_code_uses_up_no_try(tmp_path: Path) -> None:
    with PageProcess(tmp_path / "vault") as process:
        for _ in range(6):
            assert process.ask("POST", "/enter", {"code": "x" * 43}).status == 404
        process.enter()


def test_after_five_wrong_codes_none_is_taken(tmp_path: Path) -> None:
    with PageProcess(tmp_path / "vault") as process:
        for _ in range(5):
            assert process.ask("POST", "/enter", {"code": "00000000"}).status == 404
        process.wait_for("Too many wrong codes")
        assert process.ask("POST", "/enter", {"code": process.code}).status == 404


def test_no_secret_stands_in_an_argument_or_a_variable_that_others_can_read(opened: tuple[PageProcess, str]) -> None:
    process, token = opened
    if not Path("/proc").is_dir():
        pytest.skip("only Linux shows what other users can read")
    shown = b""
    for found in Path("/proc").glob("[0-9]*"):
        try:
            if str(process.pid) in {found.name, (found / "stat").read_text().split()[3]}:
                shown += (found / "cmdline").read_bytes() + (found / "environ").read_bytes()
        except OSError:
            continue
    assert b"fast_open" in shown
    assert b"fast_child" in shown
    for secret in (process.code, process.code.replace("-", ""), token, PASSPHRASE):
        assert secret.encode() not in shown


def test_lock_ends_the_process_that_held_the_vault_and_with_it_the_token(tmp_path: Path) -> None:
    with PageProcess(tmp_path / "vault") as process:
        token, ticket = process.enter()
        process.ask("POST", "/make", {"passphrase": PASSPHRASE, "again": PASSPHRASE}, token=token)
        subprocess.run(
            [sys.executable, "-c", "from taboon_client.cli.app import run_command; run_command(['lock'])"],
            env=os.environ | {"TABOON_HOME": str(process.folder)},
            check=True,
            capture_output=True,
        )
        process.wait_for("Locked.")
        assert process.ask("GET", "/home", token=token).status == 404
        assert process.ask("POST", "/enter", {"code": process.code}).status == 404
        following, _ = process.enter(ticket)
        locked = {process.ask("GET", path, token=following).body for path in SCREENS}
        assert len(locked) == 1
        assert b"/unlock" in locked.pop()
        assert process.ask("POST", "/enter", {"code": ticket}).status == 404


def test_who_is_away_for_long_enough_finds_it_locked(tmp_path: Path) -> None:
    with PageProcess(tmp_path / "vault") as process:
        token, ticket = process.enter()
        process.ask("POST", "/make", {"passphrase": PASSPHRASE, "again": PASSPHRASE}, token=token)
        away = Path(f"{process.folder}.away")
        away.touch()  # for the child of the tests an hour has passed
        process.wait_for("Locked.")
        away.unlink()
        assert process.ask("GET", "/home", token=token).status == 404
        following, _ = process.enter(ticket)
        assert b"/unlock" in process.ask("GET", "/home", token=following).body


def test_no_second_passes_between_a_lock_and_the_end_of_what_was_open() -> None:
    # How long each step may take; nothing else waits between `taboon lock` and the end of the process.
    assert child._LOOK + child._CLOSING < 1


def test_the_page_ends_with_its_parent(tmp_path: Path) -> None:
    process = PageProcess(tmp_path / "vault")
    process.enter()
    process.kill()
    while True:
        try:
            socket.create_connection(("127.0.0.1", process.port), timeout=30).close()
        except ConnectionRefusedError:
            break
        except ConnectionError:
            continue
    process.close()


def test_who_may_come_in_is_decided_on_the_wires_own_words() -> None:
    for source in PAGE.rglob("*.py"):
        assert not re.search(r"request\.url|starlette|set_cookie|Set-Cookie", source.read_text("utf-8")), source
    script = (PAGE / "static" / "page.js").read_text("utf-8")
    assert not re.search(
        r"EventSource|WebSocket|eval\(|new Function|document\.cookie|localStorage|insertAdjacentHTML", script
    )
    assert script.count("innerHTML") == script.count("createPolicy") == 1


def test_the_start_file_is_for_its_user_alone_and_goes_when_its_code_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "_CHILD", "tests.page.fast_child")
    told: queue.Queue[str] = queue.Queue()
    opening = parent.Parent(tmp_path / "vault", idle=600, tell=told.put)
    code = opening.new_code()
    file = opening.start_file()
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
    assert f"{opening.url}#{code}" in file.read_text("utf-8")
    running = threading.Thread(target=opening.run)
    running.start()
    assert told.get(timeout=60) == "ready"
    connection = http.client.HTTPConnection(parent.HOST, opening.port, timeout=60)
    connection.request("POST", "/enter", json.dumps({"code": code}), {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200
    connection.close()
    assert told.get(timeout=60) == "entered"
    assert not file.exists()
    opening.stop()
    running.join()
