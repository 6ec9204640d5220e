"""Settings under which nothing can be made: whoever creates or does something is refused."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from fynlo.settings.development import *  # noqa: F403
from fynlo.settings.development import MIDDLEWARE


def refuses_to_make(get_response: Any) -> Any:
    def answer(request: HttpRequest) -> HttpResponse:
        # What was sent is read all the same: a server that does not closes the connection.
        if request.method == "POST" and request.body and "/auth/" not in request.path:
            return JsonResponse({"code": "no"}, status=403)
        response: HttpResponse = get_response(request)
        return response

    return answer


MIDDLEWARE = [f"{__name__}.refuses_to_make", *MIDDLEWARE]
