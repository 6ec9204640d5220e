"""The web server with more and more processes: a part of `scalability`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from time import sleep
from urllib.request import urlopen

from fynlo.local.ports import LOOPBACK, free_port, wait_until
from fynlo.local.run import PROJECT
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, Workers
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.laboratory.stack import AS_BEHIND_A_PROXY
from perf.laboratory.watching import Watch

WORKERS, QUICK_WORKERS = (1, 2, 4, 8), (1, 2, 4)
TILLS, ROUNDS = 8, 3
AT_REST_CPU_S = 0.02


@dataclass
class Served:
    """A web server of so many processes, what tills see of it, and what it has done so far."""

    count: int
    lab: Context
    pid: int
    done: Outcome = field(default_factory=Outcome)
    cpu_s: float = 0.0

    def load(self, seconds: float) -> None:
        self.lab.options = replace(self.lab.options, users=0, duration_s=seconds)
        with Watch(self.pid) as watch:
            found = Workers(TILLS, warm_up=0, blocks=1).drive(self.lab, _orders)
        self.lab.close()
        self.done.add(found)
        self.done.seconds += found.seconds
        self.cpu_s += watch.cpu_seconds()


def workers(lab: Context) -> Outcome:
    """The same eight tills, served by more and more processes, in turns.

    `of_…_efficiency` is the throughput beside that of one process, for each core that the
    processes can have: 1 would need cores for the tills and for PostgreSQL besides, which on a
    small machine they share. `of_…_cost` is the processor time of the web for one request beside
    that with one process: it says, on any machine, whether processes are in each other's way.
    `of_most_…`: of the most processes.
    """
    counts = QUICK_WORKERS if lab.quick else WORKERS
    seconds = 0.6 if lab.quick else 5.0
    outcome = Outcome()
    with ExitStack() as opened:
        servers = [opened.enter_context(served_by(lab, count)) for count in counts]
        _warm_up(servers, seconds=0.5 if lab.quick else 1.0)
        for number in range(ROUNDS):
            for served in servers:
                served.load(seconds)
            lab.report(number + 1, ROUNDS)
    for served in servers:
        outcome.add(served.done)
        outcome.seconds += served.done.seconds
    if not outcome.errors:
        outcome.figures = _figures(servers)
    return outcome


def _warm_up(servers: list[Served], *, seconds: float) -> None:
    """Returns when all processes have started, and have answered their first requests."""
    for served in servers:
        if not wait_until(partial(is_alive, served.lab.target.http), seconds=60):
            raise TimeoutError(f"{served.count} workers did not start")
    for served in servers:
        wait_until(partial(_is_at_rest, served.pid), seconds=30)
        served.load(seconds)
        served.done, served.cpu_s = Outcome(), 0.0


def _figures(servers: list[Served]) -> dict[str, float]:
    rates = [served.done.operations / served.done.seconds for served in servers]
    costs = [1000 * served.cpu_s / served.done.operations for served in servers]
    figures = {}
    for served, rate, cost in zip(servers, rates, costs, strict=True):
        usable = min(served.count, os.cpu_count() or 1)
        figures[f"requests_per_s_by_{served.count}"] = rate
        figures[f"cpu_ms_of_a_request_by_{served.count}"] = cost
        for name in (served.count, "most"):
            figures[f"of_{name}_efficiency"] = rate / rates[0] / usable
            figures[f"of_{name}_cost"] = cost / costs[0]
    return figures


def _orders(lab: Context) -> Operation:
    return partial(lab.till().get, "orders/?limit=20")


@contextmanager
def served_by(lab: Context, count: int, **variables: str) -> Iterator[Served]:
    """Starts one beside that of the stack, on the same databases. What it prints is of no use.
    `variables` are added to its environment."""
    port = free_port()
    words = f"granian fynlo.wsgi:application --interface wsgi --host {LOOPBACK} --port {port}"
    words += f" --workers {count} --blocking-threads 2 --http 1 --no-ws --log-level warning"
    running = subprocess.Popen(  # noqa: S603  (words of ours)
        [sys.executable, "-m", *words.split()],
        env={**os.environ, **AS_BEHIND_A_PROXY, **variables},
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ready = {**lab.target.ready, "http": f"http://{LOOPBACK}:{port}"}
    try:
        tills = Context(replace(lab.target, ready=ready), lab.options)
        yield Served(count, tills, running.pid)
    finally:
        running.terminate()
        running.wait(30)


def is_alive(http: str) -> bool:
    try:
        with urlopen(f"{http}/health/live/", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _is_at_rest(pid: int) -> bool:
    """All processes have started: none of them is at work."""
    with Watch(pid) as watch:
        sleep(0.3)
    return watch.cpu_seconds() < AT_REST_CPU_S


MORE_WORKERS = [
    Scenario(
        "workers",
        "eight tills, served by 1, 2, 4 and 8 processes",
        workers,
        (
            at_least("of_2_efficiency", 0.4, "A core is bought to serve more guests."),
            at_least("of_most_efficiency", 0.3, "More processes than cores take little away."),
            at_most("of_most_cost", 2, "Processes in each other's way make requests dearer."),
            ALL_SUCCEED,
        ),
        unit="requests/s",
        blocks=1,
        limit_s=300,
    )
]
