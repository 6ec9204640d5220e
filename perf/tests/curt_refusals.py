"""Settings under which nobody who is refused is told when to come again."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from fynlo.settings.development import *  # noqa: F403
from fynlo.settings.development import MIDDLEWARE


def says_not_when(get_response: Any) -> Any:
    def answer(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)
        del response["Retry-After"]
        return response

    return answer


MIDDLEWARE = [f"{__name__}.says_not_when", *MIDDLEWARE]
