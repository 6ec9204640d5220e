"""Settings under which the web keeps 10 MB of every sign-in, refuses to sign in every
second person, and ends no session."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from fynlo.settings.development import *  # noqa: F403
from fynlo.settings.development import MIDDLEWARE

_kept: list[bytes] = []


def hoards(get_response: Any) -> Any:
    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.endswith("/auth/logout/"):
            return HttpResponse(status=204)
        if request.path.endswith("/auth/login/"):
            if _is_refused(request):
                return HttpResponse(status=503)
            _kept.append(b"x" * 10_000_000)
        response: HttpResponse = get_response(request)
        return response

    return answer


def _is_refused(request: HttpRequest) -> bool:
    """By the address, which each person of a crowd has for themselves."""
    return int(request.META["HTTP_X_REAL_IP"].rpartition(".")[2]) % 2 == 0


MIDDLEWARE = [f"{__name__}.hoards", *MIDDLEWARE]
