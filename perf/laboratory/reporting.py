"""A run, or what became of a metric over commits, as one HTML file that needs nothing else."""

from typing import Any

from django.template.loader import render_to_string

from perf.laboratory.keeping import histogram_of, scenarios_of
from perf.laboratory.recording import percentile
from perf.models.runs import BenchmarkRun, Scenario

PERCENTILES = (0, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)


def as_html(run: BenchmarkRun) -> str:
    rows = [row(scenario) for scenario in scenarios_of(run)]
    failed = [row for row in rows if row["scenario"].failed]
    return render_to_string("perf/report.html", {"run": run, "rows": rows, "failed": failed})


def row(scenario: Scenario) -> dict[str, Any]:
    """A scenario with what a page shows of it."""
    return {
        "scenario": scenario,
        "figures": sorted(scenario.figures.items()),
        "spectrum": spectrum(scenario),
    }


def spectrum(scenario: Scenario) -> list[dict[str, float]]:
    """Latency by percentile; `share` of the highest, in percent, for a bar."""
    histogram = histogram_of(scenario.samples.all())
    if not histogram.get_total_count():
        return []
    ms = {at: percentile(histogram, at) / 1000 for at in PERCENTILES}
    return [{"at": at, "ms": value, "share": 100 * value / ms[100]} for at, value in ms.items()]
