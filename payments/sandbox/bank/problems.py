"""Refusals, as RFC 7807 describes them and TrueLayer sends them."""

from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse

DOCS = "https://docs.truelayer.com/docs/error-types#"


class Problem(Exception):
    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: dict[str, list[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.errors = status, kind, detail, errors
        self.retry_after = retry_after


def answer(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    trace = uuid4().hex
    body = {
        "type": DOCS + error.kind,
        "title": error.kind.replace("-", " ").capitalize(),
        "status": error.status,
        "detail": error.detail,
        "trace_id": trace,
    }
    if error.errors:
        body["errors"] = error.errors
    headers = {"Tl-Trace-Id": trace}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(body, error.status, headers, media_type="application/problem+json")


def unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", detail)


def invalid(detail: str, errors: dict[str, list[str]] | None = None) -> Problem:
    return Problem(400, "invalid-parameters", detail, errors=errors)


def invalid_state(detail: str) -> Problem:
    return Problem(400, "invalid-state", detail)


def not_found() -> Problem:
    return Problem(404, "not-found", "There is no such resource.")
