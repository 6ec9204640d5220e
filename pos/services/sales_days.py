"""Summing up a day that is over, from the same rows that a report of it would read."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import transaction_required
from pos.choices import SalesDimension
from pos.models import ProductSalesOfDay, SalesDay, SalesOfDay, TendersOfDay
from pos.selectors.sales_days import hold_sales_day
from pos.selectors.sales_facts import (
    LINE_FACTS,
    LINE_MEASURES,
    ORDER_FACTS,
    ORDER_MEASURES,
    TENDER_FACTS,
    TENDER_MEASURES,
    sums,
)

_PARTS = (SalesOfDay, ProductSalesOfDay, TendersOfDay)
_DAY = "ARRAY[%(date)s::date]"
_KEYS = [f'"{dimension}"' for dimension in SalesDimension]
# Of the grouping sets, one column is grouped by and the others are null.
_DIMENSION = " ".join(f"WHEN GROUPING({key}) = 0 THEN '{key[1:-1]}'" for key in _KEYS)
_SUM_UP = f"""
INSERT INTO pos_salesofday (day_id, dimension, key, {", ".join(ORDER_MEASURES)})
SELECT %(day)s, CASE {_DIMENSION} END, COALESCE({", ".join(_KEYS)}), {sums(ORDER_MEASURES)}
FROM ({ORDER_FACTS}) orders GROUP BY GROUPING SETS ({", ".join(f"({key})" for key in _KEYS)});
INSERT INTO pos_productsalesofday (day_id, product_id, {", ".join(LINE_MEASURES)})
SELECT %(day)s, product, {sums(LINE_MEASURES)} FROM ({LINE_FACTS}) lines GROUP BY product;
INSERT INTO pos_tendersofday (day_id, method, {", ".join(TENDER_MEASURES)})
SELECT %(day)s, method, {sums(TENDER_MEASURES)} FROM ({TENDER_FACTS}) tenders GROUP BY method
""".format(days=_DAY)  # noqa: S608


@transaction_required
def sum_up_day(*, restaurant_id: UUID, day: date, now: datetime) -> bool:
    """Replace the sums of this business day by what its orders come to now.

    False, and nothing is done, while somebody else sums it up or changes one of its orders: it
    stays to be done. Done again, it makes the same sums.
    Holds the day: who changes one of its orders meanwhile waits, and takes back that the sums
    are current.
    """
    if not hold_sales_day(restaurant_id, day):
        return False
    zone = restaurant_profile(restaurant_id).time_zone
    found, _ = SalesDay.objects.update_or_create(
        restaurant_id=restaurant_id,
        business_date=day,
        defaults={"is_current": True, "time_zone": zone, "summed_at": now},
    )
    for part in _PARTS:
        part._default_manager.filter(day=found).delete()
    parameters: dict[str, Any] = {
        "restaurant": restaurant_id,
        "date": day,
        "zone": zone,
        "day": found.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUM_UP, parameters)
    return True
