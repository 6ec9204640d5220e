"""What payments cost and earned, from the ledger: every figure here is a sum of its entries.

The business date is that of the posting. `method` is how the guest paid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from payments.choices import CLEARING, PROVIDER_FEES, Account, Method, Posting, Provider

_SUMS = """
WITH posted AS (
    SELECT id, restaurant_id, business_date, kind, split_part(source_key, ':', 1) AS origin,
        split_part(source_key, ':', 2) AS source
    FROM payments_ledgertransaction
    WHERE business_date BETWEEN %(first)s AND %(last)s {where}
        AND split_part(source_key, ':', 1) IN ('payment', 'attempt', 'refund', 'dispute')
), told AS (
    SELECT p.*, CASE p.origin
        WHEN 'payment' THEN (SELECT method FROM payments_payment WHERE id = p.source::uuid)
        WHEN 'attempt' THEN
            (SELECT method FROM payments_paymentattempt WHERE id = p.source::uuid)
        WHEN 'refund' THEN (
            SELECT a.method FROM payments_refund r
            JOIN payments_paymentattempt a ON a.id = r.attempt_id WHERE r.id = p.source::uuid
        )
        ELSE 'card' END AS method
    FROM posted p
)
SELECT told.restaurant_id, told.business_date, told.method, told.kind, a.code,
    sum(e.amount)::bigint, count(DISTINCT told.id)
FROM told JOIN payments_ledgerentry e ON e.transaction_id = told.id
JOIN payments_ledgeraccount a ON a.id = e.account_id
GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 1, 3, 4, 5
"""
_SAVED = """
SELECT COALESCE(sum(
    (2 * p.total * %(bps)s + 10000) / 20000 + %(fixed)s - a.estimated_fee
), 0)::bigint, count(*)
FROM payments_payment p JOIN payments_paymentattempt a ON a.payment_id = p.id
WHERE p.restaurant_id = %(restaurant)s AND p.method = 'open_banking' AND p.captured > 0
    AND a.status IN ('SUCCEEDED', 'SETTLED', 'REVIEW')
    AND p.business_date BETWEEN %(first)s AND %(last)s
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Of one account by one kind of posting, a day and a way to pay; minor units."""

    restaurant: UUID
    day: date
    method: str
    kind: str
    account: str
    amount: int
    count: int


def ledger_sums(first: date, last: date, *, restaurant: UUID | None = None) -> list[Sum]:
    """Of one restaurant, or of all."""
    where = "AND restaurant_id = %(restaurant)s" if restaurant else ""
    given = {"first": first, "last": last, "restaurant": restaurant}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(where=where), given)
        return [Sum(*row) for row in cursor.fetchall()]


def revenue(sums: Iterable[Sum]) -> list[dict[str, Any]]:
    """What Fynlo took (less what it gave back), by day, restaurant and way to pay."""
    found: dict[tuple[date, UUID, str], int] = {}
    for one in sums:
        if one.account == Account.PLATFORM_REVENUE:
            place = (one.day, one.restaurant, one.method)
            found[place] = found.get(place, 0) - one.amount
    return [
        {"day": day.isoformat(), "restaurant": str(restaurant), "method": method, "fee": fee}
        for (day, restaurant, method), fee in sorted(found.items(), key=str)
    ]


def fees_by_method(sums: Iterable[Sum]) -> list[dict[str, Any]]:
    """For every way to pay: how often, how much, and what was expected to be taken of it against
    what was."""
    empty = {"payments": 0, "captured": 0, "expected": 0, "adjusted": 0, "actual": 0, "platform": 0}
    rows = {method: {"method": method.value, **empty} for method in Method}
    for one in sums:
        _add_fee(rows[Method(one.method)], one)
    return list(rows.values())


def _add_fee(row: dict[str, Any], one: Sum) -> None:
    is_captured = one.kind == Posting.PAYMENT_CAPTURED
    if one.account in CLEARING.values() and is_captured:
        row["payments"] += one.count
        row["captured"] += one.amount
    elif one.account in PROVIDER_FEES.values():
        row["actual"] -= one.amount
        if one.kind in (Posting.PAYMENT_CAPTURED, Posting.PAYMENT_LATE, Posting.PAYMENT_REVERSED):
            row["expected"] -= one.amount
        else:
            row["adjusted"] -= one.amount
    elif one.account == Account.PLATFORM_REVENUE:
        row["platform"] -= one.amount


_SETTLED = {
    Posting.PAYMENT_CAPTURED: "captured",
    Posting.PAYMENT_LATE: "late",
    Posting.PAYMENT_REVERSED: "reversed",
    Posting.REFUNDED: "refunded",
}


def settlement(sums: Iterable[Sum]) -> list[dict[str, Any]]:
    """What each provider holds of each day: `net` is what it has to pay out."""
    rows: dict[tuple[date, str], dict[str, Any]] = {}
    names = {
        **{CLEARING[provider]: (provider, False) for provider in PROVIDER_FEES},
        **{account: (Provider(provider), True) for provider, account in PROVIDER_FEES.items()},
    }
    for one in sums:
        if one.account not in names:
            continue
        provider, is_fee = names[Account(one.account)]
        row = rows.setdefault((one.day, str(provider)), _unsettled(one.day, str(provider)))
        name = "fees" if is_fee else _SETTLED.get(Posting(one.kind), "other")
        row[name] += one.amount
        row["net"] += one.amount
    return [rows[place] for place in sorted(rows)]


def _unsettled(day: date, provider: str) -> dict[str, Any]:
    empty = dict.fromkeys([*_SETTLED.values(), "other", "fees", "net"], 0)
    return {"day": day.isoformat(), "provider": provider, **empty}


def saved_by_bank(
    restaurant: UUID, first: date, last: date, *, card_bps: int, card_fixed: int
) -> tuple[int, int]:
    """What paying by card would have cost more, and by how many payments, in minor units."""
    given: dict[str, Any] = {"restaurant": restaurant, "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(_SAVED, {**given, "bps": card_bps, "fixed": card_fixed})
        saved, count = cursor.fetchone()
    return int(saved), int(count)
