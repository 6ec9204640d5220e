"""A run from the dashboard that takes too long leaves nothing behind."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.local.ports import wait_until
from perf.models.runs import BenchmarkRun
from perf.services import benchmarks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("laboratory")]
MARK = "STARTED_BY_THIS_TEST"


def started_with(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={mark}\0".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def database_of_this_test() -> str:
    database = settings.DATABASES["default"]
    user = f"{database['USER']}:{quote(database['PASSWORD'])}"
    return f"postgresql://{user}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def test_a_run_that_is_late_is_ended_with_its_stack(monkeypatch: Any) -> None:
    mark = new_id().hex
    monkeypatch.setenv(MARK, mark)
    monkeypatch.setenv("DATABASE_URL", database_of_this_test())
    monkeypatch.setattr(benchmarks, "LONGEST", timedelta(seconds=10))
    run = BenchmarkRun.objects.create(suite="api", is_quick=True, started_at=utc_now(), seed=1)
    benchmarks.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failure) == ("BROKEN", "not done after 0:00:10")
    assert wait_until(lambda: not started_with(mark), seconds=15)
