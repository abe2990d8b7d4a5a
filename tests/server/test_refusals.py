"""What a relay refuses, and how little its answer says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.relay_process import RelayProcess
from tests.server.caller import OCTETS, Caller, blob, refused
from tests.server.signing import APPEND, CREATE, EXPECTED, READ, SEAL, SIZES, Keys, digest, header, unb64

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


def get(caller: Caller, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return caller.http.get("/v1/blobs", headers=headers)


def shown(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    return answer.status_code, answer.headers.raw, answer.content


def test_an_unknown_mailbox_and_a_wrong_proof_answer_alike(caller: Caller) -> None:
    keys = caller.new_mailbox()
    stranger = Keys(keys.read, retention=keys.retention)
    answers = [
        caller.read(Keys()),
        caller.append(Keys(), blob()),
        caller.append(Keys(), blob(), seal=True, expected=5),
        caller.read(stranger),
        caller.read(keys, mailbox=bytes(32)),
        caller.append(keys, blob(), mailbox=Keys().mailbox),
        caller.create(keys, mailbox=Keys().mailbox),
        caller.read(Keys(), wait=25),
    ]
    for answer in answers:
        refused(answer, 404, "unknown-mailbox")
        assert shown(answer) == shown(answers[0])


def test_a_key_for_reading_does_not_append(caller: Caller) -> None:
    keys = caller.new_mailbox()
    swapped = Keys(keys.append, keys.read, keys.retention)
    refused(caller.append(swapped, blob()), 404, "unknown-mailbox")
    refused(caller.read(swapped), 404, "unknown-mailbox")
    assert caller.page(keys).last == 0


def test_a_request_is_taken_once(caller: Caller) -> None:
    keys = caller.new_mailbox()
    content = blob()
    for method, path, operation, body in (
        ("GET", "/v1/blobs", READ, b""),
        ("POST", "/v1/blobs", APPEND, content),
        ("PUT", "/v1/mailbox", CREATE, b""),
    ):
        headers = {"Authorization": header(keys.proof(caller.relay_id, operation, body))} | OCTETS
        assert caller.http.request(method, path, content=body, headers=headers).is_success
        refused(caller.http.request(method, path, content=body, headers=headers), 409, "replayed")
    assert caller.page(keys).last == 1


def test_a_request_for_another_relay_is_refused(caller: Caller, new_relay: RelayProcess) -> None:
    with Caller(new_relay) as other:
        keys = Keys()
        for one in (caller, other):
            assert one.create(keys).status_code == 204
        content = blob()
        headers = {"Authorization": header(keys.proof(caller.relay_id, APPEND, content))} | OCTETS
        assert caller.http.post("/v1/blobs", content=content, headers=headers).status_code == 200
        refused(other.http.post("/v1/blobs", content=content, headers=headers), 404, "unknown-mailbox")
        assert other.page(keys).last == 0


def test_a_request_for_another_mailbox_is_refused(caller: Caller) -> None:
    own, other = caller.new_mailbox(), caller.new_mailbox()
    content = blob()
    proof = bytearray(own.proof(caller.relay_id, APPEND, content))
    # The proof of one mailbox with the other key of another: the signature does not hold for what that makes.
    proof[40:72] = other.proof(caller.relay_id, APPEND, content)[40:72]
    headers = {"Authorization": header(bytes(proof))} | OCTETS
    refused(caller.http.post("/v1/blobs", content=content, headers=headers), 404, "unknown-mailbox")
    assert caller.page(other).last == caller.page(own).last == 0


def test_an_altered_body_is_refused(caller: Caller) -> None:
    keys = caller.new_mailbox()
    headers = {"Authorization": header(keys.proof(caller.relay_id, APPEND, blob()))} | OCTETS
    refused(caller.http.post("/v1/blobs", content=blob(), headers=headers), 404, "unknown-mailbox")
    assert caller.page(keys).last == 0


@pytest.mark.parametrize("late", [-10_000, -5, 5, 10_000])
def test_a_request_of_another_time_is_refused(caller: Caller, late: int) -> None:
    keys = caller.new_mailbox()
    now = int(time.time()) // 300
    details = refused(caller.append(keys, blob(), unit=now + late), 401, "clock")
    assert details["unit"] - now in (0, 1)
    assert caller.page(keys).last == 0


@pytest.mark.parametrize("late", [-2, -1, 1, 2])
def test_a_clock_that_is_a_little_wrong_does_no_harm(caller: Caller, late: int) -> None:
    keys = caller.new_mailbox()
    assert caller.append(keys, blob(), unit=int(time.time()) // 300 + late).status_code == 200


@pytest.mark.parametrize("length", [0, 1, 2047, 2049, 4096, 16383, 262143, 262145, 1 << 20])
def test_a_blob_of_another_size_is_refused(caller: Caller, length: int) -> None:
    keys = caller.new_mailbox()
    refused(caller.append(keys, bytes(length)), 413, "blob-size")
    assert caller.page(keys).last == 0


def test_a_pass_that_is_too_long_is_refused(caller: Caller) -> None:
    refused(caller.create(Keys(), bytes(65)), 413, "blob-size")


def test_a_read_has_no_body(caller: Caller) -> None:
    keys = caller.new_mailbox()
    headers = {"Authorization": header(keys.proof(caller.relay_id, READ, b"x"))}
    refused(caller.http.request("GET", "/v1/blobs", content=b"x", headers=headers), 413, "blob-size")


def malformed_proofs(keys: Keys, relay_id: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield proofs that are well signed, and wrong in one field."""
    yield "version", READ, keys.proof(relay_id, READ, version=2)
    yield "zero", READ, keys.proof(relay_id, READ, zero=b"\0\1")
    yield "retention", READ, Keys(keys.read, keys.append, retention=4).proof(relay_id, READ)
    yield "operation 0", READ, keys.proof(relay_id, 0)
    yield "operation 4", READ, keys.proof(relay_id, 4)
    yield "another operation", READ, keys.proof(relay_id, APPEND)
    yield "flags on a read", READ, keys.proof(relay_id, READ, flags=SEAL)
    yield "answer class", READ, keys.proof(relay_id, READ, answer=4)
    yield "wait", READ, keys.proof(relay_id, READ, wait=26)
    yield "number too large", READ, keys.proof(relay_id, READ, number=2**63)
    content = bytes(SIZES[0])
    yield "unknown flag", APPEND, keys.proof(relay_id, APPEND, content, flags=4)
    yield "number without expected", APPEND, keys.proof(relay_id, APPEND, content, number=1)
    yield "expected nothing", APPEND, keys.proof(relay_id, APPEND, content, flags=EXPECTED)
    yield "wait on an append", APPEND, keys.proof(relay_id, APPEND, content, wait=1)
    yield "answer class on an append", APPEND, keys.proof(relay_id, APPEND, content, answer=1)
    yield "flags on a creation", CREATE, keys.proof(relay_id, CREATE, flags=SEAL)
    yield "number on a creation", CREATE, keys.proof(relay_id, CREATE, number=1)


