"""`/perf/runs/` and `/perf/capacity/`: what the laboratory has measured."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.screens.visitors import screen
from perf.laboratory.capacity import capacity
from perf.laboratory.comparing import METRIC, compare
from perf.laboratory.history import metrics_of, points
from perf.laboratory.keeping import NoSuchRun, find, runs, scenarios_of
from perf.laboratory.reporting import row
from perf.laboratory.suites import SUITES
from perf.models.runs import BenchmarkRun
from perf.views.frame import answer

NEWEST = 40
METRICS = ("mean_ms", "p50_ms", "p95_ms", "p99_ms", "throughput", "server_cpu", "rss_mb")


def page(view: Any) -> Any:
    return require_safe(screen(Permission.VIEW_PERFORMANCE)(view))


@page
def every(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The newest runs, and a form that starts one for who may."""
    shown = {
        "runs": runs()[:NEWEST],
        "suites": ["all", *SUITES],
        "may_start": actor.may(Permission.VIEW_PLATFORM),
    }
    return answer(request, actor, "runs", shown)


@page
def one(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    run = _found(str(pk))
    rows = [row(scenario) for scenario in scenarios_of(run)]
    charts = [
        {"id": str(shown["scenario"].pk), "spectrum": shown["spectrum"]}
        for shown in rows
        if shown["spectrum"]
    ]
    shown = {
        "title": str(run),
        "run": run,
        "rows": rows,
        "percent": round(100 * run.progress.get("share", 0)),
        "charts": charts,
    }
    return answer(request, actor, "run", shown, is_final=run.is_over)


@page
def two(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`a` and `b` are runs, `metric` what is compared."""
    a, b = (_found(request.GET.get(name, "")) for name in ("a", "b"))
    metric = _metric(request)
    shown = {
        "title": "Two runs",
        "a": a,
        "b": b,
        "metric": metric,
        "metrics": METRICS,
        "took_turns": a.pair is not None and a.pair == b.pair,
        "rows": compare(a, b, metric=metric),
    }
    return answer(request, actor, "two_runs", shown)


@page
def trend(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Any metric of one scenario over commits."""
    name, metric = request.GET.get("scenario", ""), request.GET.get("metric", METRIC)
    if "\0" in name + metric:
        raise Http404
    suite, _, scenario = name.partition("/")
    found = points(suite, scenario, metric)
    chart = [
        {"commit": point.commit, "title": point.title, "at": point.at, "value": point.value}
        for point in found
    ]
    shown = {
        "title": f"{name} over commits",
        "scenario": name,
        "metric": metric,
        "metrics": metrics_of(suite, scenario),
        "points": found,
        "chart": chart,
    }
    return answer(request, actor, "trend", shown)


@page
def limits(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was measured of how much it can take, and what follows if nothing else changes."""
    return answer(request, actor, "capacity", {"capacity": capacity()})


def _metric(request: HttpRequest) -> str:
    asked = request.GET.get("metric", METRIC)
    return asked if asked in METRICS else METRIC


def _found(text: str) -> BenchmarkRun:
    try:
        return find(text)
    except NoSuchRun as missing:
        raise Http404 from missing
