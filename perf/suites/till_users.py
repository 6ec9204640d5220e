"""People at tills, for Locust: seven actions by weight, from sign-in to sign-out.

`perf.suites.crowd` runs it; by hand, and over several machines:

    LAB_PLAN=plan.json LAB_FOUND=folder locust -f perf/suites/till_users.py --master
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from locust import FastHttpUser, between, events, task
from locust.env import Environment
from locust.runners import MasterRunner

from perf.laboratory.recording import Outcome, packed

PLAN: dict[str, Any] = orjson.loads(Path(os.environ["LAB_PLAN"]).read_bytes())
FOUND = Path(os.environ["LAB_FOUND"])
found: dict[str, Outcome] = {}
begun = 0


def number_of(runner: Any) -> int:
    """Of this user among those of all processes."""
    global begun  # noqa: PLW0603 users of one process are counted in one place
    begun += 1
    return (begun - 1) * int(PLAN["processes"]) + max(getattr(runner, "worker_index", 0), 0)


class Person(FastHttpUser):
    """Signed in as a member of their own, with an address of their own."""

    wait_time = between(*PLAN["wait_s"])
    network_timeout = connection_timeout = 30.0

    def on_start(self) -> None:
        self.number = number_of(self.environment.runner)
        self.dice = random.Random(PLAN["seed"] + self.number)  # noqa: S311 had again by the seed
        self.who = PLAN["members"][self.number % len(PLAN["members"])]
        self.token = ""
        self.order: dict[str, Any] | None = None
        self.is_at_work = False
        signed_in = self._send("POST", "auth/login/", self.who)
        self.token = signed_in["access"] if signed_in else ""

    def on_stop(self) -> None:
        if self.is_at_work:
            self.clock()
        self._send("POST", "auth/logout/", {})

    @task(30)
    def view_products(self) -> None:
        self._send("GET", "products/?limit=20")

    @task(20)
    def add_to_order(self) -> None:
        if order := self._an_order():
            body = {"lines": [{"product": self.dice.choice(PLAN["dishes"])}]}
            self.order = self._send("POST", f"orders/{order['id']}/lines/", body, "orders/…/lines/")

    @task(15)
    def place_order(self) -> None:
        lines = [{"product": dish} for dish in self.dice.sample(PLAN["dishes"], 2)]
        self.order = self._send("POST", "orders/", {"channel": "takeaway", "lines": lines})

    @task(10)
    def pay(self) -> None:
        if order := self._an_order():
            body = {"order": order["id"], "tendered": order["total"], "drawer": PLAN["drawer"]}
            self._send("POST", "payments/cash/", body)
            self.order = None

    @task(10)
    def view_orders(self) -> None:
        self._send("GET", "orders/?limit=20")

    @task(10)
    def update(self) -> None:
        if order := self._an_order():
            body = {"guests": self.dice.randint(1, 9), "version": order["version"]}
            self.order = self._send("PATCH", f"orders/{order['id']}/", body, "orders/…/")

    @task(5)
    def clock(self) -> None:
        verb = "clock-out" if self.is_at_work else "clock-in"
        if self._send("POST", f"timeclock/{verb}/", {}):
            self.is_at_work = not self.is_at_work

    def _an_order(self) -> dict[str, Any] | None:
        """The one at hand, or a new one."""
        if self.order is None:
            self.place_order()
        return self.order

    def _send(self, method: str, path: str, body: Any = None, name: str = "") -> Any:
        """The answer's document; None when it was refused, which is counted."""
        response = self.client.request(
            method,
            f"/api/v1/{path}",
            data=None if body is None else orjson.dumps(body),
            name=f"{method} {name or path}",
            headers=self._headers(),
        )
        return orjson.loads(response.content) if response.content and response.ok else None

    def _headers(self) -> dict[str, str]:
        number = self.number
        headers = {
            "X-Real-IP": f"10.1.{number // 250}.{number % 250 + 1}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid4().hex,
        }
        return headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


def note(name: str, response_time: float, response: Any, exception: Any, **_: Any) -> None:
    outcome = found.setdefault(name, Outcome())
    if exception is None:
        outcome.record(response_time / 1000)
    else:
        said = orjson.loads(response.content).get("code", "") if _is_json(response) else exception
        outcome.fail(f"{name}: {getattr(response, 'status_code', '')} {said}")


def _is_json(response: Any) -> bool:
    return bool(getattr(response, "content", b"")) and response.content.startswith(b"{")


def write_down(environment: Environment, **_: Any) -> None:
    """For each process that has users one file, whole from the start, which `crowd` adds up."""
    if isinstance(environment.runner, MasterRunner):
        return
    rows = {
        name: {"histogram": packed(outcome.histogram), "errors": dict(outcome.errors)}
        for name, outcome in found.items()
    }
    draft = FOUND / f"{os.getpid()}.draft"
    draft.write_bytes(orjson.dumps(rows))
    draft.replace(draft.with_suffix(".json"))


_listen: Callable[[Any], Any] = events.request.add_listener
_listen(note)
events.test_stop.add_listener(write_down)
