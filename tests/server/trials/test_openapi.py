"""The relay answers as its OpenAPI document says, to whatever schemathesis makes of that document."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi import checks

from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob
from tests.server.signing import APPEND, CREATE, EXPECTED, READ, SEAL, SIZES, Keys, header
from tests.soaking import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

pytestmark = pytest.mark.grows

DOCUMENT = Path(__file__).parent.parent.parent.parent / "docs" / "openapi.json"
OPERATIONS = {"PUT": CREATE, "POST": APPEND, "GET": READ}

# Left out: whether an unknown method gets 405 (everything else is the same empty 404, by design), and whether what the
# document allows is accepted (it cannot say what a signature is).
ANSWERS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

schema = schemathesis.openapi.from_path(DOCUMENT)
much = settings(max_examples=sample(15, 2_000), deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    home = tmp_path_factory.mktemp("openapi") / "home"
    with RelayProcess(home, extra_args=["--quota-blobs", "40"]) as relay, Caller(relay) as one:
        yield one


@pytest.fixture(scope="module")
def boxes(caller: Caller) -> list[Keys]:
    """A mailbox that is empty, one with blobs, one that is sealed, and one that nobody made."""
    empty, used, sealed = (caller.new_mailbox(retention) for retention in range(3))
    for keys in (used, sealed):
        caller.appended(keys, blob())
    caller.appended(sealed, blob(), seal=True)
    return [empty, used, sealed, Keys()]


@schema.parametrize()
@much
def test_whatever_the_document_lets_one_send_is_answered_as_it_says(case: Case[Any], caller: Caller) -> None:
    case.call_and_validate(
        base_url=str(caller.http.base_url), checks=[*ANSWERS, checks.negative_data_rejection], timeout=30
    )


@schema.given(data=st.data())
@schema.parametrize()
@much
def test_whatever_is_signed_is_answered_as_the_document_says(
    case: Case[Any], caller: Caller, boxes: list[Keys], data: st.DataObject
) -> None:
    sent = case.as_transport_kwargs(base_url=str(caller.http.base_url))
    body = data.draw(st.sampled_from([b"", b"pass", *(os.urandom(size) for size in SIZES), bytes(2_047)]))
    operation = OPERATIONS[case.method.upper()]
    flags = data.draw(st.sampled_from([0, 0, 0, 0, SEAL, EXPECTED])) if operation == APPEND else 0
    keys = data.draw(st.sampled_from([*boxes, Keys()]))
    proof = keys.proof(
        caller.relay_id,
        operation,
        body,
        flags=flags,
        number=data.draw(st.integers(1, 4)) if flags == EXPECTED or operation == READ else 0,
        answer=data.draw(st.integers(0, 3)) if operation == READ else 0,
    )
    sent["headers"] = {**dict(sent.get("headers") or {}), "Authorization": header(proof)}
    sent["headers"]["Content-Type"] = "application/octet-stream"
    sent["data"] = body
    response = requests.request(**sent, timeout=30)
    case.validate_response(response, checks=ANSWERS)
