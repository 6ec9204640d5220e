"""Answers in fewer bytes: Brotli for who takes it, gzip for all others that ask for it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page

View = Callable[..., HttpResponseBase]
WORTH_IT = 200
QUALITY = 4
"""Of 11: as small as gzip's 6 on our documents, in a fraction of its time."""


def compressed(view: View) -> View:
    zipped = gzip_page(view)

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _takes_brotli(request):
            return zipped(request, *args, **kwargs)
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ("Accept-Encoding",))
        if not isinstance(response, HttpResponse) or len(response.content) < WORTH_IT:
            return response
        response.content = brotli.compress(response.content, quality=QUALITY)
        response["Content-Encoding"] = "br"
        response["Content-Length"] = str(len(response.content))
        return response

    return answer


def _takes_brotli(request: HttpRequest) -> bool:
    named = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    return "br" in {name.removesuffix(";q=1").removesuffix(";q=1.0") for name in named}