def test_a_malformed_proof_is_refused(caller: Caller) -> None:
    keys = caller.new_mailbox()
    for name, operation, proof in malformed_proofs(keys, caller.relay_id):
        method, path = {CREATE: ("PUT", "/v1/mailbox"), APPEND: ("POST", "/v1/blobs"), READ: ("GET", "/v1/blobs")}[
            operation
        ]
        body = bytes(SIZES[0]) if operation == APPEND else b""
        answer = caller.http.request(method, path, content=body, headers={"Authorization": header(proof)} | OCTETS)
        assert refused(answer, 400, "malformed"), name


def test_a_malformed_header_is_refused(caller: Caller) -> None:
    keys = caller.new_mailbox()
    good = header(keys.proof(caller.relay_id, READ))
    standard = good.replace("-", "+").replace("_", "/")
    for wrong in (
        None,
        "",
        "Taboon",
        "Bearer " + good.split()[1],
        good[:-1],
        good + "A",
        good + "==",
        good.replace(" ", "  "),
        good[:-1] + chr(ord(good[-1]) + 1),  # the four bits behind the last byte are not zero
        good[:100] + "*" + good[101:],
        good[:100] + "\xe9" + good[101:],
        "Taboon " + "A" * 300,
        *([standard] if standard != good else []),
    ):
        headers = [] if wrong is None else [(b"authorization", wrong.encode("latin-1"))]
        refused(caller.http.get("/v1/blobs", headers=headers), 400, "malformed")
    twice = [("authorization", good), ("authorization", good)]
    refused(caller.http.get("/v1/blobs", headers=twice), 400, "malformed")
    assert get(caller, good).status_code == 200


def test_the_name_of_the_scheme_has_no_case(caller: Caller) -> None:
    keys = caller.new_mailbox()
    assert get(caller, header(keys.proof(caller.relay_id, READ)).replace("Taboon", "tABOON")).status_code == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/json"])
