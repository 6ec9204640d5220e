"""Runs that are started from the dashboard."""

import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
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
GRACE_S = 60.0
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
    process = subprocess.Popen(  # noqa: S603 no outside input
        [*words, "--seed", str(run.seed)],
        cwd=BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    late = False
    try:
        said = process.communicate(timeout=LONGEST.total_seconds())[1]
        last_words = said[-LAST_WORDS:] or f"it ended with {process.returncode}"
    except subprocess.TimeoutExpired:
        late, last_words = True, f"not done after {LONGEST}"
        _end(process)
    run.refresh_from_db()
    if late or not run.is_over:
        break_off(run, last_words)


def _end(process: "subprocess.Popen[str]") -> None:
    """With all that it has started: as Ctrl-C does, which stops a stack in order; then by force."""
    os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
