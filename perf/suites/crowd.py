"""A crowd at the tills, made by Locust: a process for each core, or workers on other machines."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from fynlo.local.ports import LOOPBACK, free_port
from perf.laboratory.context import Context, Options
from perf.laboratory.recording import Outcome, unpacked
from perf.laboratory.strangers import refuse_strangers

PROCESSES = 2
GRACE_S = 80.0
JOIN_S = 60
# People come one after the other: signing in takes a processor 40 ms of Argon2.
RAMP_S = 5.0
LOCUST = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("till_users.py"))]


@dataclass(frozen=True)
class Plan:
    """`members` sign in with e-mail, password and restaurant; `wait_s` is the least and the most
    that they wait between two actions."""

    members: list[dict[str, str]]
    dishes: list[str]
    drawer: str
    wait_s: tuple[float, float]
    seed: int


def crowd(lab: Context, plan: Plan, *, users: int, seconds: float) -> Outcome:
    """All that they asked; errors are told by request. Raises RuntimeError when Locust fails."""
    with tempfile.TemporaryDirectory(prefix="fynlo-crowd-") as home:
        folder = Path(home)
        (folder / "plan.json").write_bytes(orjson.dumps(asdict(plan)))
        started = time.perf_counter()
        told = _run(lab, folder, users, seconds)
        outcome = _added_up(told)
        outcome.seconds = min(time.perf_counter() - started, seconds)
    return outcome


def _run(lab: Context, folder: Path, users: int, seconds: float) -> list[dict[str, Any]]:
    """What each worker found."""
    words = [
        *("--headless", "--only-summary", "--loglevel", "WARNING", *_workers(lab.options)),
        *("--users", str(users), "--spawn-rate", str(max(users / RAMP_S, 1))),
        *("--run-time", f"{seconds:.0f}s", "--stop-timeout", "20", "--exit-code-on-error", "0"),
        *("--host", lab.target.http),
    ]
    files = {"LAB_PLAN": str(folder / "plan.json"), "LAB_FOUND": str(folder / "found.json")}
    log = folder / "log"
    with log.open("w") as out:
        done = subprocess.run(  # noqa: S603 no outside input
            [*LOCUST, *words],
            env={**os.environ, **files},
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=seconds + GRACE_S + JOIN_S,
            check=False,
        )
    said = log.read_text()[-2000:]
    if done.returncode:
        raise RuntimeError(f"locust ended with {done.returncode}: {said}")
    told: list[dict[str, Any]] = orjson.loads((folder / "found.json").read_bytes())
    expected = lab.options.workers or PROCESSES
    if len(told) != expected:
        raise RuntimeError(f"{len(told)} of {expected} workers told what they found: {said}")
    return told


def _workers(options: Options) -> list[str]:
    """Of this machine, unless those of others are waited for at `master`."""
    count = str(options.workers or PROCESSES)
    if options.master:
        host, _, port = options.master.rpartition(":")
        own = ["--master", "--expect-workers-max-wait", str(JOIN_S)]
    else:
        host, port = LOOPBACK, str(free_port())
        own = ["--processes", count, "--master-host", host, "--master-port", port]
    return [*own, "--expect-workers", count, "--master-bind-host", host, "--master-bind-port", port]


def join(master: str, *, workers: int, owns_host: bool) -> None:
    """Works for whoever is master there (HOST:PORT), one crowd after the other, until Ctrl-C.

    Raises Unwilling for a master on another machine, unless its owner says so.
    """
    refuse_strangers(f"//{master}", owns_host=owns_host)
    host, _, port = master.rpartition(":")
    words = ["--worker", "--master-host", host, "--master-port", port]
    owning = {"LAB_OWNS_HOST": "yes"} if owns_host else {}
    while True:
        subprocess.run(  # noqa: S603 (a host and a port)
            [*LOCUST, *words, "--processes", str(workers or PROCESSES)],
            env={**os.environ, **owning},
            check=False,
        )


def _added_up(told: list[dict[str, Any]]) -> Outcome:
    total = Outcome()
    for rows in told:
        for name, row in rows.items():
            part = Outcome(unpacked(row["histogram"]), Counter(row["errors"]))
            if part.histogram.get_total_count():
                label = name.replace("/", "_").replace(" ", "_")
                part.figures[f"mean_{label}_ms"] = part.histogram.get_mean_value() / 1000
            total.add(part)
    return total
