"""A run as JSON: everything that is kept of it, histograms included."""

from typing import Any

from django.forms.models import model_to_dict

from perf.laboratory.keeping import scenarios_of
from perf.models.runs import BenchmarkRun, Sample, Scenario

FORMAT = "fynlo-benchmark/1"


def as_json(run: BenchmarkRun) -> dict[str, Any]:
    own = model_to_dict(run, exclude=["progress"])
    times = {"started_at": run.started_at, "ended_at": run.ended_at}
    found = [_scenario(scenario) for scenario in scenarios_of(run)]
    return {"format": FORMAT, "id": run.pk, **own, **times, "scenarios": found}


def in_short(run: BenchmarkRun) -> dict[str, Any]:
    """Without histograms, for who watches it."""
    kept = ("suite", "state", "is_quick", "seed", "commit", "noise", "failure", "progress")
    rows = ("suite", "name", "passed", "skipped", "figures", "errors", "verdicts")
    return {
        "id": run.pk,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        **{name: getattr(run, name) for name in kept},
        "scenarios": list(run.scenarios.order_by("position").values(*rows)),
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    kept = model_to_dict(scenario, exclude=["id", "run", "position"])
    return {**kept, "samples": [_sample(sample) for sample in scenario.samples.all()]}


def _sample(sample: Sample) -> dict[str, Any]:
    kept = model_to_dict(sample, exclude=["id", "scenario", "position"])
    return {**kept, "started_at": sample.started_at}
