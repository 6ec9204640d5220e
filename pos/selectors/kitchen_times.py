"""How long the stations take."""

from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from fynlo.accounts.selectors import restaurant_profile
from pos.selectors.sales import Period, Row

MOST_KITCHEN_DAYS = 92
STEPS = {"acknowledged": "acknowledged_at", "started": "started_at", "ready": "ready_at"}
# Whole seconds of both percentiles, from one sort.
_TIMES = ", ".join(
    f"percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP ("
    f"ORDER BY round(extract(epoch FROM t.{column} - t.created_at))::int) AS {name}"
    for name, column in STEPS.items()
)
_COLUMNS = ", ".join(
    f"{name}[1] AS {name}_p50_seconds, {name}[2] AS {name}_p90_seconds" for name in STEPS
)
_STATEMENT = f"""
WITH took AS (
    SELECT t.station_id, count(*) AS tickets, count(t.alarmed_at) AS alarms, {_TIMES}
    FROM pos_ticket t
    WHERE t.restaurant_id = %(restaurant)s AND t.items @> '[{{"change": "add"}}]'
        AND t.created_at >= (%(first)s::date + %(starts)s::time) AT TIME ZONE %(zone)s
        AND t.created_at < (%(last)s::date + 1 + %(starts)s::time) AT TIME ZONE %(zone)s
    GROUP BY t.station_id
)
SELECT COALESCE(json_agg(found), '[]')::text FROM (
    SELECT s.id AS station, s.name, tickets, alarms, {_COLUMNS}
    FROM took JOIN pos_station s ON s.id = took.station_id ORDER BY s.position, s.name, s.id
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
