"""The pool when PostgreSQL restarts, and behind PgBouncer."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fynlo.local.tests.stacks import finish
from fynlo.pool.base import DatabaseWrapper
from fynlo.testing.pooler import pgbouncer
from fynlo.testing.races import at_once

RESTART = """
import os, signal, time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
import django, psycopg2
os.environ["DJANGO_SETTINGS_MODULE"] = "fynlo.settings.development"
django.setup()
from django.db import OperationalError, connection
from fynlo.local.ports import wait_until
from fynlo.pool.figures import figures

def ask(_):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01)")
    connection.close()

def started_at():
    "None while it takes no connections."
    try:
        with closing(psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=2)) as asking:
            cursor = asking.cursor()
            cursor.execute("SELECT pg_postmaster_start_time()")
            return cursor.fetchone()[0]
    except psycopg2.OperationalError:
        return None

with ThreadPoolExecutor(8) as threads:
    list(threads.map(ask, range(200)))
    assert figures()[0]["size"] >= 5, figures()
    died = int(Path(os.environ["CLUSTER"], "postmaster.pid").read_text().split()[0])
    before = started_at()
    os.kill(died, signal.SIGKILL)
    assert wait_until(lambda: started_at() not in (None, before), seconds=60)
    began = time.monotonic()
    list(threads.map(ask, range(200)))
    print("recovered", round(time.monotonic() - began, 2), figures()[0]["replaced"])
"""


def test_no_request_fails_once_postgresql_is_back(tmp_path: Path) -> None:
    """Two hundred requests on eight threads, the first at the moment it takes connections again."""
    tmp_path.chmod(0o755)
    state = tmp_path / "state"
    result = finish(
        state,
        "exec",
        "--",
        sys.executable,
        "-c",
        RESTART,
        CLUSTER=str(state / "postgres"),
    )
    assert result.returncode == 0, result.stderr
    words = next(line for line in result.stdout.splitlines() if "recovered" in line).split()
    assert int(words[-1]) > 0


@pytest.mark.django_db(transaction=True)
def test_many_borrowers_share_few_connections_of_pgbouncer() -> None:
    """Twelve at once on two: each has one for no longer than its transaction."""
    parameters: dict[str, Any] = connection.get_connection_params()
    with pgbouncer(parameters, connections=2) as port:
        options = {"application_name": "bounced", **connection.settings_dict["OPTIONS"]}
        place = {**connection.settings_dict, "PORT": port, "OPTIONS": {**options, "options": ""}}
        assert at_once(*[partial(work_at, place)] * 12) == ["5s"] * 12
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", ["bounced"]
            )
            assert 0 < cursor.fetchone()[0] <= 2
        DatabaseWrapper(place, "default").close_pool()


def work_at(place: dict[str, Any]) -> str:
    """Twenty transactions of two statements; the lock_timeout that they had."""
    wrapper, patience = DatabaseWrapper(place, "default"), ""
    for _ in range(20):
        wrapper.set_autocommit(False)
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            before = cursor.fetchone()
            cursor.execute("SELECT pg_backend_pid(), current_setting('lock_timeout')")
            *after, patience = cursor.fetchone()
        assert [*before] == after
        wrapper.commit()
        wrapper.close()
    return patience