def test_a_blob_comes_as_bytes(caller: Caller, kind: str) -> None:
    keys = caller.new_mailbox()
    content = blob()
    headers = {"Authorization": header(keys.proof(caller.relay_id, APPEND, content)), "Content-Type": kind}
    refused(caller.http.post("/v1/blobs", content=content, headers=headers), 400, "malformed")


def test_compressed_bodies_are_refused(caller: Caller) -> None:
    keys = caller.new_mailbox()
    content = blob()
    proof = keys.proof(caller.relay_id, APPEND, content)
    headers = {"Authorization": header(proof), "Content-Encoding": "gzip"} | OCTETS
    refused(caller.http.post("/v1/blobs", content=content, headers=headers), 400, "malformed")


def test_refusals_come_in_the_order_of_the_protocol(caller: Caller) -> None:
    keys = caller.new_mailbox()
    late = {"unit": 5}
    refused(caller.read(keys, zero=b"\1\0", **late), 400, "malformed")
    refused(caller.read(keys, mailbox=bytes(32), **late), 401, "clock")
    wrong = header(keys.proof(caller.relay_id, READ, mailbox=bytes(32)))
    for _ in range(2):  # a proof that nobody signed is not remembered
        refused(get(caller, wrong), 404, "unknown-mailbox")
    nowhere = header(Keys().proof(caller.relay_id, READ))
    refused(get(caller, nowhere), 404, "unknown-mailbox")
    refused(get(caller, nowhere), 409, "replayed")


def test_a_full_mailbox_still_takes_its_seal(new_full_relay: RelayProcess) -> None:
    with Caller(new_full_relay) as caller:
        by_number, by_bytes = caller.new_mailbox(), caller.new_mailbox()
        kept = [caller.appended(by_number, blob()) for _ in range(3)]
        refused(caller.append(by_number, blob()), 507, "full")
        caller.appended(by_bytes, blob(SIZES[1]))
        refused(caller.append(by_bytes, blob(SIZES[1])), 507, "full")
        caller.appended(by_bytes, blob())
        for keys in (by_number, by_bytes):
            assert caller.appended(keys, blob(SIZES[3]), seal=True).seal
        assert caller.page(by_number).last == len(kept) + 1
        quota = caller.http.get("/v1/limits").json()["quota"]
        assert (quota["blobs"], quota["bytes"]) == (3, 20_000)


@pytest.fixture
def new_full_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    quotas = ["--quota-blobs", "3", "--quota-bytes", "20000"]
    with RelayProcess(tmp_path_factory.mktemp("full") / "home", extra_args=quotas) as process:
        yield process


def test_the_limits_are_told(caller: Caller) -> None:
    limits = caller.http.get("/v1/limits").json()
    key = limits.pop("relay_key")
    assert digest(unb64(key)) == caller.relay_id
    assert limits == {
        "size_classes": [2048, 16384, 65536, 262144],
        "retention_days": [1, 7, 30, 120],
        "wait_seconds": 25,
        "quota": {"blobs": 65536, "bytes": 536870912, "minute": 10000, "waiters": 1000},
        "pass": False,
        "time_unit": 300,
    }


def test_the_relay_is_healthy(caller: Caller) -> None:
    answer = caller.http.get("/v1/health")
    assert answer.json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in ("/", "/v1", "/v1/", "/v1/blobs/", "/v1/mailbox", "/v1/nothing", "/V1/health")),
        *(("GET", path) for path in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/metrics")),
        *(("GET", path) for path in ("/debug", "/favicon.ico", "/robots.txt", "/v1/health?x=1", "/v1/%68ealth", "//")),
        *((method, "/v1/blobs") for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE")),
        ("POST", "/v1/health"),
        ("HEAD", "/v1/health"),
        ("DELETE", "/v1/mailbox"),
        ("POST", "/v1/mailbox"),
    ],
)
def test_everything_else_is_the_same_empty_404(caller: Caller, method: str, path: str) -> None:
    answer = caller.http.request(method, path)
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers.raw == [(b"content-length", b"0")]


def test_answers_do_not_tell_what_runs_here(caller: Caller) -> None:
    keys = caller.new_mailbox()
    for answer in (caller.read(keys), caller.append(keys, blob()), caller.http.get("/v1/limits"), get(caller, None)):
        assert set(answer.headers) == {"content-length", "content-type"}
    assert not caller.create(keys).headers
