"""Which fees are not what the price list says, and who was told of it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from payments.documents import FEE_ALARM
from payments.models import FeeAlarm, PaymentSettings

_DRIFTS = """
SELECT a.restaurant_id, a.method, p.business_date, a.currency, count(*),
    sum(a.estimated_fee)::bigint, sum(a.actual_fee)::bigint
FROM payments_paymentattempt a
JOIN payments_payment p ON p.id = a.payment_id
LEFT JOIN payments_paymentsettings s ON s.restaurant_id = a.restaurant_id
WHERE (a.actual_fee > a.estimated_fee OR a.actual_fee < a.estimated_fee)
    AND a.ended_at >= %(first)s::date - 2
    AND p.business_date BETWEEN %(first)s AND %(last)s
    AND abs(a.actual_fee - a.estimated_fee) > COALESCE(s.fee_tolerance, %(tolerance)s)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 2
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """As a FeeAlarm: minor units, of payments whose fee was off by more than was allowed."""

    restaurant: UUID
    method: str
    day: date
    currency: str
    payments: int
    expected: int
    actual: int


def fee_drifts(first: date, last: date) -> list[Drift]:
    """Of all restaurants, on business dates from `first` to `last`."""
    usual = PaymentSettings._meta.get_field("fee_tolerance").default
    given = {"first": first, "last": last, "tolerance": usual}
    with connection.cursor() as cursor:
        cursor.execute(_DRIFTS, given)
        return [Drift(*row) for row in cursor.fetchall()]


def lock_fee_alarms(first: date, last: date) -> list[FeeAlarm]:
    """Those of these business dates, of all restaurants, locked in the order of their keys."""
    rows = FeeAlarm.objects.filter(business_date__range=(first, last)).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def fee_alarm_documents(restaurant_id: UUID, first: date, last: date) -> list[str]:
    rows = FeeAlarm.objects.for_restaurant(restaurant_id)
    within = rows.filter(business_date__range=(first, last))
    ordered = within.order_by("business_date", "method", "pk")
    return list(FEE_ALARM.annotated(ordered).values_list("document", flat=True))
