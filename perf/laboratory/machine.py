"""On what a run was made: commit, versions, processor, memory, and how noisy it was."""

import hashlib
import os
import platform
import statistics
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from fynlo.settings.env import BASE_DIR

PACKAGES = ("Django", "djangorestframework", "psycopg2-binary", "redis", "granian", "orjson")
ROUNDS = 40
CALIBRATION_BYTES = b"fynlo" * 200
CALIBRATION_HASHES = 4000


def commit(folder: Path = BASE_DIR) -> dict[str, Any]:
    """The commit of a checkout, when it was made and whether files differ from it."""
    return {
        "id": _git(folder, "rev-parse", "HEAD"),
        "at": _git(folder, "log", "-1", "--format=%cI"),
        "title": _git(folder, "log", "-1", "--format=%s"),
        "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no")),
    }


def _git(folder: Path, *words: str) -> str:
    """Empty where there is no git or no repository, as in an image."""
    try:
        done = subprocess.run(  # noqa: S603 no outside input
            ["git", *words],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def describe() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "memory_mb": memory.total // 2**20,
        "available_mb": memory.available // 2**20,
        "load_average": round(os.getloadavg()[0], 2),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def calibrate(rounds: int = ROUNDS) -> dict[str, float]:
    """The same work again and again: `loop_ms` is its median, `noise` the spread around it.

    `noise` is the distance between the 10th and the 90th percentile as a share of the median: 0
    on a machine that does nothing else.
    """
    times = sorted(_loop_ms() for _ in range(rounds))
    median = statistics.median(times)
    spread = times[int(rounds * 0.9)] - times[int(rounds * 0.1)]
    return {"loop_ms": round(median, 4), "noise": round(spread / median, 4)}


def _loop_ms() -> float:
    started = time.perf_counter()
    digest = CALIBRATION_BYTES
    for _ in range(CALIBRATION_HASHES):
        digest = hashlib.sha256(digest).digest() + CALIBRATION_BYTES
    return (time.perf_counter() - started) * 1000
