from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from syncing.choices import Verdict
from syncing.selectors.operations import gaps
from syncing.selectors.pushed import Operation
from syncing.serializers.push import PushInput
from syncing.services.outcomes import Outcome
from syncing.services.pushing import push

PUSH_LIMIT = 5 * 1024 * 1024
_TEXT = {"type": "string"}
VERDICTS = {
    "type": "object",
    "required": ["verdicts", "gaps"],
    "properties": {
        "verdicts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["op_id", "device_seq", "verdict", "code", "detail", "version"],
                "properties": {
                    "op_id": {"type": "string", "format": "uuid"},
                    "device_seq": {"type": "integer"},
                    "verdict": {"enum": Verdict.values},
                    "code": _TEXT,
                    "detail": _TEXT,
                    "version": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
            },
        },
        "gaps": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    },
}


def told(given: Operation, outcome: Outcome) -> dict[str, Any]:
    """One verdict as the till reads it. `first` is what a duplicate was told before."""
    answer: dict[str, Any] = {
        "op_id": given.op_id,
        "device_seq": given.device_seq,
        "verdict": outcome.verdict,
        "code": outcome.code,
        "detail": outcome.detail,
        "version": outcome.version,
    }
    if outcome.first:
        answer["first"] = outcome.first
    if outcome.errors:
        answer["errors"] = outcome.errors
    if outcome.document:
        answer["document"] = orjson.Fragment(outcome.document)
    return answer


class Sync(Endpoint):
    """Work that tills did offline."""

    body_limit = PUSH_LIMIT

    @action(detail=False, methods=["post"])
    @operation(Permission.USE_SYNC, body=PushInput, answers=VERDICTS)
    def push(self, request: Request) -> HttpResponse:
        """Each operation once, however often it is sent, and a verdict for each."""
        given = self.body()
        batch = given["operations"]
        outcomes = push(
            by=self.actor, now=self.now, operations=batch, told_seq=given["device_seq_to"]
        )
        device = self.actor.device_id
        rows = [told(row, outcomes[row.op_id]) for row in batch]
        return self.answer(orjson.dumps({"verdicts": rows, "gaps": gaps(device) if device else []}))
