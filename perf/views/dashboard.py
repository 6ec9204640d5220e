"""`/perf/`: the pages of operations staff."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from redis import RedisError

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.screens.visitors import screen
from fynlo.cache.local import LEVELS
from fynlo.clock import utc_now
from perf.advice.alerts import alerts
from perf.advice.kept_plans import kept_plans
from perf.advice.recommendations import recommendations
from perf.selectors.background import websocket_figures
from perf.selectors.overview import overview
from perf.selectors.processes import history, windows
from perf.selectors.queries import get_query_stats
from perf.selectors.slow_queries import trends
from perf.views.frame import answer, away
from perf.views.health import whose
from syncing.selectors.figures import sync_figures

TOP = 15
# Fifteen minutes of points that come every five seconds.
CHART_POINTS = 180
Page = Callable[[HttpRequest, Actor], HttpResponse]


def page(view: Page) -> Callable[..., Any]:
    """For members who may see how the system performs."""

    @wraps(view)
    def shown(request: HttpRequest, actor: Actor) -> HttpResponse:
        try:
            return view(request, actor)
        except RedisError as error:
            return away(request, error)

    return require_safe(screen(Permission.VIEW_PERFORMANCE)(shown))


@page
def now(request: HttpRequest, actor: Actor) -> HttpResponse:
    seen = overview(now=utc_now())
    charts = {
        "hosts": {host: points[-CHART_POINTS:] for host, points in history(seen.hosts).items()},
        "traffic": windows(),
    }
    shown = {
        "seen": seen,
        "alerts": alerts(seen, restaurant=whose(actor)),
        "endpoints": seen.endpoints[:TOP],
        "tasks": seen.tasks[:TOP],
        "charts": charts,
    }
    return answer(request, actor, "now", shown)


@page
def queries(request: HttpRequest, actor: Actor) -> HttpResponse:
    stats, plans = get_query_stats(), kept_plans()
    known = trends([one.fingerprint for one in stats], now=utc_now())
    rows = [
        {
            "stats": one,
            "kept": plans.get(one.fingerprint),
            "trend": known.get(one.fingerprint),
            "is_slow": one.slow > 0,
        }
        for one in stats
    ]
    return answer(request, actor, "queries", {"rows": rows, "slow_ms": settings.SLOW_QUERY_MS})


@page
def cache(request: HttpRequest, actor: Actor) -> HttpResponse:
    seen = overview(now=utc_now())
    levels = [(name, seen.cache[name]) for name in LEVELS]
    return answer(request, actor, "cache", {"seen": seen, "levels": levels})


@page
def sync(request: HttpRequest, actor: Actor) -> HttpResponse:
    shown = {"socket": websocket_figures(), "sync": sync_figures(now=utc_now())}
    return answer(request, actor, "sync", shown)


@page
def advice(request: HttpRequest, actor: Actor) -> HttpResponse:
    found = recommendations(overview(now=utc_now()))
    return answer(request, actor, "recommendations", {"recommendations": found})
