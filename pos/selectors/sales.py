"""The sales report: what was sold in some days, in groups."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from fynlo.accounts.selectors import Profile, restaurant_profile
from fynlo.clock import business_date
from fynlo.money import BPS, divide_half_up
from pos.choices import Channel, SalesDimension, SalesGroup
from pos.errors import RangeReversed, RangeTooLong
from pos.selectors.sales_facts import (
    LINE_FACTS,
    LINE_MEASURES,
    ORDER_FACTS,
    ORDER_MEASURES,
    TENDER_FACTS,
    TENDER_MEASURES,
    sums,
)

MOST_DAYS = 400
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """Business dates, both included."""

    first: date
    last: date


def period(
    profile: Profile,
    *,
    now: datetime,
    first: date | None,
    last: date | None,
    most_days: int = MOST_DAYS,
) -> Period:
    """What is left out is today, as the restaurant counts its days.

    Raises RangeReversed, RangeTooLong.
    """
    today = business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)
    found = Period(first or min(today, last or today), last or max(today, first or today))
    if found.first > found.last:
        raise RangeReversed(field="from")
    if found.last - found.first >= timedelta(most_days):
        raise RangeTooLong(f"A report covers at most {most_days} days.", field="to")
    return found


# Days that were summed up and have not changed since; all others are summed from their orders.
_SUMMED = """
SELECT id, business_date AS day FROM pos_salesday
WHERE restaurant_id = %(restaurant)s AND business_date BETWEEN %(first)s AND %(last)s
    AND is_current AND time_zone = %(zone)s
"""
_OTHER_DAYS = """ARRAY(
    SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 day')::date
    EXCEPT SELECT day FROM summed
)"""
_BY_ORDER = {
    SalesGroup.HOUR: "hour",
    SalesGroup.DAY: "day::text",
    SalesGroup.WEEKDAY: "extract(isodow FROM day)::int::text",
    SalesGroup.TABLE: '"table"',
    SalesGroup.SERVER: "server",
    SalesGroup.CHANNEL: "channel",
}
_BY_LINE = {
    SalesGroup.PRODUCT: "product::text",
    SalesGroup.CATEGORY: "(SELECT p.category_id::text FROM pos_product p WHERE p.id = product)",
}
_NAMES = {
    SalesGroup.TABLE: "(SELECT number FROM pos_table WHERE id = NULLIF(key, '')::uuid)",
    SalesGroup.SERVER: """(SELECT u.name FROM accounts_membership m
        JOIN accounts_user u ON u.id = m.user_id WHERE m.id = NULLIF(key, '')::uuid)""",
    SalesGroup.PRODUCT: "(SELECT name FROM pos_product WHERE id = key::uuid)",
    SalesGroup.CATEGORY: "(SELECT name FROM pos_category WHERE id = key::uuid)",
}
_NOT_SAID = {SalesGroup.TABLE: "No table", SalesGroup.SERVER: "No server"}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _by(dimension: str) -> str:
    """Orders of all days by one dimension."""
    columns = ", ".join(ORDER_MEASURES)
    return f"""
SELECT day, key AS "{dimension}", {columns}
FROM summed JOIN pos_salesofday s ON s.day_id = summed.id WHERE s.dimension = '{dimension}'
UNION ALL SELECT day, "{dimension}", {columns} FROM orders
"""  # noqa: S608


def by_product() -> str:
    """`product` and the measures of its lines in all days."""
    columns = ", ".join(LINE_MEASURES)
    return f"""
SELECT product, {sums(LINE_MEASURES)} FROM (
    SELECT product_id AS product, {columns}
    FROM summed JOIN pos_productsalesofday s ON s.day_id = summed.id
    UNION ALL SELECT product, {columns} FROM lines
) parts GROUP BY product
"""  # noqa: S608


_TENDERS = f"""
SELECT method, {", ".join(TENDER_MEASURES)} FROM summed JOIN pos_tendersofday s
    ON s.day_id = summed.id
UNION ALL SELECT method, {", ".join(TENDER_MEASURES)} FROM tenders
"""  # noqa: S608
SOURCES = f"""
summed AS ({_SUMMED}), orders AS ({ORDER_FACTS}), lines AS ({LINE_FACTS}),
tenders AS ({TENDER_FACTS})
""".format(days=_OTHER_DAYS)


def _grouped(group_by: SalesGroup) -> str:
    if group_by in _BY_ORDER:
        by_time = group_by in (SalesGroup.DAY, SalesGroup.WEEKDAY)
        dimension = SalesDimension.CHANNEL if by_time else SalesDimension(group_by.value)
        source, key, columns = _by(dimension), _BY_ORDER[group_by], sums(ORDER_MEASURES)
        return f"SELECT {key} AS key, {columns} FROM ({source}) parts GROUP BY 1"  # noqa: S608
    # A quantity leaves as a decimal string; all other sums are whole numbers.
    columns = sums(LINE_MEASURES).replace("sum(quantity)", "trim_scale(sum(quantity))::text")
    return f"""SELECT {_BY_LINE[group_by]} AS key, {columns}
