"""What the OpenAPI document says of each call (docs/openapi.json); docs/protocol.md holds every byte."""

from typing import Any, Final

from taboon_server import wire

INTRODUCTION: Final = (
    "A relay stores encrypted blobs in mailboxes, in order, until they expire. Requests about a mailbox are signed; "
    "no identifier stands in a URL. docs/protocol.md describes the proof, the receipt and the page, byte by byte."
)
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "pattern": "^urn:taboon:problem:[a-z-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "unit": {"type": "integer", "minimum": 0, "description": "The relay's own time, for `clock`."},
        "next": {"type": "integer", "minimum": 1, "description": "The next number, for `moved`."},
    },
}
_REFUSALS: Final = {
    400: "`malformed`",
    401: "`clock`: the request's time is too far from the relay's",
    403: "`pass` or `retention`: this relay makes no such mailbox for this request",
    404: "`unknown-mailbox`: none, an expired one, or keys that do not open it",
    409: "`replayed`, `sealed` or `moved`",
    413: "`blob-size`",
    500: "`internal`",
    503: "`busy`",
    507: "`full`: the mailbox's own quota",
}
_PROOF: Final = {
    "name": "Authorization",
    "in": "header",
    "required": True,
    "description": "The proof: 160 bytes in base64url without padding.",
    "schema": {"type": "string", "pattern": "^[Tt][Aa][Bb][Oo][Oo][Nn] [A-Za-z0-9_-]{214}$"},
}
_COUNT: Final = {"type": "integer", "minimum": 1}
_RETRY: Final = {"headers": {"Retry-After": {"description": "Seconds.", "schema": _COUNT}}}
_BINARY: Final = "application/octet-stream"


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _blob(minimum: int, maximum: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "format": "binary", "minLength": minimum, "maxLength": maximum, **more}


def _call(success: int, schema: Any, *refused: int, body: Any = None, signed: bool = True) -> dict[str, Any]:
    """Return what a call takes and answers, as FastAPI takes it."""
    answers: dict[int | str, Any] = {success: {"description": "Done."}}
    if schema is not None:
        answers[success]["content"] = {_BINARY if signed else "application/json": {"schema": schema}}
    for status in refused:
        problem = {"application/problem+json": {"schema": _PROBLEM}}
        answers[status] = {"description": _REFUSALS[status], "content": problem} | (_RETRY if status == 503 else {})
    extra: dict[str, Any] = {"parameters": [_PROOF]} if signed else {}
    if body is not None:
        extra["requestBody"] = {"required": False, "content": {_BINARY: {"schema": body}}}
    return {"status_code": success, "responses": answers, "openapi_extra": extra}


_SIGNED: Final = (400, 401, 404, 409, 413, 500, 503)
_SIZES: Final = wire.SIZE_CLASSES
CALLS: Final[dict[str, dict[str, Any]]] = {
    "create": _call(204, None, *_SIGNED, 403, body=_blob(0, wire.MAX_PASS, description="The pass, or nothing.")),
    "append": _call(200, _blob(202, 202), *_SIGNED, 507, body=_blob(_SIZES[0], _SIZES[-1], description="The blob.")),
    "read": _call(200, _blob(256 + _SIZES[0], 256 + _SIZES[-1]), *_SIGNED),
    "health": _call(200, _object(status={"const": "ok"}), 500, 503, signed=False),
    "limits": _call(
        200,
        _object(
            relay_key={"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
            size_classes={"type": "array", "items": _COUNT},
            retention_days={"type": "array", "items": {"enum": list(wire.RETENTION_DAYS)}},
            wait_seconds={"type": "integer", "minimum": 0},
            quota=_object(blobs=_COUNT, bytes=_COUNT, minute=_COUNT, waiters=_COUNT),
            **{"pass": {"type": "boolean"}, "time_unit": _COUNT},
        ),
        500,
        signed=False,
    ),
}
