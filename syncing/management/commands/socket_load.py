"""`manage.py socket_load`: what the WebSocket holds, measured on this machine.

    DEBUG=false python -m fynlo.local exec --throw-away -- sh -c \
        'python manage.py migrate && python manage.py socket_load'
"""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fynlo.local.ports import free_port
from syncing.management.socket_load import server as servers
from syncing.management.socket_load.figures import Measured
from syncing.management.socket_load.fleet import Clients, clients
from syncing.management.socket_load.scenarios import COMPARED, SCENARIOS, Stage
from syncing.management.socket_load.stock import Announcer

LIMIT_S = 60


class Command(BaseCommand):
    help = "Puts the WebSocket under load on this machine; ends with 1 when a criterion is missed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="default: all")
        parser.add_argument("--server", action="append", choices=servers.COMMANDS)
        parser.add_argument("--against", help="the address of a server that runs already")
        parser.add_argument("--sockets", type=int, default=1000)
        parser.add_argument("--seconds", type=float, default=10, help="of load, in each scenario")
        parser.add_argument("--clients", type=int, default=1, help="processes of clients")
        parser.add_argument("--json", type=Path, help="write the figures to this file, too")

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ["DJANGO_SETTINGS_MODULE"].endswith("production"):
            raise CommandError("This is not for production: it writes rows of its own.")
        if not 0 < options["seconds"] <= LIMIT_S or not 0 < options["sockets"] <= 10_000:
            raise CommandError(f"At most {LIMIT_S} seconds and 10,000 sockets.")
        with clients(options["clients"]) as crowd:
            found = [
                self._measure(name, server, crowd, options)
                for name in options["scenario"] or SCENARIOS
                for server in _servers(name, options)
            ]
        self._compare(found)
        if options["json"]:
            options["json"].write_text(json.dumps([one.as_json() for one in found], indent=1))
        if not all(one.is_met for one in found):
            sys.exit(1)

    def _measure(self, name: str, server: str, crowd: Clients, options: dict[str, Any]) -> Measured:
        with _running(server) as running:
            stage = Stage(
                running,
                crowd,
                sockets=options["sockets"],
                seconds=options["seconds"],
                also_tell=Announcer().tell if server == "stock" else None,
            )
            found = Measured(name, server, SCENARIOS[name](stage))
        self.stdout.write(f"{name}, {server}")
        for figure in found.figures:
            style = self.style.SUCCESS if figure.is_met else self.style.ERROR
            wanted = style(figure.criterion) if figure.criterion else ""
            self.stdout.write(
                f"  {figure.name:<44} {figure.value:>10.2f} {figure.unit:<3} {wanted}"
            )
        self.stdout.flush()
        return found

    def _compare(self, found: list[Measured]) -> None:
        """How much longer the stock consumer takes, where both were measured."""
        p95 = {(one.scenario, one.server): one.value("commit to socket p95") for one in found}
        for (scenario, server), ours in p95.items():
            theirs = p95.get((scenario, "stock"))
            if server != "stock" and ours and theirs:
                ratio = theirs / ours
                self.stdout.write(f"{scenario}: stock takes {ratio:.1f} times as long as {server}")


def _servers(scenario: str, options: dict[str, Any]) -> list[str]:
    if options["against"]:
        return [options["against"]]
    asked = options["server"] or ["uvicorn", "stock"]
    return [name for name in asked if name != "stock" or scenario in COMPARED]


@contextmanager
def _running(name: str) -> Iterator[servers.Server]:
    if name in servers.COMMANDS:
        with servers.started(name, free_port()) as running:
            yield running
    else:
        yield servers.found(name)
