"""`manage.py verify_receipts`: every receipt against its hash, and every one against the one
before it. Exit code 1 when something is wrong.

It reads a batch at a time, so memory does not grow; `measure_receipts` measures it.
"""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from pos.selectors.receipts import chained_restaurants
from pos.services.receipts.verifying import Verdict, verify_chain


class Command(BaseCommand):
    help = "Checks the numbers, hashes and links of the receipts, and names what was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--restaurant", type=UUID, metavar="ID", help="only this one")

    def handle(self, *, restaurant: UUID | None, **options: Any) -> None:
        restaurants = [restaurant] if restaurant else chained_restaurants()
        faults = sum(self._verify(restaurant_id) for restaurant_id in restaurants)
        if faults:
            raise CommandError(f"{faults} faults")

    def _verify(self, restaurant_id: UUID) -> int:
        verdict, faults = Verdict(), 0
        for fault in verify_chain(restaurant_id, verdict):
            self.stderr.write(f"{restaurant_id} receipt {fault.number}: {fault.detail}")
            faults += 1
        self.stdout.write(
            f"{restaurant_id} {verdict.checked} receipts, {faults} faults, ends in {verdict.hash}"
        )
        return faults
