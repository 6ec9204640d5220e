"""Starts a stand-in as a process of its own, for as long as somebody needs it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parent.parent.parent
START_S = 20.0


@contextmanager
def running(module: str, folder: Path, *options: str, port: int = 0) -> Iterator[str]:
    """The URL of `python -m module --port … --state folder options…`, once it answers.

    Raises RuntimeError with what it printed when it does not start.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", module, "--port", str(port), "--state", str(folder), *options]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
        try:
            if not _answers(url, process):
                raise RuntimeError((folder / "log").read_text())
            yield url
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _answers(url: str, process: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/_sandbox/health", timeout=1, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return True
    return False
