import sys
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from fynlo.clock import utc_now
from fynlo.db import durable
from payments.choices import Provider
from payments.errors import ProviderError
from payments.models import Reconciliation
from payments.selectors.reconciliation import booked_on, restaurants_with
from payments.services.accounts import adapter_for
from payments.services.fee_watch import watch_fees
from payments.services.reconciling import keep

PROVIDERS = (Provider.TRUELAYER, Provider.STRIPE)
# A day in UTC touches the business dates before and after it.
AROUND = timedelta(days=1)


class Command(BaseCommand):
    help = "Holds a day (UTC) of the providers' books against ours; ends with 1 if they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, required=True)
        parser.add_argument("--restaurant", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        day, differing = options["date"], False
        for provider in PROVIDERS:
            only = options["restaurant"]
            for restaurant in [only] if only else restaurants_with(provider, day):
                differing |= self._reconcile(restaurant, provider, day)
        with durable():
            watch_fees(day - AROUND, day + AROUND, now=utc_now())
        if differing:
            sys.exit(1)

    def _reconcile(self, restaurant: UUID, provider: Provider, day: date) -> bool:
        try:
            lines = list(adapter_for(restaurant, provider).settlements(day))
        except ProviderError as error:
            self.stdout.write(f"{restaurant} {provider}: not asked ({error.code})")
            return False
        with durable():
            kept = keep(
                restaurant_id=restaurant,
                provider=provider,
                day=day,
                lines=lines,
                booked=booked_on(restaurant, provider, day),
                now=utc_now(),
            )
        self._say(kept)
        return kept.lines.exists()

    def _say(self, kept: Reconciliation) -> None:
        self.stdout.write(
            f"{kept.restaurant_id} {kept.provider} {kept.day}: {kept.matched} match,"
            f" theirs {kept.theirs}, ours {kept.ours}, fees {kept.fees}"
        )
        for line in kept.lines.order_by("pk"):
            self.stdout.write(
                f"  {line.finding} {line.kind} {line.provider_id}:"
                f" theirs {line.theirs}, ours {line.ours}"
            )
