"""Answers that are lost, processes that die, messages that come twice, too early or never."""

from functools import partial
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.db import Intent, durable, new_id
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments.choices import AttemptStatus
from payments.models import (
    LedgerTransaction,
    Payment,
    PaymentAttempt,
    PaymentSettings,
    ProviderCall,
    WebhookEvent,
)
from payments.providers.base import ProviderAttempt
from payments.sandbox.bank.remote import RunningBank
from payments.services.calls import call_provider, try_call
from payments.services.open_banking import prepare_qr
from payments.services.payments import Wanted
from payments.services.states import apply_provider_state, steps
from payments.tests.asking import (
    BANK_HOOK,
    Guest,
    asked,
    deliver,
    grow_old,
    last,
    look,
    poll,
    row,
    states,
    sweep,
)
from payments.tests.conftest import balances, now_of, order_of
from pos.tests.conftest import Menu, said

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("bank_account", "cards"),
]


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


def ask_again(member: Member, order: dict[str, Any], key: str) -> dict[str, Any]:
    response = member.post("payments/open-banking/qr/", {"order": order["id"]}, idempotency_key=key)
    return said(response)


def begun(member: Member, order: dict[str, Any]) -> Intent:
    """A request that died after its first transaction."""
    with durable():
        return prepare_qr(
            by=member.actor,
            now=utc_now(),
            pk=new_id(),
            fingerprint="",
            wanted=Wanted(order=order["id"]),
        )


def is_paid_once(member: Member, order: dict[str, Any]) -> None:
    assert now_of(member, order)["paid"] == 1250
    assert Payment.objects.get().captured == 1250
    assert LedgerTransaction.objects.filter(kind="payment_captured").count() == 1
    assert balances(member.restaurant)["psp_clearing:truelayer"] == 1250


