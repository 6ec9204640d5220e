from typing import Any

from django.core.management.base import BaseCommand

from fynlo.accounts.actor import System
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from payments.services.drawers import open_drawer
from pos.services.demo_cast import COPPER_KETTLE


class Command(BaseCommand):
    help = "Opens a drawer in the demo restaurant, which anybody there may use."

    def handle(self, *args: Any, **options: Any) -> None:
        with durable():
            open_drawer(
                by=System(COPPER_KETTLE.id),
                now=utc_now(),
                pk=new_id(),
                fingerprint="",
                name="Counter",
                opening_float=10_000,
            )
