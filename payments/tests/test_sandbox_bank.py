"""The stand-in bank is as strict as the real one, and misbehaves when it is told to."""

import socket
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest

from fynlo.clock import as_utc_text, utc_now
from fynlo.local.ports import wait_until
from payments.sandbox.bank.credentials import credentials, new_key
from payments.sandbox.bank.remote import RunningBank
from payments.sandbox.running import free_port, running
from payments.tests.bank_client import Client

PATH = "/hook/"


@pytest.fixture
def client(bank: RunningBank) -> Client:
    return Client(bank)


def became(client: Client, pk: str, status: str) -> bool:
    return wait_until(lambda: client.now(pk)["status"] == status, seconds=5)


def kinds(client: Client, pk: str) -> list[str]:
    return [webhook.type for webhook in client.bank.webhooks(pk, path=PATH)]


def test_a_payment_goes_from_the_guests_choice_of_a_bank_to_the_account(client: Client) -> None:
    made = client.made()
    assert made["status"] == "authorization_required"
    page = made["hosted_page"]["uri"]
    opened = client.bank.open(page)
    assert "£27.50" in opened.text
    assert client.now(made["id"])["status"] == "authorizing"
    end = client.bank.approve(page)
    assert end.status_code == 303
    assert end.headers["Location"] == f"https://pay.example.com/q/return/?payment_id={made['id']}"
    assert became(client, made["id"], "settled")
    assert kinds(client, made["id"])[:3] == [
        "payment_authorized",
        "payment_executed",
        "payment_settled",
    ]


def test_a_guest_declines(client: Client) -> None:
    made = client.made()
    client.bank.decline(made["hosted_page"]["uri"])
    after = client.now(made["id"])
    assert (after["status"], after["failure_reason"]) == ("failed", "canceled")
    # A second button finds it ended.
    client.bank.approve(made["hosted_page"]["uri"])
    assert client.now(made["id"])["status"] == "failed"


def test_nobody_opens_a_page_by_guessing(client: Client) -> None:
    page = client.made()["hosted_page"]["uri"]
    assert client.bank.open(page.partition("?")[0]).status_code == 404
    assert client.bank.open(page[:-1]).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"kid": "somebody-else"},
        {"private_key": new_key()},
        {"signed_path": "/v3/refunds"},
        {"signature": "nonsense"},
        {"signature": ""},
    ],
)
def test_a_request_with_a_wrong_signature_is_refused(client: Client, wrong: dict[str, str]) -> None:
    response = client.post("/v3/payments", client.payment(), **wrong)
    assert response.status_code == 401
    assert response.headers["Tl-Trace-Id"]


def test_one_more_space_breaks_the_signature(client: Client) -> None:
    assert client.post("/v3/payments", client.payment(), sent="{ }").status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"tip": 5},
        {"amount_in_minor": 0},
        {"amount_in_minor": 27.5},
        {"amount_in_minor": "2750"},
        {"currency": "JPY"},
        {"currency": "EUR"},
        {"user": {"name": "Guest"}},
        {"metadata": {"a": 1}},
        {"payment_method": {"type": "card"}},
    ],
)
def test_what_the_bank_does_not_know_is_refused(client: Client, changed: dict[str, Any]) -> None:
    response = client.post("/v3/payments", client.payment(**changed))
    assert response.status_code == 400
    assert response.json()["title"] == "Invalid parameters"


def test_a_token_is_only_for_who_has_the_secret(client: Client) -> None:
    assert client.token(client_secret="guess").status_code == 400
    assert client.token(scope="everything").status_code == 400
    assert client.token(grant_type="password").status_code == 400
    bare = httpx.get(f"{client.bank.url}/v3/payments/{uuid4()}")
    assert bare.status_code == 401


def test_the_same_key_is_answered_alike_and_another_body_is_refused(client: Client) -> None:
    body, key = client.payment(), str(uuid4())
    first = client.post("/v3/payments", body, key=key)
    again = client.post("/v3/payments", body, key=key)
    assert first.json() == again.json()
    other = client.post("/v3/payments", {**body, "amount_in_minor": 1}, key=key)
    assert other.status_code == 422
    assert len(client.bank.payments(attempt=body["metadata"]["attempt_id"])) == 1


def test_it_can_be_cancelled_until_the_guest_approves(client: Client) -> None:
    open_one, approved = client.made(), client.made()
    client.bank.approve(approved["hosted_page"]["uri"])
    path = "/v3/payments/{}/actions/cancel"
    assert client.post(path.format(open_one["id"]), {}).status_code == 202
    assert client.now(open_one["id"])["failure_reason"] == "canceled"
    assert client.post(path.format(approved["id"]), {}).status_code == 400


