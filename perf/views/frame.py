"""What the pages of the dashboard have in common."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from redis import RedisError

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile

# Title and name of the address, in the order of the bar.
PAGES = [
    ("Now", "perf-now"),
    ("Queries", "perf-queries"),
    ("Cache", "perf-cache"),
    ("Sync", "perf-sync"),
    ("Recommendations", "perf-recommendations"),
    ("Runs", "perf-runs"),
    ("Capacity", "perf-capacity"),
]


# To HTMX: this will not change any more.
ASK_NO_MORE = 286


def answer(
    request: HttpRequest, actor: Actor, name: str, shown: dict[str, Any], *, is_final: bool = False
) -> HttpResponse:
    """`perf/pages/<name>.html`; for HTMX the part alone that changes,
    `perf/pages/<name>_board.html`. A page that is not in the bar brings its `title`."""
    if "HX-Request" in request.headers:
        status = ASK_NO_MORE if is_final else 200
        return render(request, f"perf/pages/{name}_board.html", shown, status=status)
    pages = [{"title": title, "address": reverse(address)} for title, address in PAGES]
    frame = {
        "pages": pages,
        "restaurant": restaurant_profile(actor.restaurant_id),
        "title": next((page["title"] for page in pages if page["address"] == request.path), ""),
        "board": f"perf/pages/{name}_board.html",
    }
    return render(request, f"perf/pages/{name}.html", {**frame, **shown})


def away(request: HttpRequest, error: RedisError) -> HttpResponse:
    """What is shown while Redis does not answer; HTMX keeps what it has and says so."""
    return render(request, "perf/pages/away.html", status=503)
