"""Reads of what tills pushed."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from syncing.models import SyncOperation

_MISSING = """
SELECT before + 1, device_seq - 1 FROM (
    SELECT device_seq, lag(device_seq, 1, 0::bigint) OVER (ORDER BY device_seq) AS before
    FROM (
        SELECT device_seq FROM syncing_syncoperation WHERE device_id = %(device)s
        UNION SELECT told_seq + 1 FROM syncing_deviceprogress WHERE device_id = %(device)s
    ) numbers
) neighbours WHERE device_seq > before + 1 ORDER BY 1 LIMIT %(limit)s
"""
GAPS_SHOWN = 100


def operations(restaurant_id: UUID) -> QuerySet[SyncOperation]:
    return SyncOperation.objects.for_restaurant(restaurant_id)


def stored(restaurant_id: UUID, op_ids: Collection[UUID]) -> dict[UUID, SyncOperation]:
    """By the till's own id, without what the till had sent."""
    rows = operations(restaurant_id).filter(op_id__in=op_ids).defer("changes", "base")
    return {row.op_id: row for row in rows}


def gaps(device_id: UUID) -> list[tuple[int, int]]:
    """The first numbers, from and to, that the device has told of and that never arrived."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, {"device": device_id, "limit": GAPS_SHOWN})
        return [(first, last) for first, last in cursor.fetchall()]
