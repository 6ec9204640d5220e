"""A provider's books against ours: missing, extra, another amount, another fee."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.testing.cast import Member
from payments.choices import Finding, Provider
from payments.management.month import generate_month
from payments.models import PaymentAttempt, Reconciliation
from payments.providers.base import SettlementLine
from payments.selectors.ledger_checks import ledger_faults
from payments.selectors.reconciliation import Booked, booked_on
from payments.services.reconciling import keep, match
from payments.tests.conftest import balances
from pos.tests.conftest import Menu

DAY = date(2026, 9, 1)


def line(provider_id: str, amount: int, *, fee: int = 0, kind: str = "payment") -> SettlementLine:
    net = amount - fee
    return SettlementLine(provider_id, kind, amount, fee, net, "GBP", utc_now())


def own(amount: int, fee: int | None = None) -> Booked:
    return Booked(new_id(), amount, fee)


@pytest.mark.parametrize(
    ("lines", "booked", "finding"),
    [
        ([], {("a", "payment"): own(100)}, Finding.MISSING),
        ([line("a", 100)], {}, Finding.EXTRA),
        ([line("a", 99)], {("a", "payment"): own(100)}, Finding.AMOUNT),
        ([line("a", 100, fee=4)], {("a", "payment"): own(100, 3)}, Finding.FEE),
    ],
)
def test_what_differs_is_named(
    lines: list[SettlementLine], booked: dict[Any, Booked], finding: Finding
) -> None:
    found = match(lines, booked)
    assert [one.finding for one in found.differences] == [finding]
    assert found.count == 0
    assert list(found.fees.values()) == ([4] if finding == Finding.FEE else [])


def test_parts_of_one_refund_are_one_sum_and_a_bill_to_come_is_no_difference() -> None:
    parts = [line("a", -60, kind="refund"), line("a", -40, kind="refund")]
    booked = {("a", "refund"): own(-100), ("a", "payment"): own(100, 3)}
    found = match([*parts, line("a", 100)], booked)
    assert (found.count, found.differences) == (2, [])


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 999), max_size=8))
def test_books_that_are_the_same_match_whole(rows: dict[str, int]) -> None:
    booked = {(name, "payment"): own(amount, 1) for name, amount in rows.items()}
    found = match([line(name, amount, fee=1) for name, amount in rows.items()], booked)
    assert (found.count, found.differences) == (len(rows), [])


@pytest.mark.django_db(transaction=True)
def test_a_day_is_kept_and_the_fees_that_were_really_taken_are_posted_once(
    owner: Member, menu: Menu
) -> None:
    with durable():
        generate_month(
            restaurant=owner.restaurant, first=DAY, days=1, count=30, seed=3, now=utc_now()
        )
    stripe, restaurant = Provider.STRIPE, owner.restaurant.pk
    booked = booked_on(restaurant, stripe, DAY)
    rows = sorted(booked.items(), key=lambda row: row[0][1] != "payment")
    lines = [line(name, one.amount, fee=one.fee or 0, kind=kind) for (name, kind), one in rows[2:]]
    (dear, _), second = rows[1]
    lines += [line(dear, second.amount, fee=(second.fee or 0) + 5), line("pi_unknown", 77)]
    before = balances(owner.restaurant).get("provider_fee_adjustment", 0)
    for _ in range(2):
        with durable():
            kept = keep(
                restaurant_id=restaurant,
                provider=stripe,
                day=DAY,
                lines=lines,
                booked=booked_on(restaurant, stripe, DAY),
                now=utc_now(),
            )
    first, again = Reconciliation.objects.order_by("made_at")
    assert sorted(first.lines.values_list("finding", flat=True)) == ["EXTRA", "FEE", "MISSING"]
    assert sorted(again.lines.values_list("finding", flat=True)) == ["EXTRA", "MISSING"]
    assert (first.matched, kept.matched) == (len(rows) - 2, len(rows) - 1)
    assert balances(owner.restaurant)["provider_fee_adjustment"] == before + 5
    assert PaymentAttempt.objects.get(provider_id=dear).actual_fee == (second.fee or 0) + 5
    assert ledger_faults() == []
