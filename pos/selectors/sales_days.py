"""Which days are over, and not summed up as they are now."""

from datetime import date, datetime
from uuid import UUID

from django.db import connection

# A day in which anything was ordered has a counter of its numbers.
_TO_SUM_UP = """
SELECT n.restaurant_id, n.business_date
FROM pos_ordernumber n JOIN accounts_restaurant r ON r.id = n.restaurant_id
LEFT JOIN pos_salesday d
    ON d.restaurant_id = n.restaurant_id AND d.business_date = n.business_date
WHERE n.business_date < (%(now)s AT TIME ZONE r.time_zone - r.day_starts_at)::date
    AND (d.id IS NULL OR NOT d.is_current OR d.time_zone <> r.time_zone)
ORDER BY n.business_date DESC, n.restaurant_id
"""


def days_to_sum_up(*, now: datetime) -> list[tuple[UUID, date]]:
    """Restaurants and business dates, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_SUM_UP, {"now": now})
        found: list[tuple[UUID, date]] = cursor.fetchall()
        return found


def hold_sales_day(restaurant_id: UUID, day: date) -> bool:
    """To the end of the transaction nobody can change an order of this day. False when somebody
    is changing one, or holds the day, at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(pos_sales_day_key(%s, %s))", [restaurant_id, day]
        )
        return bool(cursor.fetchone()[0])
