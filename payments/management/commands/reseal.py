from typing import Any

from django.core.management.base import BaseCommand

from fynlo.db import durable
from payments.services.settings import reseal_secrets


class Command(BaseCommand):
    help = "Seal the secrets in the database under the first of FIELD_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        with durable():
            count = reseal_secrets()
        self.stdout.write(f"The secrets of {count} restaurants are sealed under the newest key.")
