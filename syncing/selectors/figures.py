"""How offline work fares, over all restaurants together: figures for who runs the system."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from syncing.choices import Strategy, Verdict
from syncing.models import Conflict, SyncOperation

SINCE = timedelta(hours=24)
SMART_MERGE = "smart_merge"
"""Merged, as nobody else had changed the same."""
WAYS = (*Strategy.values, SMART_MERGE)
VERDICTS = tuple(verdict for verdict in Verdict.values if verdict != Verdict.DUPLICATE)
_DECIDED = """
SELECT entity, way, count(*) FROM (
    SELECT entity, decided.way FROM syncing_syncoperation,
        jsonb_each_text(strategies) AS decided(field, way)
    WHERE received_at >= %(since)s AND strategies <> '{}'
    UNION ALL
    SELECT entity, %(smart_merge)s FROM syncing_syncoperation
    WHERE received_at >= %(since)s AND verdict = 'merged' AND strategies = '{}'
) fields GROUP BY 1, 2 ORDER BY 1
"""
_MISSING = """
SELECT count(*) FILTER (WHERE missing > 0), coalesce(sum(missing), 0)::bigint FROM (
    SELECT told_seq - recent.first + 1 - (
        SELECT count(DISTINCT device_seq) FROM syncing_syncoperation arrived
        WHERE arrived.device_id = recent.device_id
            AND device_seq BETWEEN recent.first AND told_seq
    ) AS missing
    FROM (
        SELECT device_id, min(device_seq) AS first FROM syncing_syncoperation
        WHERE received_at >= %(since)s GROUP BY 1
    ) recent JOIN syncing_deviceprogress progress USING (device_id)
) devices
"""


def sync_figures(*, now: datetime) -> dict[str, Any]:
    """Of the last 24 hours: `verdicts` and `strategies` have a row for each entity. `strategies`
    counts fields that both sides had changed, and as `smart_merge` operations that were merged
    without. `quarantined`, `trying_again` and `conflicts` wait now; numbers that were told of and
    have not arrived are `missing`."""
    since = now - SINCE
    verdicts = _verdicts(since)
    devices, missing = _missing(since)
    return {
        "operations": sum(row[verdict] for row in verdicts for verdict in VERDICTS),
        "verdicts": verdicts,
        "strategies": _strategies(since),
        **_waiting(),
        "devices_with_gaps": devices,
        "missing": missing,
    }


def _verdicts(since: datetime) -> list[dict[str, Any]]:
    counts = {verdict: Count("pk", filter=Q(verdict=verdict)) for verdict in VERDICTS}
    rows = SyncOperation.objects.filter(received_at__gte=since).values("entity")
    return [{**row} for row in rows.annotate(**counts).order_by("entity")]


def _strategies(since: datetime) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_DECIDED, {"since": since, "smart_merge": SMART_MERGE})
        found = cursor.fetchall()
    rows = {entity: {"entity": entity, **dict.fromkeys(WAYS, 0)} for entity, _, _ in found}
    for entity, way, count in found:
        rows[entity][way] = count
    return list(rows.values())


def _missing(since: datetime) -> tuple[int, int]:
    """How many devices miss numbers, and how many numbers."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, {"since": since})
        devices, numbers = cursor.fetchone()
        return devices, numbers


def _waiting() -> dict[str, int]:
    """Quarantined operations: for a person, or for the next try; conflicts for a decision."""
    counted = SyncOperation.objects.filter(verdict=Verdict.QUARANTINED).aggregate(
        quarantined=Count("pk", filter=Q(next_try_at=None)),
        trying_again=Count("pk", filter=~Q(next_try_at=None)),
    )
    return {**counted, "conflicts": Conflict.objects.filter(choice="").count()}
