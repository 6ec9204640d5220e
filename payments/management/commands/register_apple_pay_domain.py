from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from payments.errors import ProviderError
from payments.providers.base import RestaurantAccount
from payments.providers.registry import stripe_of


class Command(BaseCommand):
    help = "Registers the host of the guest's page with Stripe, which then offers Apple Pay there."

    def handle(self, *args: Any, **options: Any) -> None:
        host = urlsplit(settings.PUBLIC_PAY_BASE_URL).hostname or ""
        try:
            status = stripe_of(RestaurantAccount()).register_domain(host, idem=str(uuid4()))
        except ProviderError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"{host}: Apple Pay is {status}")