FROM ({by_product()}) sold GROUP BY 1"""  # noqa: S608


def _statement(group_by: SalesGroup) -> str:
    return f"""
WITH {SOURCES}, groups AS ({_grouped(group_by)}),
named AS (SELECT {_NAMES.get(group_by, "key")} AS name, groups.* FROM groups),
totals AS (SELECT {sums(ORDER_MEASURES)} FROM ({_by(SalesDimension.CHANNEL)}) parts),
methods AS (SELECT method, {sums(TENDER_MEASURES)} FROM ({_TENDERS}) parts GROUP BY method),
open AS (
    SELECT count(*) AS orders, COALESCE(sum(total), 0) AS total FROM pos_order
    WHERE restaurant_id = %(restaurant)s AND status = 'OPEN'
        AND business_date BETWEEN %(first)s AND %(last)s
)
SELECT json_build_object(
    'results', (SELECT COALESCE(json_agg(named), '[]') FROM named),
    'totals', (SELECT row_to_json(totals) FROM totals),
    'payments', (SELECT COALESCE(json_agg(methods ORDER BY method), '[]') FROM methods),
    'open', (SELECT row_to_json(open) FROM open)
)::text
"""  # noqa: S608


_STATEMENTS = {group_by: _statement(group_by) for group_by in SalesGroup}


def sales_report(restaurant_id: UUID, *, period: Period, group_by: SalesGroup) -> Row:
    """The sales of these days as `pos.selectors.sales_facts` counts them, in one statement.

    `results`: for each group its `key` (null: none), its `name` for people and its measures:
    those of an order, or of its lines where products or categories are the groups. Groups that
    sold nothing are left out. Time goes forward; everything else begins with the best net.
    `totals`: the measures of all orders, whatever the groups; `payments`: by method;
    `open`: orders of these days that are not completed yet, in no other figure.
    Products stand in the category that they are in today.
    """
    profile = restaurant_profile(restaurant_id)
    parameters: dict[str, Any] = {
        "restaurant": restaurant_id,
        "zone": profile.time_zone,
        "first": period.first,
        "last": period.last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[group_by], parameters)
        found = orjson.loads(cursor.fetchone()[0])
    rows = sorted(found["results"], key=_order_of(group_by, profile))
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "group_by": group_by.value,
        "currency": profile.currency,
        "results": [_row(row, group_by) for row in rows],
        "totals": _with_averages({name: found["totals"][name] or 0 for name in ORDER_MEASURES}),
        "payments": found["payments"],
        "open": found["open"],
    }


def _order_of(group_by: SalesGroup, profile: Profile) -> Callable[[Row], Any]:
    if group_by == SalesGroup.HOUR:
        return lambda row: (int(row["key"]) - profile.day_starts_at.hour) % 24
    if group_by in (SalesGroup.DAY, SalesGroup.WEEKDAY):
        return lambda row: row["key"]
    return lambda row: (-row["net"], row["name"] or "", row["key"])


def _row(row: Row, group_by: SalesGroup) -> Row:
    measures = LINE_MEASURES[:-2] if group_by in _BY_LINE else ORDER_MEASURES
    named = {"key": row["key"] or None, "name": _name(row, group_by)}
    found = {**named, **{name: row[name] for name in measures}}
    return found if group_by in _BY_LINE else _with_averages(found)


def _name(row: Row, group_by: SalesGroup) -> str:
    if group_by == SalesGroup.HOUR:
        return f"{int(row['key']):02}:00"
    if group_by == SalesGroup.WEEKDAY:
        return _WEEKDAYS[int(row["key"]) - 1]
    if group_by == SalesGroup.CHANNEL:
        return str(Channel(row["key"]).label)
    return str(row["name"] or _NOT_SAID[group_by])


def _with_averages(row: Row) -> Row:
    """Net sales for each order and each guest, half-up; null without any."""
    return {
        **row,
        "average_check": divide_half_up(row["net"], row["orders"]) if row["orders"] else None,
        "average_cover": divide_half_up(row["net"], row["covers"]) if row["covers"] else None,
    }


def server_report(restaurant_id: UUID, *, period: Period) -> Row:
    """The sales of each server, as `sales_report` has them, and two shares in basis points:
    `discount_bps` of their gross, `tip_bps` of their net. An order belongs
    to whom it was last transferred to, with all its lines, voids and discounts."""
    found = sales_report(restaurant_id, period=period, group_by=SalesGroup.SERVER)
    return {
        **{name: found[name] for name in ("from", "to", "currency")},
        "results": [{"server": row.pop("key"), **_with_shares(row)} for row in found["results"]],
        "totals": _with_shares(found["totals"]),
    }


def _with_shares(row: Row) -> Row:
    gross, net = row["gross"], row["net"]
    return {
        **row,
        "discount_bps": divide_half_up(row["discount"] * BPS, gross) if gross else None,
        "tip_bps": divide_half_up(row["tip"] * BPS, net) if net > 0 else None,
    }
