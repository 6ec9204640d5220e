"""A day at the till: two servers, a kitchen, and guests who pay in every way, over HTTP and
WebSocket only."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

from syncing.management.till.arithmetic import MenuPrices
from syncing.management.till.client import Till, TillProblem, new_id
from syncing.management.till.listener import Event, Listener
from syncing.management.till.paying import WAYS, Desk

CHANNELS = ("dine_in", "dine_in", "dine_in", "takeaway")
FLOAT = 10_000
# Guests who are served at the same time.
AT_ONCE = 4
NOTES = ("", "", "no ice", "allergy: nuts", "sauce apart")


@dataclass
class Day:
    """The cast and what they have done. `seed` makes the same day again; `stand_ins` are the URLs
    of those for the providers."""

    floor: Till
    counter: Till
    kitchen: Till
    manager: Till
    stand_ins: dict[str, str]
    menu: dict[str, Any]
    tables: list[dict[str, Any]]
    seed: int
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines_sent: dict[str, int] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    tickets: "Queue[str | None]" = field(default_factory=Queue)
    cooked: int = 0
    drawer: dict[str, Any] = field(default_factory=dict)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  (a repeatable day, not a secret)
        self.prices = MenuPrices(self.menu)
        self.groups = {group["id"]: group for group in self.menu["modifier_groups"]}
        self.lock = threading.Lock()
        self.cook = threading.Thread(target=self._cook, daemon=True)

    def hear(self, event: Event) -> None:
        """The kitchen's printer."""
        if event["kind"] == "ticket.created":
            self.tickets.put(event["id"])

    def run(self, count: int, goes_on: Callable[[], bool]) -> None:
        """Take `count` orders, and more for as long as it `goes_on`, the kitchen cooking beside
        it."""
        self.cook.start()
        plans = [self._plan() for _ in range(count)]
        with ThreadPoolExecutor(AT_ONCE) as guests:
            list(guests.map(self._serve, plans))
            while goes_on():
                list(guests.map(self._serve, [self._plan() for _ in range(AT_ONCE)]))

    def open_drawer(self) -> None:
        """At the counter, with a float; it is this till's own until it is counted."""
        body = {"name": f"Till {str(new_id())[-12:]}", "opening_float": FLOAT}
        try:
            self.drawer = self.counter.post("payments/drawers/", body)
        except TillProblem as problem:
            if problem.code != "drawer_already_open":
                raise
            self._count_for_others(problem.told["drawer"])
            self.drawer = self.counter.post("payments/drawers/", body)
        self.desk = Desk(self.counter, self.manager, self.stand_ins, self.drawer)

    def close_drawer(self) -> None:
        """Counted as a person would: the float and what guests left."""
        path = f"payments/drawers/{self.drawer['id']}/"
        counters = self.desk.counters
        left = counters.taken["cash"] - counters.back["cash"]
        self.counter.post(f"{path}count/", {"counted": FLOAT + left})
        self.drawer = self.counter.post(f"{path}close/")

    def leave(self) -> None:
        """A day that ends before its time leaves no open drawer behind, and nobody who cooks."""
        self.tickets.put(None)
        if self.drawer and self.drawer["status"] == "OPEN":
            self._count_for_others(self.drawer["id"])

    def _count_for_others(self, drawer: str) -> None:
        """As a manager does with a drawer that somebody left open: what is in it is what should
        be, as nobody took anything."""
        path = f"payments/drawers/{drawer}/"
        expected = self.manager.get(f"{path}x-report/")["expected"]
        self.manager.post(f"{path}count/", {"counted": expected})
        self.manager.post(f"{path}close/", {"note": "left open by a day that was interrupted"})

    def close_kitchen(self) -> None:
        """Call when every ticket has been heard of: the kitchen cooks what it has, and ends."""
        self.tickets.put(None)
        self.cook.join(timeout=60)

    def _plan(self) -> dict[str, Any]:
        channel = self.random.choice(CHANNELS)
        table = self.random.choice(self.tables)["id"] if channel == "dine_in" else None
        return {
            "body": {
                "id": str(new_id()),
                "channel": channel,
                "table": table,
                "guests": self.random.randint(1, 6),
                "lines": [self._line() for _ in range(self.random.randint(1, 5))],
            },
            "more": [self._line() for _ in range(4)],
            "discount": self.random.random() < 0.3,
            "void": self.random.random() < 0.2,
            "way": self.random.choice(WAYS),
            "refund": self.random.random() < 0.15,
            "tip": self.random.choice((0, 0, 100, 250)),
            "note_size": self.random.choice((500, 1000, 2000, 5000)),
        }

    def _line(self) -> dict[str, Any]:
        product = self.random.choice(self._for_sale())
        line: dict[str, Any] = {
            "id": str(new_id()),
            "product": product["id"],
            "quantity": self.random.choice(("1", "1", "2", "3")),
            "seat": self.random.randint(0, 4),
            "note": self.random.choice(NOTES),
            "modifiers": [c for g in product["modifier_groups"] for c in self._choose(g)],
        }
        if product["variations"]:
            line["variation"] = self.random.choice(product["variations"])["id"]
        return line

    def _for_sale(self) -> list[dict[str, Any]]:
        return [row for row in self.menu["products"] if row["availability"] == "in_stock"]

    def _choose(self, group_id: str) -> list[dict[str, Any]]:
        group = self.groups[group_id]
        most = min(group["max_choices"], len(group["modifiers"]), group["min_choices"] + 1)
        count = self.random.randint(group["min_choices"], max(most, group["min_choices"]))
        return [{"modifier": row["id"]} for row in self.random.sample(group["modifiers"], count)]

    def _serve(self, plan: dict[str, Any]) -> None:
        order_id = plan["body"]["id"]
        path = f"orders/{order_id}/"
        self.floor.post("orders/", plan["body"])
        self._add_from_both_tills(path, plan["more"])
        if plan["discount"]:
            discount = {"kind": "percent", "value": 500, "reason": "regular guest"}
            self.counter.post(f"{path}discount/", discount)
        self.floor.post(f"{path}send/")
        order = self.floor.post(f"{path}serve/")
        if plan["void"]:
            self._ask_for_a_void(path, order)
        order = self._pay(path, order_id, plan)
        with self.lock:
            self.orders[order_id] = order
            self.lines_sent[order_id] = len(plan["body"]["lines"]) + len(plan["more"])

    def _add_from_both_tills(self, path: str, more: list[dict[str, Any]]) -> None:
        with ThreadPoolExecutor(2) as both:
            halves = ((self.floor, more[:2]), (self.counter, more[2:]))
            adding = [
                both.submit(till.post, f"{path}lines/", {"lines": [line]})
                for till, lines in halves
                for line in lines
            ]
            for added in adding:
                added.result()

    def _ask_for_a_void(self, path: str, order: dict[str, Any]) -> None:
        """A server alone may not void what the kitchen has: the refusal is part of the day."""
        body = {"line": order["lines"][0]["id"], "reason": "wrong dish"}
        try:
            self.floor.post(f"{path}void-line/", body)
        except TillProblem as problem:
            with self.lock:
                self.refusals.append(problem.code)

    def _pay(self, path: str, order_id: str, plan: dict[str, Any]) -> dict[str, Any]:
        payments = self.desk.pay(order_id, plan)
        done: dict[str, Any] = self.counter.post(f"{path}complete/")
        if plan["refund"]:
            self.desk.give_back(payments[0], 1)
            done = self.counter.get(path)
        return done

    def _cook(self) -> None:
        while (ticket := self.tickets.get()) is not None:
            for step in ("ack", "start", "ready"):
                self.kitchen.post(f"kitchen/tickets/{ticket}/{step}/")
            self.cooked += 1


def replay(url: str, access: str, *, since: int, last: int) -> dict[int, Event]:
    """The log as a fresh socket reads it from `since`, up to number `last`."""
    listener = Listener(url, access, since=since).start()
    listener.wait_for(last, seconds=30)
    listener.stop()
    return {seq: event for seq, event in listener.events.items() if seq <= last}
