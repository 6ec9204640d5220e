"""Reads of what tills pushed."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from fynlo.db import OwnedQuerySet
from syncing.choices import Verdict
from syncing.documents import SYNC_OPERATION
from syncing.models import Conflict, SyncOperation

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


def operations(restaurant_id: UUID) -> OwnedQuerySet[SyncOperation]:
    return SyncOperation.objects.for_restaurant(restaurant_id)


def operation_document(row: SyncOperation) -> str:
    """As it stands; it has to exist."""
    return SYNC_OPERATION.read(operations(row.restaurant_id).filter(pk=row.pk))[0]


def stored(restaurant_id: UUID, op_ids: Collection[UUID]) -> dict[UUID, SyncOperation]:
    """By the till's own id, without what the till had sent."""
    rows = operations(restaurant_id).filter(op_id__in=op_ids).defer("changes", "base")
    return {row.op_id: row for row in rows}


def conflicts(restaurant_id: UUID) -> OwnedQuerySet[Conflict]:
    return Conflict.objects.for_restaurant(restaurant_id)


def filtered_operations(
    restaurant_id: UUID, *, verdict: str | None = None, device: UUID | None = None
) -> OwnedQuerySet[SyncOperation]:
    rows = operations(restaurant_id)
    rows = rows.filter(verdict=verdict) if verdict else rows
    return rows.filter(device=device) if device else rows


def unresolved_conflicts(restaurant_id: UUID) -> OwnedQuerySet[Conflict]:
    return conflicts(restaurant_id).filter(choice="")


def group_of(row: SyncOperation) -> list[SyncOperation]:
    """The quarantined operations that are done together with this one, itself among them; locked
    to the end of the transaction. None when it stands alone."""
    if not row.group:
        return []
    rows = operations(row.restaurant_id).select_for_update(of=("self",))
    same = rows.filter(group=row.group, device=row.device_id, actor=row.actor_id)
    return list(same.filter(verdict=Verdict.QUARANTINED).order_by("pk"))


def operations_due(*, now: datetime, limit: int) -> list[UUID]:
    """Ids of operations that Fynlo has to try again, the longest waiting first."""
    rows = SyncOperation.objects.filter(next_try_at__lte=now).order_by("next_try_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def gaps(device_id: UUID) -> list[tuple[int, int]]:
    """The first numbers, from and to, that the device has told of and that never arrived."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, {"device": device_id, "limit": GAPS_SHOWN})
        return [(first, last) for first, last in cursor.fetchall()]