def test_an_answer_that_was_lost_is_found_under_the_same_key(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.stage("500_after_commit", operation="create", times=10)
    payment = asked(cashier, order)
    assert (last(payment)["status"], last(payment)["provider_id"]) == ("UNKNOWN", "")
    guest.bank.stage("clear")
    grow_old(payment)
    PaymentAttempt.objects.update(expires_at=utc_now().replace(year=2100))
    sweep()
    assert last(look(cashier, payment))["status"] == "AWAITING_CUSTOMER"
    assert len(guest.bank.payments(attempt=last(payment)["id"])) == 1
    guest.approves(payment)
    poll()
    is_paid_once(cashier, order)


def test_a_lost_answer_is_no_reason_to_open_the_card(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.stage("500_after_commit", operation="create", times=10)
    payment = asked(cashier, order)
    refused = cashier.post(f"payments/{payment['id']}/fallback/", {}, idempotency_key=str(new_id()))
    assert last(said(refused))["status"] == "CANCELING"
    guest.bank.stage("clear")
    grow_old(payment)
    sweep()
    statuses = [one["status"] for one in look(cashier, payment)["attempts"]]
    assert statuses == ["CANCELED", "AWAITING_CUSTOMER"]


def test_who_dies_before_the_call_is_taken_over(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    intent = begun(cashier, order)
    payment = {"id": str(intent.entity)}
    sweep()
    assert last(look(cashier, payment))["status"] == "CREATED"  # whoever planned it may yet live
    grow_old(payment)
    PaymentAttempt.objects.update(expires_at=utc_now().replace(year=2100))
    sweep()
    assert last(look(cashier, payment))["status"] == "AWAITING_CUSTOMER"


def test_who_dies_after_the_call_is_taken_over_under_the_same_key(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    intent = begun(cashier, order)
    assert call_provider(intent=intent, now=utc_now())
    payment = {"id": str(intent.entity)}
    assert last(look(cashier, payment))["status"] == "CREATED"
    grow_old(payment)
    PaymentAttempt.objects.update(expires_at=utc_now().replace(year=2100))
    sweep()
    found = last(look(cashier, payment))
    assert found["status"] == "AWAITING_CUSTOMER"
    (known,) = guest.bank.payments(attempt=found["id"])
    assert known["id"] == found["provider_id"]
    assert ProviderCall.objects.get().tries == 2


def test_a_call_that_somebody_makes_is_made_by_nobody_else(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    """The call's row is locked while it is leased.

    To see it fail, let `payments.selectors.attempts.lock_call` be a plain `get`: several make it.
    """
    intent = begun(cashier, order)
    assert intent.point
    now = utc_now()
    outcomes = at_once(*[partial(try_call, intent.point, now=now)] * 8)
    assert sum(outcome is not None for outcome in outcomes) == 1


def test_a_message_that_comes_before_the_answer_waits_for_it(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    intent = begun(cashier, order)
    call_provider(intent=intent, now=utc_now())
    payment = {"id": str(intent.entity)}
    attempt = row(payment)
    (known,) = guest.bank.payments(attempt=str(attempt.pk))
    hook = known["id"]
    grow_old(payment)
    PaymentAttempt.objects.update(expires_at=utc_now().replace(year=2100))
    sweep()
    guest.approves(payment)
    hooks = guest.bank.webhooks(hook, path=BANK_HOOK)
    PaymentAttempt.objects.update(provider_id="")
    assert {deliver(one.body, one.headers) for one in hooks} == {200}
    assert set(states()) == {"RECEIVED"}
    PaymentAttempt.objects.update(provider_id=hook)
    WebhookEvent.objects.update(try_at=utc_now())
    sweep()
    assert set(states()) == {"DONE"}
    is_paid_once(cashier, order)


def test_twenty_of_one_message_at_once_are_one_row_and_one_capture(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    guest.approves(payment)
    hooks = guest.bank.webhooks(row(payment).provider_id, path=BANK_HOOK)
    executed = next(hook for hook in hooks if hook.type == "payment_executed")
    for _ in range(2):
        answers = at_once(*[partial(deliver, executed.body, executed.headers)] * 10)
        assert set(answers) == {200}
    assert states() == ["DONE"]
    is_paid_once(cashier, order)


def test_the_order_of_messages_does_not_matter(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    guest.approves(payment)
    hooks = guest.bank.webhooks(row(payment).provider_id, path=BANK_HOOK)
    assert len(hooks) > 1
    for hook in reversed(hooks):
        assert deliver(hook.body, hook.headers) == 200
    assert last(look(cashier, payment))["status"] == "SETTLED"
    is_paid_once(cashier, order)


def test_what_was_known_before_takes_nothing_back(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    """A worker that asked earlier may write later."""
    payment = asked(cashier, order)
    attempt = row(payment)
    guest.approves(payment)
    poll()
    before = look(cashier, payment)
    for status in (AttemptStatus.AWAITING_CUSTOMER, AttemptStatus.PROCESSING):
        said_late = ProviderAttempt(attempt.provider_id, status, "settled", 1250, "GBP")
        with durable():
            apply_provider_state(attempt_id=attempt.pk, said=said_late, now=utc_now())
    assert look(cashier, payment) == before
    assert steps(AttemptStatus.SETTLED, AttemptStatus.SUCCEEDED) == []


def test_a_message_that_never_comes_is_asked_for(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    guest.approves(payment)
    PaymentAttempt.objects.update(poll_at=utc_now())
    poll()
    is_paid_once(cashier, order)
    assert not WebhookEvent.objects.exists()


def test_money_of_another_amount_moves_nothing(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    attempt = row(payment)
    for amount, currency in ((1249, "GBP"), (1250, "EUR")):
        forged = ProviderAttempt(
            attempt.provider_id, AttemptStatus.SETTLED, "settled", amount, currency, amount
        )
        with durable():
            apply_provider_state(attempt_id=attempt.pk, said=forged, now=utc_now())
    attempt.refresh_from_db()
    assert (attempt.status, attempt.failure) == ("AWAITING_CUSTOMER", "amount_mismatch")
    assert now_of(cashier, order)["paid"] == 0


def test_money_that_the_bank_takes_back_is_due_again(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.set(settle_after_s=3600)
    payment = asked(cashier, order, tip=100)
    guest.approves(payment)
    poll()
    assert now_of(cashier, order)["paid"] == 1350
    attempt = row(payment)
    failed = ProviderAttempt(
        attempt.provider_id, AttemptStatus.FAILED, "failed", 1350, "GBP", failure="name_mismatch"
    )
    for _ in range(2):
        with durable():
            apply_provider_state(attempt_id=attempt.pk, said=failed, now=utc_now())
    now = look(cashier, payment)
    assert (now["status"], now["captured"], last(now)["status"]) == ("REVERSED", 0, "REVERSED")
    bill = now_of(cashier, order)
    assert (bill["paid"], bill["tip"], bill["due"], bill["payment_status"]) == (
        0, 0, 1250, "UNPAID",
    )  # fmt: skip
    assert set(balances(cashier.restaurant).values()) == {0}
    assert asked(cashier, order)["total"] == 1250


def test_a_bank_that_executes_and_then_fails_is_believed_both_times(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.stage("executed_then_failed", value=0.2)
    payment = asked(cashier, order)
    guest.approves(payment)
    poll()
    assert look(cashier, payment)["status"] == "CAPTURED"
    await_failure(guest, payment)
    poll()
    assert look(cashier, payment)["status"] == "REVERSED"


def await_failure(guest: Guest, payment: dict[str, Any]) -> None:
    def failed() -> bool:
        return bool(guest.bank.payments(attempt=last(payment)["id"])[0]["status"] == "failed")

    assert wait_until(failed, seconds=10)


def test_settlement_that_stalls_is_looked_at_and_may_still_come(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.stage("settlement_stalled", value=0.1)
    payment = asked(cashier, order)
    guest.approves(payment)
    stalled(guest, payment)
    guest.bank_tells(payment)
    assert last(look(cashier, payment))["status"] == "REVIEW"
    assert look(cashier, payment)["captured"] == 1250


def stalled(guest: Guest, payment: dict[str, Any]) -> None:
    def told() -> bool:
        hooks = guest.bank.webhooks(row(payment).provider_id, path=BANK_HOOK)
        return any("stalled" in hook.type for hook in hooks)

    assert wait_until(told, seconds=10)


def test_a_message_about_nothing_of_ours_is_kept_and_ignored(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    guest.approves(payment)
    hooks = guest.bank.webhooks(row(payment).provider_id, path=BANK_HOOK)
    PaymentAttempt.objects.update(provider_id="somebody-elses")
    deliver(hooks[0].body, hooks[0].headers)
    WebhookEvent.objects.update(received_at=utc_now().replace(year=2020), try_at=utc_now())
    sweep()
    assert states() == ["IGNORED"]
    assert WebhookEvent.objects.get().restaurant is None
    assert now_of(cashier, order)["paid"] == 0


@pytest.mark.parametrize("change", ["body", "signature", "path", "none"])
def test_a_message_that_the_bank_did_not_sign_is_refused_and_not_stored(
    cashier: Member, order: dict[str, Any], guest: Guest, change: str
) -> None:
    payment = asked(cashier, order)
    guest.approves(payment)
    path = "/elsewhere/" if change == "path" else BANK_HOOK
    hook = guest.bank.webhooks(row(payment).provider_id, path=path)[0]
    body = hook.body.replace('"payment_', '"payment-') if change == "body" else hook.body
    headers = {
        "body": hook.headers,
        "path": hook.headers,
        "signature": {**hook.headers, "Tl-Signature": "x"},
        "none": {},
    }[change]
    assert deliver(body, headers) == 401
    assert not WebhookEvent.objects.exists()


def test_a_rivals_money_never_pays_here(
    cashier: Member,
    order: dict[str, Any],
    rival_owner: Member,
    rival_menu: Menu,
    guest: Guest,
) -> None:
    rival_restaurant = rival_owner.restaurant
    merchant = guest.bank.credentials.accounts["rival"]
    PaymentSettings.objects.create(restaurant=rival_restaurant, truelayer_merchant_account=merchant)
    ours, theirs = asked(cashier, order), asked(rival_owner, order_of(rival_owner, rival_menu, 900))
    guest.approves(theirs)
    guest.bank_tells(theirs)
    assert look(rival_owner, theirs)["status"] == "CAPTURED"
    assert look(cashier, ours)["status"] == "PENDING"
    assert balances(cashier.restaurant) == {}
    assert WebhookEvent.objects.exclude(restaurant=rival_restaurant).count() == 0


def test_a_key_that_another_restaurant_used_is_free_here(
    cashier: Member,
    order: dict[str, Any],
    rival_owner: Member,
    rival_menu: Menu,
    bank_account: RunningBank,
) -> None:
    merchant = bank_account.credentials.accounts["rival"]
    own: dict[str, Any] = {"restaurant": rival_owner.restaurant}
    PaymentSettings.objects.create(**own, truelayer_merchant_account=merchant)
    theirs = order_of(rival_owner, rival_menu, 900)
    assert ask_again(cashier, order, "key")["total"] == 1250
    assert ask_again(rival_owner, theirs, "key")["total"] == 900
    assert ask_again(cashier, {"id": theirs["id"]}, "key")["code"] == "idempotency_key_reused"
