"""How guests pay at the counter: by bank, by card, by Apple Pay, in cash, and each their part.

The guest's side goes through the stand-ins as a guest would: pages, buttons and a phone.
"""

import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from payments.services.links import address_of
from syncing.management.till.client import Till, new_id
from syncing.management.till.phone import Phone

# After an outage: a lease runs out, a sweep comes round, and the machine is busy.
CAPTURED_WITHIN_S = 90.0
WAYS = ("bank", "bank", "bank", "declined", "card", "apple_pay", "cash", "cash", "split")
Payment = dict[str, Any]


@dataclass
class Counters:
    """Minor units by way to pay: what was `taken` and what went `back`."""

    taken: Counter[str] = field(default_factory=Counter)
    back: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, payment: Payment) -> None:
        with self.lock:
            self.taken[payment["method"]] += payment["captured"]

    def give(self, payment: Payment, amount: int) -> None:
        with self.lock:
            self.back[payment["method"]] += amount


@dataclass
class Desk:
    """The counter's till and the guests at it. `stand_ins` are URLs by name."""

    till: Till
    manager: Till
    stand_ins: dict[str, str]
    drawer: dict[str, Any]
    counters: Counters = field(default_factory=Counters)

    def pay(self, order: str, plan: dict[str, Any]) -> list[Payment]:
        """All that the order owes, and the tip, in the way that the plan says."""
        ways: dict[str, Callable[[Payment], Payment]] = {
            "bank": self._by_bank,
            "declined": self._by_bank_that_declines,
            "card": self._by_card,
            "apple_pay": self._by_apple_pay,
        }
        if plan["way"] == "split":
            return self._each_their_part(order, plan)
        if plan["way"] == "cash":
            return [self._taken(self._in_cash(order, plan))]
        body = {"id": str(new_id()), "order": order, "tip": plan["tip"]}
        return [self._taken(ways[plan["way"]](body))]

    def give_back(self, payment: Payment, amount: int) -> None:
        """A part of what a guest paid: a manager's, for a bank once it has settled."""
        body = {"amount": amount, "reason": "cold soup"}
        if payment["method"] == "cash":
            body |= {"drawer": self.drawer["id"]}
        self.manager.post(f"payments/{payment['id']}/refunds/", body)
        self._until(payment, lambda now: now["refunded"] == amount)
        self.counters.give(payment, amount)

    def _in_cash(self, order: str, plan: dict[str, Any]) -> Payment:
        due = self.till.get(f"orders/{order}/")["due"] + plan["tip"]
        body = {
            "id": str(new_id()),
            "order": order,
            "tendered": -(-due // plan["note_size"]) * plan["note_size"],
            "tip": plan["tip"],
            "drawer": self.drawer["id"],
        }
        payment: Payment = self.till.post("payments/cash/", body)
        return payment

    def _by_bank(self, body: dict[str, Any]) -> Payment:
        payment = self.till.post("payments/open-banking/qr/", body)
        Phone().pay_by_bank(_code(payment))
        return self._captured(payment)

    def _by_bank_that_declines(self, body: dict[str, Any]) -> Payment:
        """The card follows by itself, on the page that the guest has open."""
        payment = self.till.post("payments/open-banking/qr/", body)
        Phone().pay_by_bank(_code(payment), approve=False)
        asked = self._until(payment, _asks_for_a_card)
        Phone().pay_by_card(_code(asked))
        return self._captured(payment)

    def _by_card(self, body: dict[str, Any]) -> Payment:
        payment = self.till.post("payments/stripe/intents/", body)
        card = {"payment_method": "pm_card_visa"}
        intent = payment["attempts"][-1]["id"]
        self.till.post(f"payments/stripe/intents/{intent}/confirm/", card)
        return self._captured(payment)

    def _by_apple_pay(self, body: dict[str, Any]) -> Payment:
        payment = self.till.post("payments/", {**body, "method": "apple_pay"})
        asked = self.till.get(f"payments/apple-pay/config/?payment={payment['id']}")
        click = {
            "amount": asked["amount"],
            "currency": asked["currency"],
            "application_data": b64decode(asked["request"]["applicationData"]).decode(),
        }
        phone = httpx.post(f"{self.stand_ins['apple']}/_sandbox/token", json=click, timeout=20)
        token = phone.raise_for_status().json()
        body = {"payment": payment["id"], "token": token}
        self.till.post("payments/apple-pay/process/", body)
        return self._captured(payment)

    def _each_their_part(self, order: str, plan: dict[str, Any]) -> list[Payment]:
        """Two guests: one in cash, who leaves the tip, one by bank."""
        parts = self.till.post(f"payments/orders/{order}/splits/", {"equal": 2})["results"]
        cash, bank = (part["payment"] for part in parts)
        body = {"tendered": 100_000, "tip": plan["tip"], "drawer": self.drawer["id"]}
        first = self.till.post(f"payments/{cash}/cash/", body)
        asked = self.till.post("payments/open-banking/qr/", {"payment": bank})
        Phone().pay_by_bank(_code(asked))
        return [self._taken(first), self._taken(self._captured(asked))]

    def _taken(self, payment: Payment) -> Payment:
        self.counters.take(payment)
        return payment

    def _captured(self, payment: Payment) -> Payment:
        return self._until(payment, lambda now: now["status"] == "CAPTURED")

    def _until(self, payment: Payment, condition: Callable[[Payment], bool]) -> Payment:
        """Asks every fifth of a second. Raises TimeoutError."""
        give_up_at = time.monotonic() + CAPTURED_WITHIN_S
        while time.monotonic() < give_up_at:
            now: Payment = self.till.get(f"payments/{payment['id']}/")
            if condition(now):
                return now
            time.sleep(0.2)
        raise TimeoutError(f"payment {payment['id']} stays {now['status']}")


def _code(payment: Payment) -> str:
    """What the guest's camera reads: the address in the first code that was shown."""
    return address_of(UUID(payment["attempts"][0]["id"]))


def _asks_for_a_card(payment: Payment) -> bool:
    last = payment["attempts"][-1]
    return (last["method"], last["status"]) == ("card", "AWAITING_CUSTOMER")
