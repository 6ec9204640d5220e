"""Payments on the whole stack: how soon a till knows, and what SIGKILL and a hung Redis leave."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from uuid import uuid4

import httpx
import psycopg2
import pytest

from fynlo.local.ports import wait_until
from fynlo.settings.env import BASE_DIR
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack, running_stack
from fynlo.testing.sockets import Listener
from payments.sandbox.bank.credentials import credentials
from payments.sandbox.bank.remote import RunningBank
from payments.tests.asking import BANK_HOOK

pytestmark = pytest.mark.xdist_group("payments-live")
WORKER = "celery --quiet --app fynlo worker"
# A lease runs out, and a sweep comes round.
LATEST_S = 75.0
ROUNDS = 20
POLL_S = 5.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def cashier(stack: Stack) -> Caller:
    return Caller.of(stack, "cashier")


@pytest.fixture
def bank(stack: Stack) -> RunningBank:
    """Its money is there at once; its messages reach the stack."""
    url = stack.ready["stand_ins"]["bank"]
    running = RunningBank(url, credentials(stack.state / "bank"))
    running.stage("clear")
    hook = f"{stack.ready['http']}{BANK_HOOK}"
    running.set(webhook_url=hook, execute_after_s=0, settle_after_s=3600)
    return running


def order_of(cashier: Caller) -> str:
    dish = next(p for p in cashier.get("menu/")["products"] if p["name"] == "Seasonal greens")
    body = {"channel": "takeaway", "lines": [{"product": dish["id"]}]}
    return str(cashier.post("orders/", body)["id"])


def ask(cashier: Caller, order: str, key: str) -> dict[str, Any]:
    answer = cashier.api.post(
        "payments/open-banking/qr/", json={"order": order}, headers={"Idempotency-Key": key}
    )
    payment: dict[str, Any] = answer.raise_for_status().json()
    return payment


def page_of(stack: Stack, payment: dict[str, Any]) -> str:
    """Where the bank lets the guest pay; no document says it."""
    sql = "SELECT redirect_url FROM payments_paymentattempt WHERE id = %s"
    return str(asked_of(stack, sql, payment["attempts"][0]["id"]))


def asked_of(stack: Stack, sql: str, *values: str) -> Any:
    """The one value that the stack's database answers with."""
    connection = psycopg2.connect(stack.variables["DATABASE_URL"])
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def is_paid(cashier: Caller, payment: dict[str, Any]) -> bool:
    return bool(cashier.get(f"payments/{payment['id']}/")["status"] == "CAPTURED")


def paid_once(cashier: Caller, payment: dict[str, Any]) -> None:
    assert wait_until(lambda: is_paid(cashier, payment), seconds=LATEST_S)
    order = cashier.get(f"orders/{payment['order']}/")
    assert (order["due"], order["paid"]) == (0, payment["total"])


def test_a_till_is_told_of_the_banks_message_and_does_not_wait_for_the_poll(
    stack: Stack, cashier: Caller, bank: RunningBank
) -> None:
    """From the message's arrival over HTTP to the event on the till's socket: verified, stored,
    handed to a worker, asked for at the bank, posted, told. The target of 150 ms (p95) is for a
    machine that does nothing else; what is held here is that it never takes a poll (5 s)."""
    bank.set(webhook_url="")
    token = cashier.api.headers["Authorization"].removeprefix("Bearer ")
    listener = Listener(stack.ready["websocket"], token, query={"streams": "payments"})
    took = []
    with listener as till, httpx.Client(base_url=stack.ready["http"], trust_env=False) as wire:
        till.live()
        for _ in range(ROUNDS):
            payment = ask(cashier, order_of(cashier), str(uuid4()))
            bank.approve(page_of(stack, payment))
            took.append(heard_after(till, wire, bank, payment))
    assert max(took) < POLL_S, sorted(took)


def heard_after(
    till: Listener, wire: httpx.Client, bank: RunningBank, payment: dict[str, Any]
) -> float:
    name = payment["attempts"][0]["provider_id"]
    hook = bank.webhooks(name, path=BANK_HOOK)[0]
    began = time.monotonic()
    wire.post(BANK_HOOK, content=hook.body, headers=hook.headers).raise_for_status()
    while True:
        (event,) = till.events(1)
        if event["kind"] == "payment.captured" and event["id"] == payment["id"]:
            return time.monotonic() - began


