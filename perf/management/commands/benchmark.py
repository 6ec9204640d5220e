"""`manage.py benchmark`: the laboratory. `docs/benchmarks.md` explains it."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from fynlo.settings.env import STATE_DIR
from perf.laboratory.comparing import METRIC
from perf.laboratory.keeping import NoSuchRun
from perf.laboratory.orders import ORDERS
from perf.laboratory.stack import refuse_production
from perf.laboratory.strangers import Unwilling
from perf.laboratory.suites import SUITES, NoSuchSuite
from perf.suites.crowd import join


class Command(BaseCommand):
    help = "Measures Fynlo on a live stack, keeps the runs, compares them and judges."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        orders = parser.add_subparsers(dest="order", required=True)
        orders.add_parser("list", help="suites, scenarios and the last runs")
        _add_run(orders.add_parser("run", help="measure a suite, or all"))
        compare = orders.add_parser("compare", help="the second run against the first")
        compare.add_argument("runs", nargs=2, metavar="RUN")
        compare.add_argument("--metric", default=METRIC)
        _add_report(orders.add_parser("report", help="one run, or several in one page"))
        gate = orders.add_parser("gate", help="fail when this build is slower than a run")
        gate.add_argument("--baseline", required=True, metavar="RUN")
        gate.add_argument("--run", help="judge this run instead of measuring now")
        gate.add_argument("--metric", default=METRIC)
        history = orders.add_parser("history", help="a metric over commits")
        history.add_argument("scenario", metavar="SUITE/SCENARIO")
        history.add_argument("--metric", default=METRIC)
        history.add_argument("--html", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("worker"):
            _join(options)
        _have_a_database()
        order: Callable[..., bool] = ORDERS[options["order"]]
        try:
            refuse_production()
            is_good = order(self.stdout, self.style, options)
        except (Unwilling, NoSuchRun, NoSuchSuite) as refused:
            raise CommandError(str(refused)) from refused
        if not is_good:
            sys.exit(1)


def _add_run(run: ArgumentParser) -> None:
    run.add_argument("suite", choices=["all", *SUITES], metavar="SUITE")
    run.add_argument("--scenario", default="", help="a name, or how names begin")
    run.add_argument("--users", type=int, default=0)
    run.add_argument("--duration", type=float, default=0.0, help="seconds for each scenario")
    run.add_argument("--quick", action="store_true", help="under a minute for each suite")
    run.add_argument("--seed", type=int, help="throw the same dice again")
    run.add_argument("--against", default="", metavar="URL", help="a stack that runs already")
    run.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")
    run.add_argument("--i-own-this-host", action="store_true", dest="owns_host")
    run.add_argument("--workers", type=int, default=0, help="processes of a crowd (Locust)")
    run.add_argument("--master", default="", metavar="HOST:PORT", help="where workers join")
    run.add_argument("--worker", default="", metavar="HOST:PORT", help="join a master's crowds")
    run.add_argument("--with", dest="commit", metavar="COMMIT", help="take turns with that commit")
    run.add_argument("--json", type=Path, metavar="FILE")
    run.add_argument("--id", help="go on with a run that waits (the dashboard's)")


def _add_report(report: ArgumentParser) -> None:
    report.add_argument("runs", nargs="+", metavar="RUN")
    report.add_argument("--html", type=Path, metavar="FILE", help="the first run, in full")
    report.add_argument("--json", type=Path, metavar="FILE", help="the first run, in full")
    report.add_argument("--markdown", type=Path, metavar="FILE", help="all of them, in short")


def _join(options: dict[str, Any]) -> None:
    """Does nothing else, until Ctrl-C."""
    try:
        join(options["worker"], workers=options["workers"], owns_host=options["owns_host"])
    except Unwilling as refused:
        raise CommandError(str(refused)) from refused
    except KeyboardInterrupt:
        sys.exit(0)


def _have_a_database() -> None:
    """Runs are kept in DATABASE_URL, or in the database of `make run`, which is started if it does
    not run. There they outlive every stack that is measured."""
    if "DATABASE_URL" not in os.environ:
        beside = [sys.executable, "-m", "fynlo.local", "exec", "--"]
        os.execv(sys.executable, [*beside, sys.executable, *sys.argv])  # noqa: S606
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
