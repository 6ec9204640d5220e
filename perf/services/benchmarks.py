"""Runs that are started from the dashboard."""

import secrets
import subprocess
import sys
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fynlo.celery import app
from fynlo.db import transaction_required
from fynlo.settings.env import BASE_DIR
from perf.errors import BenchmarkRefused, BenchmarkRunning
from perf.laboratory.keeping import break_off, find
from perf.laboratory.stack import refuse_production
from perf.laboratory.strangers import Unwilling
from perf.models.runs import BenchmarkRun, RunState

# The longest that a run of all suites may take.
LONGEST = timedelta(hours=1)
LAST_WORDS = 500


@transaction_required
def ask_for_run(*, suite: str, quick: bool, now: datetime) -> UUID:
    """A run that waits for a worker. Raises BenchmarkRunning, BenchmarkRefused."""
    try:
        refuse_production()
    except Unwilling as refused:
        raise BenchmarkRefused from refused
    at_it = BenchmarkRun.objects.filter(state__in=(RunState.WAITING, RunState.RUNNING))
    if at_it.filter(started_at__gt=now - LONGEST).exists():
        raise BenchmarkRunning
    run = BenchmarkRun.objects.create(
        suite=suite, is_quick=quick, started_at=now, seed=secrets.randbelow(2**31)
    )
    signature = app.signature("perf.run_benchmark", kwargs={"run_id": str(run.pk)})
    transaction.on_commit(signature.delay)
    return run.pk


def carry_out(run_id: UUID) -> None:
    """As the command does, in a process of its own, on a stack of its own. Only once: a run that
    no longer waits is left alone."""
    run = find(str(run_id))
    if run.state != RunState.WAITING:
        return
    words = [sys.executable, "manage.py", "benchmark", "run", run.suite, "--id", str(run_id)]
    words += ["--quick"] if run.is_quick else []
    try:
        done = subprocess.run(  # noqa: S603 no outside input
            [*words, "--seed", str(run.seed)],
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            timeout=LONGEST.total_seconds(),
            check=False,
        )
        last_words = done.stderr[-LAST_WORDS:] or f"it ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        last_words = f"not done after {LONGEST}"
    run.refresh_from_db()
    if not run.is_over:
        break_off(run, last_words)
