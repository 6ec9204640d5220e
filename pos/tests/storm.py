"""Somebody who does anything to anything, at random."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from django.http import HttpResponse

from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from pos.models import Product
from pos.tasks import restore_availability
from pos.tests.conftest import Menu, said

Answer = HttpResponse | None


@dataclass
class Till:
    """A manager with a till, who knows a few orders. `answers` counts what came back."""

    member: Member
    menu: Menu
    orders: list[str]
    random: Random
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    payments: int = 0

    def work(self, seconds: float) -> None:
        end = monotonic() + seconds
        while monotonic() < end:
            name = self.random.choice(ACTIONS)
            response: Answer = getattr(self, name)()
            if response is not None:
                self.answers[name, response.status_code] += 1

    def _path(self) -> str:
        return f"orders/{self.random.choice(self.orders)}/"

    def _line_of(self, path: str) -> dict[str, Any] | None:
        lines: list[dict[str, Any]] = said(self.member.get(path))["lines"]
        return self.random.choice(lines) if lines else None

    def _wanted(self) -> dict[str, object]:
        quantity = self.random.choice(("0.5", "1", "2"))
        lines: list[dict[str, object]] = [
            self.menu.line(quantity=quantity, course=self.random.randint(0, 2)),
            {"product": str(self.menu.water.pk), "quantity": quantity},
            {"product": str(self.menu.cola.pk), "variation": str(self.menu.small.pk)},
        ]
        return self.random.choice(lines)

    def open(self) -> Answer:
        lines = (self._wanted(), self._wanted())
        return self.member.post("orders/", self.menu.order(*lines, table=str(self.menu.table.pk)))

    def add(self) -> Answer:
        lines = [self._wanted() for _ in range(self.random.randint(1, 3))]
        return self.member.post(f"{self._path()}lines/", {"lines": lines})

    def change(self) -> Answer:
        line = self._line_of(path := self._path())
        body = {"quantity": self.random.choice(("1", "1.5", "3"))}
        version = str(line["version"]) if line else ""
        address = f"{path}lines/{line['id']}/" if line else ""
        return self.member.patch(address, body, if_match=version) if line else None

    def remove(self) -> Answer:
        line = self._line_of(path := self._path())
        return self.member.delete(f"{path}lines/{line['id']}/") if line else None

    def void(self) -> Answer:
        line = self._line_of(path := self._path())
        body = {"line": line["id"], "reason": "dropped"} if line else {}
        return self.member.post(f"{path}void-line/", body) if line else None

    def send(self) -> Answer:
        return self.member.post(f"{self._path()}send/")

    def hold(self) -> Answer:
        return self.member.post(f"{self._path()}hold/", {"course": self.random.randint(0, 2)})

    def fire(self) -> Answer:
        return self.member.post(f"{self._path()}fire/", {"course": self.random.randint(0, 2)})

    def serve(self) -> Answer:
        return self.member.post(f"{self._path()}serve/")

    def discount(self) -> Answer:
        line = self._line_of(path := self._path())
        kind = self.random.choice(
            ({"kind": "percent", "value": 300}, {"kind": "amount", "value": 99})
        )
        target = {"line": line["id"]} if line and self.random.random() < 0.5 else {}
        return self.member.post(f"{path}discount/", {"reason": "regular", **kind, **target})

    def move_table(self) -> Answer:
        order = said(self.member.get(path := self._path()))
        table = self.random.choice((None, str(self.menu.table.pk)))
        return self.member.patch(path, {"table": table}, if_match=str(order["version"]))

    def pay_some(self) -> Answer:
        due = said(self.member.get(path := self._path()))["due"]
        return self._pay(path, amount=self.random.randint(1, due), tip=7) if due > 0 else None

    def finish(self) -> Answer:
        self._pay(path := self._path())
        self.member.post(f"{path}send/")
        return self.member.post(f"{path}complete/")

    def _pay(self, path: str, **body: int) -> HttpResponse:
        self.payments += 1
        body_with_order = {"order": path.split("/")[1], "tendered": 10**6, **body}
        return self.member.post(
            "payments/cash/", body_with_order, idempotency_key=str(self.payments)
        )

    def reopen(self) -> Answer:
        return self.member.post(f"{self._path()}reopen/")

    def cancel(self) -> Answer:
        """Seldom one of the few: they would all be gone soon."""
        response = self.open()
        own = f"orders/{said(response)['id']}/" if response and response.status_code < 400 else ""
        path = self._path() if self.random.random() < 0.05 else own
        return self.member.post(f"{path}cancel/", {"reason": "left"}) if path else None

    def cook(self) -> Answer:
        tickets = said(self.member.get("kitchen/tickets/"))["results"]
        step = self.random.choice(("ack", "start", "ready", "collect", "recall"))
        ticket = self.random.choice(tickets)["id"] if tickets else ""
        return self.member.post(f"kitchen/tickets/{ticket}/{step}/") if ticket else None

    def change_price(self) -> Answer:
        path = f"products/{self.menu.water.pk}/"
        product = said(self.member.get(path))
        price = self.random.choice((200, 210))
        return self.member.patch(path, {"price": price}, if_match=str(product["version"]))

    def recount(self) -> Answer:
        state = self.random.choice(({"state": "in_stock"}, {"state": "limited", "quantity": 9}))
        return self.member.post(f"products/{self.menu.cola.pk}/availability/", state)

    def come_back(self) -> Answer:
        """What the task does each minute."""
        cola = Product.objects.filter(pk=self.menu.cola.pk)
        cola.update(available_again_at=utc_now())
        restore_availability.delay()
        return None


ONCE = [name for name in vars(Till) if callable(getattr(Till, name)) and name[0] != "_"]
ACTIONS = [name for name in ONCE if name != "work"] + ["add", "add", "reopen"]
