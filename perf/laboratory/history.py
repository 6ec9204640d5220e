"""What became of a metric over commits."""

from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string

from perf.models.runs import RunState, Scenario

WIDTH, HEIGHT = 900, 260


@dataclass(frozen=True)
class Point:
    commit: str
    title: str
    at: datetime
    value: float
    is_quick: bool


def metrics_of(suite: str, scenario: str) -> list[str]:
    """What its newest run has figures of."""
    kept = Scenario.objects.filter(suite=suite, name=scenario).order_by("-run__started_at")
    return sorted(next(iter(kept.values_list("figures", flat=True)[:1]), {}))


def points(suite: str, scenario: str, metric: str) -> list[Point]:
    """Of every full run that is over, the oldest first; of quick ones while there is no full one.
    Never of both: a quick run measures too little to be in one line with others."""
    kept = Scenario.objects.filter(suite=suite, name=scenario, figures__has_key=metric)
    over = kept.filter(run__state__in=(RunState.PASSED, RunState.FAILED))
    full = over.filter(run__is_quick=False)
    shown = full if full.exists() else over
    return [
        Point(
            found.run.short_commit,
            str(found.run.commit.get("title", "")),
            found.run.started_at,
            float(found.figures[metric]),
            found.run.is_quick,
        )
        for found in shown.select_related("run").order_by("run__started_at")
    ]


def as_html(title: str, found: list[Point]) -> str:
    highest = max((point.value for point in found), default=0.0) or 1.0
    step = WIDTH / max(len(found), 1)
    dots = [
        {"x": step * (n + 0.5), "y": HEIGHT * (1 - point.value / highest), "point": point}
        for n, point in enumerate(found)
    ]
    line = " ".join(f"{dot['x']:.1f},{dot['y']:.1f}" for dot in dots)
    size = {"width": WIDTH, "height": HEIGHT}
    context = {"title": title, "dots": dots, "line": line, "highest": highest, **size}
    return render_to_string("perf/history.html", context)
