"""How long the stations take."""

from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from fynlo.accounts.selectors import restaurant_profile
from pos.selectors.sales import Period, Row

MOST_KITCHEN_DAYS = 31
STEPS = {"acknowledged": "acknowledged_at", "started": "started_at", "ready": "ready_at"}
NAMES = tuple(f"{name}_{part}_seconds" for name in STEPS for part in ("p50", "p90"))
_SECONDS = ", ".join(
    f"date_part('epoch', {column} - created_at)::int AS {name}" for name, column in STEPS.items()
)
_SETS = ", ".join(f"(station_id, {name})" for name in STEPS)
_STEP = " ".join(f"WHEN GROUPING({name}) = 0 THEN '{name}'" for name in STEPS)
_COLUMNS = ", ".join(
    f"min(seconds) FILTER (WHERE step = '{name}' AND upto >= {part} * total) AS {name}_{said}"
    for name in STEPS
    for said, part in (("p50_seconds", 0.5), ("p90_seconds", 0.9))
)
# Each station's tickets are counted by whole seconds first: there are far fewer of those to sort.
_STATEMENT = f"""
WITH took AS MATERIALIZED (
    SELECT station_id, alarmed_at, {_SECONDS} FROM pos_ticket
    WHERE restaurant_id = %(restaurant)s AND items @> '[{{"change": "add"}}]'
        AND created_at >= (%(first)s::date + %(starts)s::time) AT TIME ZONE %(zone)s
        AND created_at < (%(last)s::date + 1 + %(starts)s::time) AT TIME ZONE %(zone)s
), counted AS (
    SELECT station_id, CASE {_STEP} END AS step, COALESCE({", ".join(STEPS)}) AS seconds,
        count(*) AS tickets
    FROM took GROUP BY GROUPING SETS ({_SETS})
), ranked AS (
    SELECT station_id, step, seconds,
        sum(tickets) OVER (PARTITION BY station_id, step ORDER BY seconds) AS upto,
        sum(tickets) OVER (PARTITION BY station_id, step) AS total
    FROM counted WHERE seconds IS NOT NULL
), percentiles AS (SELECT station_id, {_COLUMNS} FROM ranked GROUP BY station_id),
stations AS (
    SELECT station_id, count(*) AS tickets, count(alarmed_at) AS alarms
    FROM took GROUP BY station_id
)
SELECT COALESCE(json_agg(found), '[]')::text FROM (
    SELECT s.id AS station, s.name, tickets, alarms, {", ".join(NAMES)}
    FROM stations t JOIN pos_station s ON s.id = t.station_id
    LEFT JOIN percentiles p ON p.station_id = s.id ORDER BY s.position, s.name, s.id
) found
"""  # noqa: S608


def kitchen_report(restaurant_id: UUID, *, period: Period) -> Row:
    """For each station, over the tickets with something to cook that arrived in these business
    days: how many, how many `alarms` nobody acknowledged in time, and the median and the 90th
    percentile of whole seconds from a ticket's arrival until it was acknowledged, started and
    ready; null where no ticket got so far. One statement.

    Whoever starts a ticket or finishes it acknowledges it; a start that was skipped is not
    measured. A ticket that was recalled counts as ready when it was so last.
    """
    profile = restaurant_profile(restaurant_id)
    parameters: dict[str, Any] = {
        "restaurant": restaurant_id,
        "zone": profile.time_zone,
        "starts": profile.day_starts_at,
        "first": period.first,
        "last": period.last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, parameters)
        return {
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "results": orjson.loads(cursor.fetchone()[0]),
        }
