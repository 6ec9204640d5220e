from argparse import ArgumentParser
from typing import Any

import orjson
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from fynlo.clock import utc_now
from fynlo.db import durable
from pos.services.demo import describe_demo, load_demo


class Command(BaseCommand):
    help = "Makes the two demo restaurants unless they are there, and prints how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON only")
        parser.add_argument(
            "--yes-this-is-a-demo",
            action="store_true",
            help="load it although this is not a development machine",
        )

    def handle(self, **options: Any) -> None:
        if not (settings.DEBUG or options["yes_this_is_a_demo"]):
            raise CommandError(
                "The demo has passwords that everybody knows. On a machine that is not for "
                "development, say so with --yes-this-is-a-demo."
            )
        with durable():
            is_new = load_demo(now=utc_now())
        if is_new:
            call_command("open_demo_drawer")
        self.stdout.write(_as_json() if options["json"] else _for_people())


def _as_json() -> str:
    return orjson.dumps(describe_demo()).decode()


def _for_people() -> str:
    demo = describe_demo()
    lines = ["The Copper Kettle and its rival Forno Vesuvio:"]
    for name, login in demo["logins"].items():
        lines.append(
            f"  {name:<15}{login['email']:<37}{login['password']}"
            f"  code {login['employee_code']}  PIN {login['pin']}"
        )
    return "\n".join([*lines, f"  till token     {demo['device_token']}"])
