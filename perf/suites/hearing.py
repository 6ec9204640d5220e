"""From one till to another: how long after an order is sent a WebSocket hears of it."""

import time
from threading import Event

from fynlo.accounts.choices import Role
from fynlo.db import new_id
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.signed_in import sign_in
from perf.suites.ordering import two_dishes
from syncing.management.till.listener import Event as Heard
from syncing.management.till.listener import Listener

PATIENCE_S = 5.0


class Ear:
    """Notes when the order that is awaited was heard of."""

    def __init__(self) -> None:
        self.awaited = ""
        self.heard = Event()
        self.at = 0.0

    def await_(self, order: str) -> None:
        self.awaited = order
        self.heard.clear()

    def hear(self, event: Heard) -> None:
        if event["id"] == self.awaited and not self.heard.is_set():
            self.at = time.perf_counter()
            self.heard.set()


def hears_orders(lab: Context, *, orders: int = 20) -> Outcome:
    """One order after the other, each awaited at a socket of the same restaurant."""
    outcome, ear, till = Outcome(), Ear(), lab.till()
    token = sign_in(lab.target.ready["restaurant"], Role.MANAGER)
    listener = Listener(lab.target.websocket, token, on_event=ear.hear).start()
    try:
        if not listener.live.wait(10):
            outcome.fail("the socket does not come alive")
            return outcome
        for number in range(orders):
            order = str(new_id())
            ear.await_(order)
            started = time.perf_counter()
            till.post("orders/", {**lab.once(two_dishes), "id": order})
            if ear.heard.wait(PATIENCE_S):
                outcome.record(ear.at - started)
            else:
                outcome.fail(f"not heard of within {PATIENCE_S:.0f} s")
            lab.report(number + 1, orders)
    finally:
        listener.stop()
    return outcome
