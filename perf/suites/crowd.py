"""A crowd at the tills, made by Locust: a process for each core, told by a master."""

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

from fynlo.local.ports import wait_until
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome, unpacked

PROCESSES = 2
GRACE_S = 40.0
TOLD_S = 20.0
# People come one after the other: signing in takes a processor 40 ms of Argon2.
RAMP_S = 5.0
USERS_FILE = Path(__file__).with_name("till_users.py")


@dataclass(frozen=True)
class Plan:
    """`members` sign in with e-mail, password and restaurant; `wait_s` is the least and the most
    that they wait between two actions."""

    members: list[dict[str, str]]
    dishes: list[str]
    drawer: str
    wait_s: tuple[float, float]
    seed: int
    processes: int = PROCESSES


def crowd(lab: Context, plan: Plan, *, users: int, seconds: float) -> Outcome:
    """All that they asked; errors are told by request. Raises RuntimeError when Locust fails."""
    with tempfile.TemporaryDirectory(prefix="fynlo-crowd-") as home:
        folder = Path(home)
        (folder / "plan.json").write_bytes(orjson.dumps(asdict(plan)))
        found = folder / "found"
        found.mkdir()
        started = time.perf_counter()
        _run(lab, folder, users, seconds)
        outcome = _added_up(found)
        outcome.seconds = min(time.perf_counter() - started, seconds)
    return outcome


def _run(lab: Context, folder: Path, users: int, seconds: float) -> None:
    words = [
        *("-f", str(USERS_FILE), "--headless", "--only-summary", "--loglevel", "WARNING"),
        *("--processes", str(PROCESSES), "--expect-workers", str(PROCESSES)),
        *("--users", str(users), "--spawn-rate", str(max(users / RAMP_S, 1))),
        *("--run-time", f"{seconds:.0f}s", "--stop-timeout", "20", "--exit-code-on-error", "0"),
        *("--host", lab.target.http),
    ]
    environment = {
        **os.environ,
        "LAB_PLAN": str(folder / "plan.json"),
        "LAB_FOUND": str(folder / "found"),
    }
    log = folder / "log"
    with log.open("w") as out:
        done = subprocess.run(  # noqa: S603 no outside input
            [sys.executable, "-m", "locust", *words],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=seconds + GRACE_S,
            check=False,
        )
    if done.returncode or not wait_until(lambda: _have_told(folder / "found"), seconds=TOLD_S):
        raise RuntimeError(f"locust ended with {done.returncode}: {log.read_text()[-2000:]}")


def _have_told(folder: Path) -> bool:
    """All processes: on a busy machine Locust's master may end before its workers have."""
    return len(list(folder.glob("*.json"))) >= PROCESSES


def _added_up(folder: Path) -> Outcome:
    total = Outcome()
    for file in folder.glob("*.json"):
        rows: dict[str, Any] = orjson.loads(file.read_bytes())
        for name, row in rows.items():
            part = Outcome(unpacked(row["histogram"]), Counter(row["errors"]))
            if part.histogram.get_total_count():
                label = name.replace("/", "_").replace(" ", "_")
                part.figures[f"mean_{label}_ms"] = part.histogram.get_mean_value() / 1000
            total.add(part)
    return total
