"""`/api/v1/benchmarks/`: runs of the laboratory."""

from typing import Any

import orjson
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from perf.laboratory.exporting import in_short
from perf.laboratory.keeping import runs
from perf.serializers.benchmarks import BenchmarkInput
from perf.services.benchmarks import ask_for_run

NEWEST = 20
_TEXT = {"type": "string"}
_QUEUED = {
    "type": "object",
    "properties": {"id": {"type": "string", "format": "uuid"}, "status_url": _TEXT},
    "required": ["id", "status_url"],
}
_RUN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "suite": _TEXT,
        "state": _TEXT,
        "progress": {"type": "object"},
        "scenarios": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["id", "suite", "state", "progress", "scenarios"],
}
_RUNS = {
    "type": "object",
    "properties": {"results": {"type": "array", "items": _RUN}},
    "required": ["results"],
}


class Benchmarks(Endpoint):
    @operation(
        Permission.VIEW_PLATFORM, body=BenchmarkInput, answers=_QUEUED, status=202, queues=True
    )
    def create(self, request: Request) -> HttpResponse:
        """A worker starts a stack beside this one, measures it, and throws it away."""
        body = self.body()
        return self._write(lambda: self._asked(body))

    def _asked(self, body: dict[str, Any]) -> HttpResponse:
        pk = ask_for_run(now=self.now, **body)
        location = reverse("perf-run", args=[pk])
        response = self.answer(orjson.dumps({"id": pk, "status_url": location}), status=202)
        response["Location"] = location
        return response

    @operation(Permission.VIEW_PLATFORM, answers=_RUNS)
    def list(self, request: Request) -> HttpResponse:
        """The newest: how far they are, and what they have found."""
        found = [in_short(run) for run in runs()[:NEWEST]]
        return self.answer(orjson.dumps({"results": found}))
