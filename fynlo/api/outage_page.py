"""What a person sees in the browser while PostgreSQL is away."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from fynlo.api.problems import of_exception

DATABASE_AWAY = (OperationalError, InterfaceError)


class OutagePage:
    """503 for what views outside the API raise when they cannot reach the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return page(request) if isinstance(error, DATABASE_AWAY) else None


def page(request: HttpRequest) -> HttpResponse:
    """The browser asks again by itself, unless it sent a form."""
    headers = {"Retry-After": "2", "Cache-Control": "no-store"}
    if request.method == "GET":
        headers["Refresh"] = "2"
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)


def server_failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500, called while the exception is being handled: what middleware raised."""
    error = sys.exc_info()[1]
    if isinstance(error, Exception) and request.path.startswith("/api/"):
        return of_exception(error)
    return page(request) if isinstance(error, DATABASE_AWAY) else server_error(request)
