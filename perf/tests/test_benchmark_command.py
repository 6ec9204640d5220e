"""`manage.py benchmark`: what it refuses, what it keeps, what it says about it."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from fynlo.testing.live import Stack
from perf.laboratory.recording import unpacked
from perf.models.runs import BenchmarkRun, Sample
from perf.tests.broken import changed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("laboratory")]


def benchmark(*words: object, fails: bool = False) -> str:
    out = StringIO()
    arguments = [str(word) for word in words]
    if fails:
        with pytest.raises(SystemExit) as left:
            call_command("benchmark", *arguments, stdout=out, no_color=True)
        assert left.value.code == 1
    else:
        call_command("benchmark", *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def against(stack: Stack) -> list[object]:
    return ["--quick", "--against", stack.ready["http"], "--ready", stack.state / "ready.json"]


def test_a_run_is_kept_with_all_that_belongs_to_it(against: list[object], tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    said = benchmark(
        "run",
        "database",
        "--scenario",
        "select",
        *against,
        "--json",
        file,
        "--seed",
        7,
        "--workers",
        3,
    )
    assert "every scenario passed" in said
    assert re.search(r"^database took \d+ s, with its stack$", said, re.MULTILINE)
    run = BenchmarkRun.objects.get()
    assert (run.state, run.seed, run.is_quick) == ("PASSED", 7, True)
    assert (run.options["scenario"], run.options["workers"]) == ("select", 3)
    assert run.suite_seconds["database"] > 0
    assert len(run.commit["id"]) == 40
    assert run.machine["packages"]["Django"].startswith("5.2")
    assert run.loop_ms > 0
    assert run.settings["settings"] == "fynlo.settings.development"
    assert (run.settings["debug"], run.settings["cache"]) == (True, True)
    assert run.settings["pool_largest"] == 20
    assert run.settings["web_processes"] > 1
    names = list(run.scenarios.order_by("position").values_list("name", flat=True))
    assert names == ["select-sequential", "select-concurrent"]
    assert Sample.objects.count() == 10
    exported = orjson.loads(file.read_bytes())
    samples = exported["scenarios"][0]["samples"]
    assert sum(unpacked(row["histogram"]).get_total_count() for row in samples) == 5 * 20


def test_runs_are_listed_reported_compared_and_followed(
    against: list[object], tmp_path: Path
) -> None:
    for _ in range(2):
        benchmark("run", "database", "--scenario", "version", *against)
    listed = re.findall(r"^  ([0-9a-f]{8})  ", benchmark("list"), re.MULTILINE)
    assert len(listed) == 2
    page = tmp_path / "run.html"
    assert "version-sequential" in benchmark("report", "latest", "--html", page)
    assert "the server&#x27;s version" in page.read_text()
    assert "pool_largest 20" in page.read_text()
    short = tmp_path / "runs.md"
    benchmark("report", *listed, "--markdown", short)
    assert "4 of 4 scenarios passed." in short.read_text()
    assert short.read_text().count("| version-concurrent: ") == 2
    compared = benchmark("compare", *reversed(listed))
    assert compared.count("database/version-") == 2
    trend = tmp_path / "trend.html"
    told = benchmark("history", "database/version-sequential", "--html", trend)
    assert told.count("█") >= 2
    assert trend.read_text().count("<circle") == 2


def test_the_gate_stays_open_for_the_same_and_shuts_for_the_slower(against: list[object]) -> None:
    benchmark("run", "database", "--scenario", "tables-sequential", *against)
    BenchmarkRun.objects.update(noise=0.02)  # or a machine that is busy now would excuse it
    run = BenchmarkRun.objects.get()
    assert "not slower" in benchmark("gate", "--baseline", run.pk, "--run", run.pk)
    slower = BenchmarkRun.objects.create(
        suite=run.suite, started_at=run.started_at, seed=1, state=run.state
    )
    scenario = run.scenarios.get()
    samples = list(scenario.samples.all())
    scenario.pk, scenario.run = None, slower
    scenario.save()
    for sample in samples:
        sample.pk, sample.scenario = None, scenario
        sample.figures = {**sample.figures, "p50_ms": sample.figures["p50_ms"] * 100}
        sample.save()
    said = benchmark("gate", "--baseline", run.pk, "--run", slower.pk, fails=True)
    assert "slower than" in said
    assert "database/tables-sequential" in said


def test_a_criterion_that_is_missed_is_an_exit_code(against: list[object], stack: Stack) -> None:
    away = "ALTER TABLE payments_payment RENAME TO elsewhere"
    with changed(stack, away, back="ALTER TABLE elsewhere RENAME TO payments_payment"):
        said = benchmark("run", "api", *against, "--scenario", "payments-list-seq", fails=True)
    assert "success_rate is 0" in said
    assert BenchmarkRun.objects.get().state == "FAILED"


@pytest.mark.parametrize("url", ["http://192.0.2.1:8000", "https://pos.example.com"])
def test_it_refuses_hosts_that_are_not_this_machine(url: str) -> None:
    with pytest.raises(CommandError, match="not this machine"):
        benchmark("run", "api", "--against", url)
    assert BenchmarkRun.objects.get().state == "BROKEN"


def test_it_refuses_production_settings(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    with pytest.raises(CommandError, match="for development"):
        benchmark("run", "api")


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(CommandError, match="no scenario 'nothing'"):
        benchmark("run", "api", "--scenario", "nothing")
    with pytest.raises(CommandError, match="No runs are called 'latest'"):
        benchmark("report", "latest")
