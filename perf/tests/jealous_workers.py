"""Settings under which a request costs more, the more processes serve beside this one."""

import os
from time import process_time
from typing import Any

import psutil
from django.http import HttpRequest, HttpResponse

from fynlo.settings.development import *  # noqa: F403
from fynlo.settings.development import MIDDLEWARE

FOR_EACH_S = 0.01


def looks_at_all(get_response: Any) -> Any:
    """Keeps the processor busy for as long as it takes with each of them."""
    served_beside = len(psutil.Process(os.getppid()).children())

    def answer(request: HttpRequest) -> HttpResponse:
        until = process_time() + FOR_EACH_S * served_beside
        while process_time() < until:
            pass
        response: HttpResponse = get_response(request)
        return response

    return answer


MIDDLEWARE = [f"{__name__}.looks_at_all", *MIDDLEWARE]
