"""Settings under which every request dawdles, for a stack that must be found slow."""

from collections.abc import Callable
from time import sleep

from django.http import HttpRequest, HttpResponse

from fynlo.settings.development import *  # noqa: F403

MIDDLEWARE = ["perf.tests.sleeping.Dawdle", *MIDDLEWARE]  # noqa: F405


class Dawdle:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sleep(0.1)
        return self.get_response(request)
