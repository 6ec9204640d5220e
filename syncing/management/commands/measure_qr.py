"""`manage.py measure_qr`: how long after the bank's money moved a till hears that it is paid."""

from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from threading import Lock
from time import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from fynlo.settings.env import STATE_DIR
from payments.choices import Provider
from payments.selectors.webhooks import occurred_at
from payments.services.links import address_of
from syncing.management.till.cast import by_email, read_stack
from syncing.management.till.client import Till
from syncing.management.till.listener import Event, Listener
from syncing.management.till.phone import Phone

AIM_MS = 150.0


class Ear:
    """When each payment was first heard to be paid, in Unix seconds."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}

    def hear(self, event: Event) -> None:
        if event["kind"] == "payment.captured":
            self.heard.setdefault(event["id"], time())


class Command(BaseCommand):
    help = "Guests pay by QR code against `make run`; a till listens for it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--payments", type=int, default=100)
        parser.add_argument("--at-once", type=int, default=1)
        parser.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")

    def handle(self, *args: Any, **options: Any) -> None:
        stack = read_stack(options["ready"])
        till, ear = by_email(stack, "manager"), Ear()
        listener = Listener(stack["websocket"], till.access, on_event=ear.hear).start()
        if not listener.live.wait(10):
            raise CommandError("The WebSocket does not come alive.")
        shop, lock = Shop(till), Lock()
        with ThreadPoolExecutor(options["at_once"]) as guests:
            asked = list(guests.map(lambda _: shop.serve(lock), range(options["payments"])))
        late = [self._latency(payment, ear, listener) for payment in asked]
        listener.stop()
        self._tell(late)

    def _latency(self, payment: dict[str, Any], ear: Ear, listener: Listener) -> float:
        """Milliseconds from when the bank's money moved to when the till heard of it."""
        if not listener.wait_until(lambda: payment["id"] in ear.heard, seconds=30):
            raise CommandError(f"The till never heard of payment {payment['id']}.")
        provider_id = payment["attempts"][-1]["provider_id"]
        moved_at = occurred_at(Provider.TRUELAYER, provider_id, kind="payment_executed")
        return (ear.heard[payment["id"]] - moved_at.timestamp()) * 1000

    def _tell(self, late: list[float]) -> None:
        cuts = quantiles(late, n=100)
        self.stdout.write(
            f"{len(late)} payments: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms,"
            f" p99 {cuts[98]:.0f} ms from the bank's execution to the till"
        )
        style = self.style.SUCCESS if cuts[94] <= AIM_MS else self.style.ERROR
        self.stdout.write(style(f"the aim is a p95 of {AIM_MS:.0f} ms"))


class Shop:
    """Takes one order after the other, each to be paid by bank."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.dish = next(p for p in till.get("menu/")["products"] if not p["modifier_groups"])

    def serve(self, lock: Lock) -> dict[str, Any]:
        """The payment that a guest has approved."""
        with lock:
            line = {"product": self.dish["id"]}
            order = self.till.post("orders/", {"channel": "takeaway", "lines": [line]})
            payment: dict[str, Any] = self.till.post(
                "payments/open-banking/qr/", {"order": order["id"]}
            )
        Phone().pay_by_bank(address_of(UUID(payment["attempts"][-1]["id"])))
        return payment
