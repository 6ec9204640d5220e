"""Starts the local stack as a person would: as a process of its own, on a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

from fynlo.local.run import PROJECT

GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HTTP_PORT", "WS_PORT", "MAKELEVEL")


def start(state: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """`python -m fynlo.local ARGUMENTS`; databases are embedded unless `variables` give them."""
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    return subprocess.Popen(
        [sys.executable, "-m", "fynlo.local", *arguments],
        env={**environment, "FYNLO_STATE": str(state), **variables},
        cwd=PROJECT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(state: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    process = start(state, *arguments, **variables)
    try:
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def only_line(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed start leaves on standard error."""
    assert result.returncode == 1, result
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("fynlo: ")
    return lines[0]
