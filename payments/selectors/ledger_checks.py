"""Whether the books, the payments, the drawers, the tips and the orders agree.

Every check compares two sums that come from different tables, in minor units of the restaurant's
currency, in one statement for all restaurants.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

_BOOKS = """
SELECT t.restaurant_id, sum(e.amount) AS books FROM payments_ledgerentry e
JOIN payments_ledgertransaction t ON t.id = e.transaction_id
JOIN payments_ledgeraccount a ON a.id = e.account_id
WHERE {where} GROUP BY t.restaurant_id
"""
_NOT_DISPUTES = "t.kind NOT IN ('dispute_opened', 'dispute_won', 'dispute_lost')"


def _account(code: str) -> str:
    return _BOOKS.format(where=f"a.code = '{code}'")


def _held(provider: str) -> tuple[str, str]:
    """What a provider holds: what was captured less what was refunded; disputes apart."""
    books = _BOOKS.format(where=f"a.code = 'psp_clearing:{provider}' AND {_NOT_DISPUTES}")
    counted = f"""
    SELECT restaurant_id, sum(amount) AS counted FROM (
        SELECT restaurant_id, captured AS amount FROM payments_paymentattempt
        WHERE provider = '{provider}' AND status <> 'REVERSED'
        UNION ALL
        SELECT r.restaurant_id, -r.amount FROM payments_refund r
        JOIN payments_paymentattempt a ON a.id = r.attempt_id
        WHERE a.provider = '{provider}' AND r.status = 'SUCCEEDED'
    ) moved GROUP BY restaurant_id
    """  # noqa: S608
    return books, counted


CHECKS: dict[str, tuple[str, str]] = {
    "entries_balance": (
        _BOOKS.format(where="true"),
        "SELECT NULL::uuid AS restaurant_id, 0 AS counted WHERE false",
    ),
    "drawers": (
        _account("cash_drawer"),
        "SELECT restaurant_id, sum(amount) AS counted FROM payments_drawerevent"
        " WHERE kind <> 'OPENED' GROUP BY restaurant_id",
    ),
    "tips": (
        _account("tips_payable"),
        """
        SELECT restaurant_id, -sum(amount) AS counted FROM (
            SELECT restaurant_id, tip AS amount FROM payments_payment
            WHERE status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED')
            UNION ALL
            SELECT r.restaurant_id, -r.tip_amount FROM payments_refund r
            WHERE r.status = 'SUCCEEDED' AND NOT r.is_late
            UNION ALL SELECT restaurant_id, amount FROM payments_latetip
        ) owed GROUP BY restaurant_id
        """,
    ),
    "held_by_truelayer": _held("truelayer"),
    "held_by_stripe": _held("stripe"),
    "orders": (
        """
        SELECT restaurant_id, sum(paid - refunded) AS books FROM pos_order GROUP BY restaurant_id
        """,
        """
        SELECT restaurant_id, sum(amount) AS counted FROM (
            SELECT restaurant_id, bill + tip AS amount FROM payments_payment
            WHERE status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED')
            UNION ALL
            SELECT r.restaurant_id, -r.bill_amount - r.tip_amount FROM payments_refund r
            JOIN payments_payment p ON p.id = r.payment_id
            WHERE r.status = 'SUCCEEDED' AND NOT r.is_late AND p.status <> 'REVERSED'
        ) taken GROUP BY restaurant_id
        """,
    ),
    "lines": (
        """
        SELECT restaurant_id, sum(gross) AS books FROM pos_order WHERE status <> 'CANCELLED'
        GROUP BY restaurant_id
        """,
        """
        SELECT o.restaurant_id, sum(l.gross) AS counted FROM pos_orderline l
        JOIN pos_order o ON o.id = l.order_id
        WHERE o.status <> 'CANCELLED' AND l.state <> 'VOIDED' GROUP BY o.restaurant_id
        """,
    ),
}
_DIFFERING = """
SELECT COALESCE(b.restaurant_id, c.restaurant_id), r.currency,
    COALESCE(b.books, 0)::bigint, COALESCE(c.counted, 0)::bigint
FROM ({books}) b FULL JOIN ({counted}) c ON c.restaurant_id = b.restaurant_id
JOIN accounts_restaurant r ON r.id = COALESCE(b.restaurant_id, c.restaurant_id)
WHERE COALESCE(b.books, 0) <> COALESCE(c.counted, 0)
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """`books` against `counted`, in minor units."""

    restaurant: UUID
    check: str
    currency: str
    books: int
    counted: int


def ledger_faults() -> list[Fault]:
    """Of all restaurants; empty when everything agrees."""
    found: list[Fault] = []
    with connection.cursor() as cursor:
        for name, (books, counted) in CHECKS.items():
            cursor.execute(_DIFFERING.format(books=books, counted=counted))
            found += [
                Fault(restaurant, name, currency, left, right)
                for restaurant, currency, left, right in cursor.fetchall()
            ]
    return found
