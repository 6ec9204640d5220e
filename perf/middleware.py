"""Web: every request is a call that the analyzer sees."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from perf.monitors.calls import Call, noted
from perf.monitors.reporter import reporter

STATIC, UNKNOWN = "static files", "nowhere"
# RFC 9110 and 5789; what else strangers make up is one endpoint more and not one for each.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Analyzer:
    """The outermost of all, so that nothing of a request's time is missed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        with noted(Call("web")) as call:
            response = self.get_response(request)
        ms = (perf_counter() - started) * 1000
        method = request.method if request.method in METHODS else "OTHER"
        call.name = f"{method} {_route(request)}"
        status = response.status_code
        reporter.finish(call, ms=ms, error=f"{status // 100}xx" if status >= 400 else "")
        return response


def _route(request: HttpRequest) -> str:
    """`api/v1/orders/<uuid:pk>/`: the address without what is in it."""
    match = request.resolver_match
    if match is None and request.path.startswith(settings.STATIC_URL):
        return STATIC
    return match.route if match and match.route is not None else UNKNOWN