def test_a_web_process_that_is_killed_while_it_asks_the_bank(
    stack: Stack, cashier: Caller, bank: RunningBank
) -> None:
    bank.stage("slow", operation="create", value=3)
    order, key = order_of(cashier), str(uuid4())

    def request() -> None:
        with suppress(httpx.HTTPError):
            ask(Caller.of(stack, "cashier"), order, key)

    asking = threading.Thread(target=request)
    asking.start()
    under_way = "SELECT count(*) FROM payments_providercall WHERE tries = 1 AND finished_at IS NULL"
    assert wait_until(lambda: asked_of(stack, under_way) == 1, seconds=20)
    stack.kill_service("granian", children=True)
    asking.join()
    assert wait_until(lambda: is_up(stack), seconds=20)
    payment = ask(cashier, order, key)
    path = f"payments/{payment['id']}/"

    def waits() -> bool:
        return bool(cashier.get(path)["attempts"][0]["status"] == "AWAITING_CUSTOMER")

    assert wait_until(waits, seconds=LATEST_S)
    assert len(bank.payments(attempt=payment["attempts"][0]["id"])) == 1
    bank.approve(page_of(stack, payment))
    paid_once(cashier, payment)


def is_up(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.ready['http']}/health/live/", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def test_a_worker_that_is_killed_while_it_asks_the_bank(
    stack: Stack, cashier: Caller, bank: RunningBank
) -> None:
    payment = ask(cashier, order_of(cashier), str(uuid4()))
    # More than once: a payment of an evening before may be asked for as well.
    bank.stage("slow", operation="fetch", value=3, times=5)
    bank.approve(page_of(stack, payment))
    leased = "SELECT count(*) FROM payments_webhookevent WHERE tries = 1 AND state = 'RECEIVED'"
    assert wait_until(lambda: asked_of(stack, leased) > 0, seconds=20)
    stack.kill_service(WORKER, children=True)
    bank.stage("clear")
    paid_once(cashier, payment)


def test_a_day_that_is_interrupted_or_killed_leaves_the_next_one_a_closed_drawer(
    stack: Stack, cashier: Caller
) -> None:
    """Interrupted, it closes its drawer itself; killed, the next day's manager counts it."""
    play(stack, cashier, signal.SIGINT)
    assert open_tills(cashier) == []
    play(stack, cashier, signal.SIGKILL)
    (left,) = open_tills(cashier)
    day = till_day(stack, orders=2)
    output, _ = day.communicate(timeout=120)
    assert day.returncode == 0, output
    assert open_tills(cashier) == []
    assert cashier.get(f"payments/drawers/{left}/")["difference"] == 0


def till_day(stack: Stack, *, orders: int) -> subprocess.Popen[str]:
    ready = str(stack.state / "ready.json")
    command = ["manage.py", "till", "--day", "--orders", str(orders), "--ready", ready]
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env={**os.environ, **stack.variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def play(stack: Stack, cashier: Caller, until: signal.Signals) -> None:
    """A day that is sent this signal once its drawer is open."""
    day = till_day(stack, orders=500)
    assert wait_until(lambda: bool(open_tills(cashier)), seconds=60)
    day.send_signal(until)
    day.communicate(timeout=60)


def open_tills(cashier: Caller) -> list[str]:
    drawers = cashier.get("payments/drawers/?status=OPEN")["results"]
    return [drawer["id"] for drawer in drawers if drawer["name"].startswith("Till ")]


def test_redis_hangs_and_the_money_is_right_all_the_same(
    stack: Stack, cashier: Caller, bank: RunningBank
) -> None:
    payment = ask(cashier, order_of(cashier), str(uuid4()))
    page = page_of(stack, payment)
    bank.set(webhook_url="")
    name = payment["attempts"][0]["provider_id"]
    with stack.hanging_redis():
        bank.approve(page)
        hook = bank.webhooks(name, path=BANK_HOOK)[0]
        answer = httpx.post(
            f"{stack.ready['http']}{BANK_HOOK}",
            content=hook.body,
            headers=hook.headers,
            timeout=10,
            trust_env=False,
        )
        assert answer.status_code == 200
        assert cashier.get(f"payments/{payment['id']}/status/")["status"] == "PENDING"
    paid_once(cashier, payment)
