"""One WebSocket server process, started for a measurement or found where it runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
from django.core.management.base import CommandError

from fynlo.settings.env import BASE_DIR

HOST = "127.0.0.1"
PATH = "/ws/v1/events/"
UVICORN = "uvicorn {app} --host {host} --port {port} --no-access-log --log-level warning"
DEFLATE_OFF = " --ws-max-size 1048576 --ws-per-message-deflate false"
OURS = "fynlo.asgi:application"
STOCK = "syncing.management.socket_load.stock:application"
COMMANDS = {
    "uvicorn": (OURS, UVICORN + DEFLATE_OFF),
    "uvicorn-2": (OURS, UVICORN + DEFLATE_OFF + " --workers 2"),
    "granian": (
        OURS,
        "granian {app} --interface asgi --host {host} --port {port} --workers 1 --http 1"
        " --loop uvloop --log-level warning",
    ),
    "daphne": (OURS, "daphne -b {host} -p {port} -v 0 {app}"),
    "stock": (STOCK, UVICORN + DEFLATE_OFF),
}
START_S = 30.0
REST_S = 60


@dataclass(frozen=True)
class Server:
    """`name` is one of COMMANDS, or what was given when it was started by somebody else."""

    name: str
    address: str
    process: psutil.Process

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def memory(self) -> int:
        """Resident bytes of the process and of those it started."""
        return sum(process.memory_info().rss for process in self._all())

    def memory_at_rest(self) -> int:
        """`memory` once it no longer grows from one second to the next. Raises CommandError when
        it grows for REST_S."""
        readings = [self.memory()]
        while len(readings) < REST_S:
            time.sleep(1)
            readings.append(self.memory())
            if readings[-1] <= readings[-2]:
                return readings[-1]
        raise CommandError(f"The server's memory grows and grows: {readings[-5:]} bytes.")

    def cpu_s(self) -> float:
        """Seconds of processor that it has used."""
        times = [process.cpu_times() for process in self._all()]
        return sum(found.user + found.system for found in times)


@contextmanager
def started(name: str, port: int) -> Iterator[Server]:
    """Raises CommandError when it does not listen in time."""
    app, words = COMMANDS[name]
    command = words.format(app=app, host=HOST, port=port).split()
    environment = {**os.environ, "DEBUG": "false", "WEBSOCKET_CONNECTIONS": "20000"}
    running = subprocess.Popen(  # noqa: S603  (words of ours)
        [sys.executable, "-m", *command], cwd=BASE_DIR, env=environment, stdin=subprocess.DEVNULL
    )
    try:
        address = f"ws://{HOST}:{port}{PATH}"
        _wait_until_it_listens(running, port)
        yield Server(name, address, psutil.Process(running.pid))
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(5)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def found(address: str) -> Server:
    """The server that listens at this address of this machine. Raises CommandError."""
    url = urlsplit(address)
    if url.hostname not in {"127.0.0.1", "localhost"}:
        raise CommandError("Only servers of this machine are put under load.")
    pid = _listener(url.port or 80)
    if pid is None:
        raise CommandError(f"Nothing listens at {address}.")
    return Server(address, address, psutil.Process(pid))


def _listener(port: int) -> int | None:
    for connection in psutil.net_connections("tcp4"):
        is_listening = connection.status == psutil.CONN_LISTEN and connection.pid
        if is_listening and connection.laddr[1:] == (port,):
            return connection.pid
    return None


def _wait_until_it_listens(running: "subprocess.Popen[bytes]", port: int) -> None:
    give_up_at = time.monotonic() + START_S
    while time.monotonic() < give_up_at and running.poll() is None:
        if _listener(port):
            return
        time.sleep(0.1)
    raise CommandError("The server has not started.")
