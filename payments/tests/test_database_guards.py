"""What PostgreSQL refuses, whatever the code above it believes."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from payments.choices import (
    ATTEMPT_TRANSITIONS,
    DEAD,
    OPEN,
    PAID,
    AttemptStatus,
    Method,
    Operation,
    Provider,
)
from payments.models import (
    Payment,
    PaymentAttempt,
    ProviderCall,
    Refund,
    WebhookEvent,
    provider_key,
)
from payments.tests.conftest import paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(cashier: Member, order: dict[str, Any]) -> Payment:
    """12.50 in cash."""
    return Payment.objects.get(pk=paid(cashier, order, tendered=1250)["id"])


def attempt_of(payment: Payment, status: str, **more: Any) -> PaymentAttempt:
    given = {"number": payment.attempts.count() + 1, "amount": 1250, **more}
    return PaymentAttempt.objects.create(
        restaurant=payment.restaurant,
        payment=payment,
        method=Method.CARD,
        provider=Provider.STRIPE,
        status=status,
        currency="GBP",
        created_at=utc_now(),
        **given,
    )


def refund_of(payment: Payment, **more: Any) -> Refund:
    return Refund.objects.create(
        restaurant=payment.restaurant,
        payment=payment,
        attempt=payment.attempts.get(number=1),
        currency="GBP",
        requested_at=utc_now(),
        **{"amount": 100, "bill_amount": 100, **more},
    )


def refused(name: str) -> Any:
    return pytest.raises(IntegrityError, match=name)


def change(row: models.Model, **values: Any) -> None:
    with transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(**values)


def test_a_payment_has_one_open_attempt(payment: Payment) -> None:
    attempt_of(payment, AttemptStatus.PROCESSING)
    attempt_of(payment, AttemptStatus.EXPIRED)
    with refused("attempt_open_once"):
        attempt_of(payment, AttemptStatus.AWAITING_CUSTOMER)


def test_a_payment_is_paid_once_and_late_money_is_no_second_time(payment: Payment) -> None:
    attempt_of(payment, AttemptStatus.LATE_SUCCESS)
    with refused("attempt_paid_once"):
        attempt_of(payment, AttemptStatus.SETTLED)


def test_every_state_is_open_or_paid_or_over() -> None:
    over = {AttemptStatus.LATE_SUCCESS, AttemptStatus.REVERSED}
    assert OPEN | PAID | DEAD | over == set(AttemptStatus)
    assert not any(
        one & other for one in (OPEN, PAID, DEAD) for other in (PAID, DEAD) if one is not other
    )
    assert set(ATTEMPT_TRANSITIONS) == set(AttemptStatus)


def test_nothing_dead_becomes_open_again_nor_anything_paid() -> None:
    for status in DEAD | PAID:
        assert not ATTEMPT_TRANSITIONS[status] & OPEN


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"refunded": 800, "refunding": 451}, "payment_refunded_captured_total"),
        ({"refunding": -1}, "payment_refunded_captured_total"),
        ({"captured": 1251}, "payment_refunded_captured_total"),
        ({"tip": 1}, "payment_total_adds_up"),
        ({"platform_fee": -1}, "payment_parts_not_negative"),
    ],
)
def test_a_payment_stays_within_its_limits(
    payment: Payment, values: dict[str, int], name: str
) -> None:
    with refused(name):
        change(payment, **values)


def test_a_refund_adds_up_and_late_money_goes_back_once(payment: Payment) -> None:
    with refused("refund_adds_up"), transaction.atomic():
        refund_of(payment, amount=101)
    refund_of(payment, is_late=True)
    with refused("refund_late_money_once"):
        refund_of(payment, is_late=True)


def test_what_an_attempt_and_a_refund_were_asked_for_stays(payment: Payment) -> None:
    attempt, refund = payment.attempts.get(), refund_of(payment)
    for row, values in (
        (attempt, {"currency": "EUR"}),
        (attempt, {"provider": Provider.STRIPE}),
        (refund, {"amount": 99, "bill_amount": 99}),
    ):
        with refused("what was posted stays"):
            change(row, **values)
    change(attempt, status=AttemptStatus.SETTLED)


def test_what_money_left_behind_is_not_deleted(payment: Payment, restaurant: Restaurant) -> None:
    attempt = payment.attempts.get()
    rows: list[models.Model] = [payment, attempt, refund_of(payment), call_of(attempt)]
    rows.append(webhook())
    for row in rows:
        with refused("DELETE"), transaction.atomic():
            row._meta.model._base_manager.filter(pk=row.pk)._raw_delete("default")


def call_of(attempt: PaymentAttempt) -> ProviderCall:
    now = utc_now()
    return ProviderCall.objects.create(
        restaurant=attempt.restaurant,
        attempt=attempt,
        operation=Operation.CREATE,
        key=provider_key(attempt.pk, Operation.CREATE, 1),
        started_at=now,
        try_at=now,
    )


def webhook() -> WebhookEvent:
    now = utc_now()
    return WebhookEvent.objects.create(
        provider=Provider.STRIPE,
        event_id="evt_1",
        kind="payment_intent.succeeded",
        provider_id="pi_1",
        received_at=now,
        try_at=now,
    )


def test_the_record_of_a_finished_call_stays_and_its_key_is_used_once(payment: Payment) -> None:
    attempt = payment.attempts.get()
    call = call_of(attempt)
    change(call, tries=1, finished_at=utc_now())
    with refused("what was posted stays"):
        change(call, tries=2)
    with refused("key"), transaction.atomic():
        call_of(attempt)


def test_a_webhook_is_stored_once(db: None) -> None:
    webhook()
    with refused("webhook_stored_once"):
        webhook()


def test_a_provider_knows_an_attempt_by_one_id(payment: Payment) -> None:
    attempt_of(payment, AttemptStatus.FAILED, provider_id="pi_1")
    attempt_of(payment, AttemptStatus.FAILED)
    attempt_of(payment, AttemptStatus.FAILED)
    with refused("attempt_known_to_provider_once"):
        attempt_of(payment, AttemptStatus.FAILED, provider_id="pi_1")
