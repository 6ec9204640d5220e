"""What the answers of offline work look like, and how they are put together."""

from collections.abc import Sequence
from typing import Any

import orjson

from syncing.choices import Verdict
from syncing.selectors.pulling import Pulled
from syncing.selectors.pushed import Operation
from syncing.services.outcomes import Outcome

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_ID = {"type": "string", "format": "uuid"}


def _maybe(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null"}]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_RANGES = _list(_list(_NUMBER))
_VERDICT = _object(
    op_id=_ID,
    device_seq=_NUMBER,
    verdict={"enum": Verdict.values},
    code=_TEXT,
    detail=_TEXT,
    version=_maybe(_NUMBER),
    flags=_list(_TEXT),
)
VERDICTS = _object(verdicts=_list(_VERDICT), gaps=_RANGES)
PREVIEW = _object(verdicts=_list(_VERDICT))
PULLED = {
    "type": "object",
    "description": "`must_refetch` alone: the cursor is too old. Pull again without one.",
    "properties": {
        "changes": _list(
            _object(
                entity=_TEXT,
                id=_ID,
                version=_NUMBER,
                deleted={"type": "boolean"},
                data=_maybe({"type": "object"}),
            )
        ),
        "cursor": _maybe(_TEXT),
        "more": {"type": "boolean"},
        "gone": _list(_TEXT),
        "must_refetch": {"type": "boolean"},
    },
}
CHECKSUMS = _object(
    buckets=_NUMBER,
    entities={
        "type": "object",
        "additionalProperties": _list(_object(bucket=_NUMBER, count=_NUMBER, md5=_TEXT)),
    },
)
STATUS = _object(
    devices=_list(
        _object(
            device=_ID,
            name=_TEXT,
            is_online=_maybe({"type": "boolean"}),
            last_seen_at=_maybe(_TEXT),
            clock_skew_ms=_NUMBER,
            queue_depth=_NUMBER,
            cursor=_NUMBER,
            lag=_NUMBER,
            pushed_to=_NUMBER,
            pushed_at=_maybe(_TEXT),
            pulled_at=_maybe(_TEXT),
            gaps=_RANGES,
            quarantined=_NUMBER,
            conflicts=_NUMBER,
        )
    )
)
STRATEGIES_SHAPE = _object(
    rules=_list(
        _object(entity=_TEXT, field=_TEXT, strategy=_TEXT, is_own={"type": "boolean"}),
    ),
    figures=_list(_object(entity=_TEXT, field=_TEXT, strategy=_TEXT, count=_NUMBER)),
)
MUST_REFETCH = '{"must_refetch":true}'


def verdicts(operations: Sequence[Operation], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """`outcomes` of each, in the order in which the till sent them."""
    return [_told(*pair) for pair in zip(operations, outcomes, strict=True)]


def _told(operation: Operation, outcome: Outcome) -> dict[str, Any]:
    """`first` is what a duplicate was told before; `errors` and `document` where there are any."""
    said: dict[str, Any] = {
        "op_id": operation.op_id,
        "device_seq": operation.device_seq,
        "verdict": outcome.verdict,
        "code": outcome.code,
        "detail": outcome.detail,
        "version": outcome.version,
        "flags": outcome.flags,
    }
    if outcome.first:
        said["first"] = outcome.first
    if outcome.errors:
        said["errors"] = outcome.errors
    if outcome.document:
        said["document"] = orjson.Fragment(outcome.document)
    return said


def pulled_text(pulled: Pulled, *, gone: Sequence[str] = ()) -> str:
    """`gone` names the entities that the role may no longer see: a till drops all of them."""
    cursor = pulled.place.cursor() if pulled.place else None
    return (
        f'{{"changes":[{",".join(pulled.changes)}],"cursor":{orjson.dumps(cursor).decode()},'
        f'"more":{"true" if pulled.more else "false"},"gone":{orjson.dumps(list(gone)).decode()}}}'
    )
