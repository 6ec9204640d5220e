"""`make run`: the whole of Fynlo in the foreground."""

import json
import os
import sys
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import fynlo
from fynlo.local.console import Console
from fynlo.local.environment import start_databases
from fynlo.local.errors import LocalError
from fynlo.local.ports import LOOPBACK, answers, read_port
from fynlo.local.process import Service
from fynlo.local.stand_ins import start_stand_ins
from fynlo.local.state import State
from fynlo.local.supervisor import Stopped, Supervisor

PROJECT = Path(str(fynlo.__file__)).resolve().parent.parent
MESSAGE_LIMIT = 1024 * 1024


def run(state: State) -> None:
    """Runs until Ctrl-C. Raises LocalError when the stack cannot start or cannot go on."""
    console = Console()
    supervisor = Supervisor(state, console)
    try:
        _start_everything(supervisor, *_read_ports())
        supervisor.watch()
    except Stopped:
        console.say("stopping")
    finally:
        supervisor.stop()
        console.close()


def _read_ports() -> tuple[int, int]:
    http = read_port("HTTP_PORT", os.environ.get("HTTP_PORT", "8000"))
    websocket = read_port("WS_PORT", os.environ.get("WS_PORT", "8001"))
    if http == websocket:
        raise LocalError(f"HTTP_PORT and WS_PORT are both {http}: set one of them to another port")
    return http, websocket


def _start_everything(supervisor: Supervisor, http: int, websocket: int) -> None:
    state = supervisor.state
    addresses = {
        "PUBLIC_URL": f"http://{LOOPBACK}:{http}",
        "WEBSOCKET_URL": f"ws://{LOOPBACK}:{websocket}/ws/v1/events/",
    }
    found, stand_ins = start_stand_ins(supervisor, addresses["PUBLIC_URL"])
    variables = addresses | found | start_databases(supervisor)
    state.write_environment(variables)
    own = {"FYNLO_STATE": str(state.folder), "PYTHONUNBUFFERED": "1"}
    environment = {**os.environ, **variables, **own}
    demo = _prepare(supervisor, environment)
    _read_ports()
    supervisor.start(*_services(state, environment, http, websocket))
    ready = {"http": addresses["PUBLIC_URL"], "websocket": addresses["WEBSOCKET_URL"], **demo}
    ready["stand_ins"] = stand_ins
    state.write_ready(ready)
    supervisor.console.show(_welcome(ready))


def _prepare(supervisor: Supervisor, environment: dict[str, str]) -> dict[str, Any]:
    """Migrates, loads the demo when there is none and returns what it says about itself."""
    manage = partial(supervisor.run, environment=environment, folder=PROJECT)
    supervisor.console.say("migrating")
    # load_demo runs the system checks: once is enough.
    manage("migrate", [sys.executable, "manage.py", "migrate", "--no-input", "--skip-checks"])
    supervisor.console.say("loading the demo restaurant when there is none")
    lines = manage("load_demo", [sys.executable, "manage.py", "load_demo", "--json"])
    for line in reversed(lines):
        if line.startswith("{") and '"logins"' in line:
            demo: dict[str, Any] = json.loads(line)
            return demo
    raise LocalError("load_demo did not print the demo's logins")


def _services(
    state: State, environment: dict[str, str], http: int, websocket: int
) -> list[Service]:
    cores = os.cpu_count() or 1
    service = partial(Service, environment=environment, folder=PROJECT)
    return [
        service(
            name="web",
            command=web_command("fynlo.wsgi:application", http),
            is_ready=lambda: _is_healthy(http),
        ),
        service(
            name="ws",
            command=_python(
                f"uvicorn fynlo.asgi:application --host {LOOPBACK} --port {websocket}"
                f" --no-access-log --log-level warning --ws-max-size {MESSAGE_LIMIT}"
                " --ws-per-message-deflate false --timeout-graceful-shutdown 3"
            ),
            is_ready=lambda: answers(websocket),
        ),
        service(
            name="worker",
            # In a container root may well be the only user.
            environment={**environment, "PYTHONWARNINGS": "ignore:You're running the worker"},
            command=_python(
                f"celery --quiet --app fynlo worker --concurrency {cores} --loglevel INFO"
                " --without-gossip --without-mingle --queues celery,webhooks"
            ),
            ready_text=" ready.",
        ),
        service(
            name="beat",
            command=[
                *_python("celery --quiet --app fynlo beat --pidfile="),
                f"--schedule={state.folder / 'beat'}",
            ],
        ),
    ]


def web_command(application: str, port: int) -> list[str]:
    """Serves a WSGI application, one process for each core."""
    return _python(
        f"granian {application} --interface wsgi --host {LOOPBACK} --port {port}"
        f" --workers {os.cpu_count() or 1} --blocking-threads 2 --http 1 --no-ws"
        " --log-level warning --respawn-failed-workers --workers-kill-timeout 5"
    )


def _python(arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments.split()]


def _is_healthy(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://{LOOPBACK}:{port}/health/live/", timeout=5).close()
    except OSError:
        return False
    return True


def _welcome(ready: dict[str, Any]) -> str:
    rows = [("web", ready["http"], ""), ("WebSocket", ready["websocket"], "")]
    rows += [(name, url, "stand-in") for name, url in ready["stand_ins"].items()]
    rows += [(name, login["email"], login["password"]) for name, login in ready["logins"].items()]
    width = max(len(middle) for _, middle, _ in rows)
    lines = [f"  {left:<15} {middle:<{width}}  {right}".rstrip() for left, middle, right in rows]
    return "\n".join(["", "Fynlo is ready. Ctrl-C stops it.", "", *lines, ""])
