"""The outermost layer: a name for every request, its duration, one shape for every error."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path

from fynlo.api.errors import SlashMissing
from fynlo.api.problems import of_exception, of_status, render
from fynlo.cache.reading import spent_ms
from fynlo.events.log import current_request_id

logger = logging.getLogger("fynlo.request")
# Who knows the address of a receipt may read it, of a payment pay it.
_SECRET_PATH = re.compile(r"^/(r|q)/(?!return/)[^/]*")
_ACCEPTED_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestTrace:
    """Accepts or makes `X-Request-ID`, echoes it, and logs one line for each request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else uuid4().hex
        token = current_request_id.set(request_id)
        started = perf_counter()
        try:
            return self._answer(request, request_id, started)
        finally:
            current_request_id.reset(token)

    def _answer(self, request: HttpRequest, request_id: str, started: float) -> HttpResponse:
        timer = QueryTimer()
        spent_ms.set(0.0)
        with connection.execute_wrapper(timer):
            response = self.get_response(request)
        milliseconds = (perf_counter() - started) * 1000
        response["X-Request-ID"] = request_id
        if getattr(request, "is_staff_member", False):
            response["Server-Timing"] = (
                f"app;dur={milliseconds:.1f},"
                f' db;dur={timer.spent:.1f};desc="{timer.statements} statements",'
                f" cache;dur={spent_ms.get():.1f}"
            )
        logger.info(
            "%s %s %s",
            request.method,
            _SECRET_PATH.sub(r"/\1/-", request.path),
            response.status_code,
            extra={"ms": round(milliseconds, 1), "db_ms": round(timer.spent, 1)},
        )
        return response


class QueryTimer:
    """How many statements there were, and the milliseconds spent in PostgreSQL."""

    def __init__(self) -> None:
        self.spent = 0.0
        self.statements = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        started = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.spent += (perf_counter() - started) * 1000


class PagePolicy:
    """A Content-Security-Policy for pages that have none of their own: the admin, whose scripts are
    partly inline, and the pages of the API. Nothing foreign, and no frames."""

    POLICY = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:;"
        " object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response


class Problems:
    """Errors that happen outside the API's views, under `/api/`, in the API's own shape.

    A missing slash is one of them: Django's redirect would lose the body of a POST.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _lacks_slash(request.path_info):
            return render(SlashMissing())
        response = self.get_response(request)
        plain = response.get("Content-Type", "").startswith("text/html")
        if request.path.startswith("/api/") and response.status_code >= 400 and plain:
            return of_status(response.status_code)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return of_exception(error) if request.path.startswith("/api/") else None


def _lacks_slash(path: str) -> bool:
    is_open = path.startswith("/api/") and not path.endswith("/")
    return is_open and not is_valid_path(path) and bool(is_valid_path(f"{path}/"))


class RequestIdFilter(logging.Filter):
    """Puts the request id on every log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True
