from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable
from payments.management.month import generate_month


class Command(BaseCommand):
    help = "Writes a month of payments by all four ways, for reports and checks to add up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("restaurant", type=UUID)
        parser.add_argument("--count", type=int, default=20_000)
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--from", dest="first", type=date.fromisoformat)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("It writes payments that nobody made: for development alone.")
        now = utc_now()
        with durable():
            generate_month(
                restaurant=Restaurant.objects.get(pk=options["restaurant"]),
                first=options["first"] or now.date() - timedelta(options["days"]),
                days=options["days"],
                count=options["count"],
                seed=options["seed"],
                now=now,
            )
        self.stdout.write(f"{options['count']} payments over {options['days']} days.")
