"""Web servers of one kind beside one another: each is asked in its turn, the others are at rest."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import psutil

from fynlo.local.ports import LOOPBACK, free_port, wait_until
from fynlo.local.run import PROJECT, web_command
from perf.laboratory.stack import AS_BEHIND_A_PROXY
from perf.laboratory.watching import processes_of

FYNLO, HELLO = "fynlo.wsgi:application", "perf.laboratory.hello:application"
START_S = 60.0


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Of all its processes, since they started."""
        found: list[psutil.Process] = processes_of(self.pid)
        times = [process.cpu_times() for process in found]
        return sum(one.user + one.system for one in times)


@contextmanager
def web_server(application: str, **variables: str) -> Iterator[Server]:
    """As `make run` starts it, without DEBUG, beside the databases of this process; `variables`
    are added to the environment. Raises RuntimeError when it does not answer."""
    port = free_port()
    given = {**os.environ, "DEBUG": "false", **AS_BEHIND_A_PROXY, **variables}
    process = subprocess.Popen(  # noqa: S603 no outside input
        web_command(application, port), env=given, cwd=PROJECT, stderr=subprocess.DEVNULL
    )
    try:
        if not wait_until(lambda: _answers(port), seconds=START_S):
            raise RuntimeError(f"{application} does not answer")
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    """The socket is open long before anybody is there to answer."""
    connection = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True
