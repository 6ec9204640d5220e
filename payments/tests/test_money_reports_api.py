"""Every report is what the payments themselves add up to, on a generated month."""

from datetime import date
from typing import Any

import pytest
from django.db.models import F, Q, Sum

from fynlo.accounts.choices import Role
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, hire
from payments.choices import AttemptStatus, Method
from payments.management.month import generate_month
from payments.models import Payment, PaymentAttempt, Refund
from payments.selectors.ledger_checks import CHECKS, ledger_faults
from payments.services.fees import Rate
from payments.tests.conftest import balances
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db
FIRST, DAYS, COUNT = date(2026, 9, 1), 30, 600
MONTH = "from=2026-09-01&to=2026-09-30"


@pytest.fixture
def month(owner: Member, menu: Menu) -> Member:
    """An owner who looks back at a month."""
    generate_month(
        restaurant=owner.restaurant, first=FIRST, days=DAYS, count=COUNT, seed=7, now=utc_now()
    )
    return owner


def report(member: Member, name: str, query: str = MONTH) -> dict[str, Any]:
    response = member.get(f"payments/reports/{name}/?{query}")
    assert response.status_code == 200, response.content
    return said(response)


def total(rows: list[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


def test_the_month_itself_balances(month: Member) -> None:
    assert Payment.objects.count() == COUNT
    assert ledger_faults() == []
    assert set(Payment.objects.values_list("method", flat=True)) == set(Method.values)
    refunded = Payment.objects.filter(refunded__gt=0).values_list("method", flat=True)
    assert set(refunded) == set(Method.values)
    assert PaymentAttempt.objects.filter(status=AttemptStatus.LATE_SUCCESS).exists()


def test_revenue_is_the_platform_fee_of_every_payment(month: Member) -> None:
    boss = hire(month.restaurant, Role.PLATFORM_OWNER)
    found = report(boss, "revenue")
    fees = Payment.objects.aggregate(total=Sum("platform_fee"))["total"]
    assert found["total"] == total(found["results"], "fee") == fees
    assert found["total"] == -balances(month.restaurant)["platform_revenue"]
    by_method = Payment.objects.filter(business_date=FIRST).values_list("method")
    expected = dict(by_method.annotate(Sum("platform_fee")).order_by("method"))
    first = {row["method"]: row["fee"] for row in found["results"] if row["day"] == "2026-09-01"}
    assert first == {method: fee for method, fee in expected.items() if fee}


def test_fees_are_what_was_expected_and_what_was_taken(month: Member) -> None:
    found = report(month, "fees")
    for row in found["results"]:
        attempts = PaymentAttempt.objects.filter(method=row["method"])
        taken = attempts.exclude(status=AttemptStatus.LATE_SUCCESS)
        sums = taken.aggregate(captured=Sum("captured"), platform=Sum("platform_fee"))
        assert row["payments"] == taken.count()
        assert {name: row[name] for name in sums} == sums
        # The provider takes its fee of money that came too late as well.
        assert row["expected"] == attempts.aggregate(total=Sum("estimated_fee"))["total"]
        adjusted = attempts.filter(actual_fee__isnull=False).aggregate(
            total=Sum(F("actual_fee") - F("estimated_fee"), default=0)
        )["total"]
        assert (row["adjusted"], row["actual"]) == (adjusted, row["expected"] + adjusted)


def test_what_the_bank_saved_is_the_card_s_fee_less_the_bank_s(month: Member) -> None:
    card = Rate(290, 30, 100)
    paid = PaymentAttempt.objects.exclude(status=AttemptStatus.LATE_SUCCESS)
    attempts = paid.filter(method=Method.OPEN_BANKING)
    saved = sum(card.provider_fee(one.amount) - one.estimated_fee for one in attempts)
    assert report(month, "fees")["saved_by_bank"] == saved


def test_settlement_is_what_providers_hold_less_their_fees(month: Member) -> None:
    found = report(month, "settlement")
    ledger = balances(month.restaurant)
    held = ledger["psp_clearing:truelayer"] + ledger["psp_clearing:stripe"]
    fees = ledger["provider_fee_payable:truelayer"] + ledger["provider_fee_payable:stripe"]
    assert found["net"] == total(found["results"], "net") == held + fees
    late = Q(status=AttemptStatus.LATE_SUCCESS)
    attempts = PaymentAttempt.objects.exclude(method=Method.CASH)
    sums = {
        "captured": attempts.exclude(late).aggregate(total=Sum("captured"))["total"],
        "late": attempts.filter(late).aggregate(total=Sum("captured"))["total"],
    }
    refunds = Refund.objects.exclude(attempt__method=Method.CASH)
    sums["refunded"] = -refunds.aggregate(total=Sum("amount"))["total"]
    assert {name: total(found["results"], name) for name in sums} == sums
    assert held == sum(sums.values())
    assert len(found["results"]) == 2 * DAYS


def test_reports_know_their_days_and_their_restaurant(month: Member, rival_owner: Member) -> None:
    assert report(month, "settlement", "from=2026-10-01&to=2026-10-31")["results"] == []
    assert report(rival_owner, "settlement")["results"] == []
    one_day = report(month, "fees", "from=2026-09-02&to=2026-09-02")
    wanted = Payment.objects.filter(Q(business_date=date(2026, 9, 2)))
    assert total(one_day["results"], "payments") == wanted.count()


def test_every_check_of_the_books_has_a_name_of_its_own() -> None:
    assert len(CHECKS) == 7
