"""Which products sell best and worst, and what is left of their price."""

from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from fynlo.accounts.selectors import restaurant_profile
from fynlo.money import BPS, divide_half_up
from pos.choices import ProductSort
from pos.selectors.sales import SOURCES, Period, Row, by_product
from pos.selectors.sales_facts import LINE_MEASURES

_SUMS = ", ".join(f"COALESCE(sold.{name}, 0) AS {name}" for name in LINE_MEASURES[1:])
_STATEMENT = f"""
WITH {SOURCES}, sold AS ({by_product()})
SELECT COALESCE(json_agg(found), '[]')::text FROM (
    SELECT p.id AS product, p.sku, p.name, p.category_id AS category, c.name AS category_name,
        trim_scale(COALESCE(sold.quantity, 0))::text AS quantity, {_SUMS}
    FROM pos_product p JOIN pos_category c ON c.id = p.category_id
    LEFT JOIN sold ON sold.product = p.id
    WHERE p.restaurant_id = %(restaurant)s
        AND (sold.product IS NOT NULL OR p.archived_at IS NULL)
) found
"""  # noqa: S608


def product_report(restaurant_id: UUID, *, period: Period, sort: ProductSort, limit: int) -> Row:
    """What products came to in these days, in one statement: everything on the menu, sold or not,
    and what was sold and has left it.

    `best` and `worst`: so many of them by net, quantity or margin, the first the best or the
    worst; `results`: all, the best first. Minor units, of completed orders, as
    `pos.selectors.sales_facts` counts them. `margin` is what the pieces whose cost was known
    brought beyond that cost, `margin_bps` its part of their net; null where no cost was known,
    and such products stand in neither list by margin.
    """
    profile = restaurant_profile(restaurant_id)
    parameters: dict[str, Any] = {
        "restaurant": restaurant_id,
        "zone": profile.time_zone,
        "first": period.first,
        "last": period.last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, parameters)
        rows = [_with_margin(row) for row in orjson.loads(cursor.fetchone()[0])]
    rows.sort(key=lambda row: (-_rank(row, sort), row["name"], row["product"]))
    ranked = [row for row in rows if row[sort] is not None]
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "currency": profile.currency,
        "sort": sort.value,
        "best": ranked[:limit],
        "worst": ranked[::-1][:limit],
        "results": rows,
    }


def _with_margin(row: Row) -> Row:
    costed_net, cost = row.pop("costed_net"), row.pop("cost")
    is_known = bool(costed_net or cost)
    margin = costed_net - cost
    return {
        **row,
        "cost": cost if is_known else None,
        "margin": margin if is_known else None,
        "margin_bps": divide_half_up(margin * BPS, costed_net) if costed_net > 0 else None,
    }


def _rank(row: Row, sort: ProductSort) -> float:
    """What has no margin stands behind all others."""
    value = row[sort]
    return float("-inf") if value is None else float(value)
