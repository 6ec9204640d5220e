"""`/metrics`, the history of the machine, and what a process that ends leaves behind."""

import os
import subprocess
import sys
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core.management import call_command
from django.test import Client
from django_redis import get_redis_connection
from prometheus_client.parser import text_string_to_metric_families

from fynlo.local.ports import wait_until
from fynlo.settings.env import BASE_DIR
from fynlo.testing.cast import Member
from fynlo.testing.outage import Wire
from perf.monitors import keys
from perf.monitors.calls import Call
from perf.monitors.machine import Machine
from perf.monitors.reporter import Reporter
from perf.selectors.endpoints import endpoints
from perf.selectors.processes import history, hours

pytestmark = pytest.mark.django_db


def samples(text: str) -> dict[tuple[str, str], float]:
    """By name, and endpoint or else kind."""
    return {
        (sample.name, sample.labels.get("endpoint", sample.labels.get("kind", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_requests_of_all_processes(owner: Member, figures: Reporter) -> None:
    for _ in range(4):
        owner.get("orders/")
    figures.report()
    other = Reporter()
    other.own.host = "another"
    other.finish(Call("web", "GET api/v1/orders/"), ms=3000, error="5xx")
    other.report()
    response = Client().get("/metrics")
    assert response["Content-Type"].startswith("text/plain")
    found = samples(response.content.decode())
    orders = "GET api/v1/orders/"
    assert found["fynlo_http_request_seconds_count", orders] == 5
    assert found["fynlo_http_request_seconds_sum", orders] > 3
    assert found["fynlo_http_request_seconds_errors_total", orders] == 1
    assert found["fynlo_figures_available", ""] == 1
    assert found["fynlo_database_connections", ""] >= 1
    assert found["fynlo_process_resident_bytes", "command"] > 10_000_000


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "nonsense"])
def test_nobody_from_outside_reads_them(db: None, settings: Any, address: str) -> None:
    settings.ADDRESS_HEADER = "HTTP_X_REAL_IP"
    assert Client().get("/metrics", headers={"X-Real-IP": address}).status_code == 404
    assert Client().get("/metrics", headers={"X-Real-IP": "10.1.2.3"}).status_code == 200


def test_without_redis_they_say_so(db: None, wire: Wire) -> None:
    wire.cut()
    assert samples(Client().get("/metrics").content.decode())["fynlo_figures_available", ""] == 0


def test_figures_wait_for_redis(owner: Member, figures: Reporter, wire: Wire) -> None:
    wire.cut()
    owner.get("orders/")
    figures.report()
    wire.mend()
    figures.report()
    names = {row["name"]: row["count"] for row in endpoints(hours(), kind="web")}
    assert names["GET api/v1/orders/"] == 1


def test_the_machine_has_a_history_of_a_thousand_points(db: None, figures: Reporter) -> None:
    redis = get_redis_connection("default")
    machine = Machine()
    assert machine.is_due(now=100)
    first = machine.look(now=100)
    assert not machine.is_due(now=104)
    assert machine.is_due(now=105)
    assert first["memory_bytes"] > 0
    key = f"{keys.HISTORY}:{figures.own.host}"
    redis.rpush(key, *['{"at": 1}'] * 1005)
    figures.report()
    points = history([figures.own.host])[figures.own.host]
    assert len(points) == keys.HISTORY_POINTS
    assert points[-1]["at"] > 1_700_000_000
    assert points[0]["at"] == 1


def test_one_process_of_a_host_is_the_sampler(db: None, figures: Reporter) -> None:
    figures.report()
    second = Reporter()
    second.own.pid += 1
    second.report()
    assert len(history([figures.own.host])[figures.own.host]) == 1


def test_a_process_that_ends_tells_what_is_left(db: None, figures: Reporter) -> None:
    """Before its first two seconds are over."""
    script = (
        "import django; django.setup()\n"
        "from perf.monitors.calls import Call\n"
        "from perf.monitors.reporter import reporter\n"
        "reporter.finish(Call('web', 'GET the/end/'), ms=1)\n"
    )
    given = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "fynlo.settings.development",
        "REDIS_URL": project_settings.REDIS_URL,
    }
    subprocess.run([sys.executable, "-c", script], check=True, env=given, cwd=BASE_DIR)
    assert {row["name"] for row in endpoints(hours(), kind="web")} == {"GET the/end/"}


def test_who_allocates_is_told_on_demand(db: None, figures: Reporter) -> None:
    figures.report()
    said = StringIO()
    asking = Thread(
        target=call_command, args=("top_allocators",), kwargs={"seconds": 3, "stdout": said}
    )
    asking.start()
    redis = get_redis_connection("default")
    assert wait_until(lambda: bool(redis.exists(keys.ALLOCATORS_WANTED)), seconds=20)
    figures.report()
    held = [bytes(1000) for _ in range(5000)]
    assert wait_until(lambda: not redis.exists(keys.ALLOCATORS_WANTED), seconds=20)
    figures.report()
    asking.join(timeout=20)
    assert f"{figures.own.name}\n" in said.getvalue()
    assert "perf/tests/test_metrics.py" in said.getvalue().splitlines()[1]
    assert len(held) == 5000