def test_it_expires(client: Client) -> None:
    client.bank.set(expiry_s=0.2)
    made = client.made()
    # Without anybody asking: the webhook tells.
    assert wait_until(lambda: kinds(client, made["id"]) == ["payment_failed"], seconds=5)
    assert client.now(made["id"])["failure_reason"] == "expired"
    assert "Too late" in client.bank.open(made["hosted_page"]["uri"]).text


def test_refunds_never_pass_what_was_paid(client: Client) -> None:
    began = as_utc_text(utc_now() - timedelta(seconds=2))
    made = client.made()
    path = f"/v3/payments/{made['id']}/refunds"
    half = {"reference": "FYN-1001 back", "amount_in_minor": 1400}
    assert client.post(path, half).status_code == 400  # not settled yet
    client.bank.approve(made["hosted_page"]["uri"])
    assert became(client, made["id"], "settled")
    refund = client.post(path, half).json()["id"]
    assert client.post(path, half).status_code == 400
    assert wait_until(
        lambda: client.get(f"{path}/{refund}").json()["status"] == "executed", seconds=5
    )
    assert client.get(path).json()["items"][0]["amount_in_minor"] == 1400
    account = client.bank.credentials.accounts["house"]
    moved = client.get(
        f"/v3/merchant-accounts/{account}/transactions", **{"from": began, "to": "9999"}
    ).json()["items"]
    assert {row["type"] for row in moved if row["payment_id"] == made["id"]} == {
        "merchant_account_payment",
        "refund",
    }


def test_the_sandbox_obeys_only_its_own_token(client: Client) -> None:
    url = f"{client.bank.url}/_sandbox/scenario"
    assert httpx.post(url, json={"name": "500"}).status_code == 404
    wrong = httpx.post(url, json={"name": "500"}, headers={"Authorization": "Bearer x"})
    assert wrong.status_code == 404


def test_an_answer_can_be_lost_after_the_commit(client: Client) -> None:
    client.bank.stage("500_after_commit", operation="create")
    body, key = client.payment(), str(uuid4())
    assert client.post("/v3/payments", body, key=key).status_code == 500
    assert client.post("/v3/payments", body, key=key).status_code == 201
    assert len(client.bank.payments(attempt=body["metadata"]["attempt_id"])) == 1


def test_the_bank_takes_it_back_or_never_settles(client: Client) -> None:
    client.bank.stage("executed_then_failed", value=0.01)
    made = client.made()
    client.bank.approve(made["hosted_page"]["uri"])
    assert became(client, made["id"], "failed")
    client.bank.stage("settlement_stalled", value=0.01)
    stalled = client.made()
    client.bank.approve(stalled["hosted_page"]["uri"])
    wanted = "payment_settlement_stalled"
    assert wait_until(lambda: wanted in kinds(client, stalled["id"]), seconds=5)
    assert client.now(stalled["id"])["status"] == "executed"


def test_money_comes_although_it_was_cancelled(client: Client) -> None:
    client.bank.stage("approve_late_after_cancel", value=0.01)
    made = client.made()
    client.post(f"/v3/payments/{made['id']}/actions/cancel", {})
    assert became(client, made["id"], "settled")


class Receiver(HTTPServer):
    """Refuses the first webhook, then takes all."""

    def __init__(self) -> None:
        self.taken: Queue[str] = Queue()
        self.refusals = 1
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_refused = self.server.refusals > 0
        self.server.refusals -= 1
        self.send_response(503 if is_refused else 200)
        self.end_headers()
        if not is_refused:
            self.server.taken.put(body)

    def log_message(self, *args: object) -> None:
        return


def test_a_refused_webhook_is_sent_again_even_by_a_bank_that_was_restarted(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    receiver = Receiver()
    Thread(target=receiver.serve_forever, daemon=True).start()
    dead = f"http://127.0.0.1:{free_port()}{PATH}"
    with running("payments.sandbox.bank", folder, "--webhook-url", dead) as url:
        client = Client(RunningBank(url, credentials(folder)))
        made = client.made()
        client.bank.decline(made["hosted_page"]["uri"])
        assert wait_until(_was_tried(client, made["id"]), seconds=5)
    alive = f"http://127.0.0.1:{receiver.server_port}{PATH}"
    with running("payments.sandbox.bank", folder, "--webhook-url", alive):
        assert made["id"] in receiver.taken.get(timeout=10)
    receiver.shutdown()


def _was_tried(client: Client, pk: str) -> Callable[[], bool]:
    return lambda: client.bank.webhooks(pk, path=PATH)[0].tries > 0


def test_it_listens_on_this_machine_only(bank: RunningBank) -> None:
    port = int(bank.url.rpartition(":")[2])
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((_own_address(), port), timeout=2)


def _own_address() -> str:
    """An address of this machine that is not the one that the bank listens on."""
    return "127.0.0.2"
