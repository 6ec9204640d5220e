"""`POST /api/v1/benchmarks/`: a run that a worker carries out."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member, hire
from perf.models.runs import BenchmarkRun, RunState
from perf.services.benchmarks import carry_out

pytestmark = pytest.mark.django_db
Captured = Callable[..., Any]


@pytest.fixture
def platform_owner(restaurant: Restaurant) -> Member:
    return hire(restaurant, Role.PLATFORM_OWNER)


def test_a_run_waits_for_a_worker(
    platform_owner: Member, django_capture_on_commit_callbacks: Captured
) -> None:
    with django_capture_on_commit_callbacks() as asked:
        response = platform_owner.post("benchmarks/", {"suite": "api", "quick": True})
    assert response.status_code == 202
    run = BenchmarkRun.objects.get()
    assert (run.suite, run.is_quick, run.state) == ("api", True, RunState.WAITING)
    answer = orjson.loads(response.content)
    assert answer["status_url"] == f"/perf/runs/{run.pk}/" == response["Location"]
    assert len(asked) == 1
    [row] = orjson.loads(platform_owner.get("benchmarks/").content)["results"]
    assert (row["id"], row["state"]) == (str(run.pk), "WAITING")


def test_a_second_run_must_wait(platform_owner: Member) -> None:
    platform_owner.post("benchmarks/", {"suite": "api"})
    response = platform_owner.post("benchmarks/", {"suite": "database"})
    assert response.status_code == 409
    assert orjson.loads(response.content)["code"] == "benchmark_running"
    assert BenchmarkRun.objects.count() == 1


def test_nothing_is_measured_where_guests_are_served(platform_owner: Member, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    response = platform_owner.post("benchmarks/", {"suite": "api"})
    assert response.status_code == 422
    assert orjson.loads(response.content)["code"] == "benchmark_refused"
    assert not BenchmarkRun.objects.exists()


def test_a_task_that_comes_twice_measures_once(platform_owner: Member) -> None:
    platform_owner.post("benchmarks/", {"suite": "api"})
    run = BenchmarkRun.objects.get()
    run.state = RunState.RUNNING
    run.save()
    carry_out(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
