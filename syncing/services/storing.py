"""Keeping what a till told, and what it was told."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.batches import insert_rows
from fynlo.events.log import append_all
from syncing.choices import Verdict
from syncing.documents import CONFLICT, SYNC_OPERATION
from syncing.models import Conflict, SyncOperation
from syncing.selectors.operations import operations
from syncing.selectors.pushed import Operation
from syncing.services.outcomes import Outcome


def store(
    fresh: Sequence[Operation], made: Mapping[UUID, Outcome], *, by: Actor, now: datetime
) -> None:
    """One row for each operation that came just now, and one for each conflict; the log is told of
    what waits. A row that came damaged before is replaced."""
    if not fresh:
        return
    op_ids = [operation.op_id for operation in fresh]
    operations(by.restaurant_id).filter(op_id__in=op_ids).delete()
    rows = [_row(operation, made[operation.op_id], by=by, now=now) for operation in fresh]
    insert_rows(rows)
    conflicts = Conflict.objects.bulk_create(
        Conflict(
            restaurant_id=by.restaurant_id,
            operation=row,
            fields=list(made[row.op_id].contested),
            base=made[row.op_id].base,
            server=made[row.op_id].server,
            found_at=now,
        )
        for row in rows
        if row.verdict == Verdict.CONFLICT
    )
    waiting = [row.pk for row in rows if row.verdict == Verdict.QUARANTINED]
    ids = [conflict.pk for conflict in conflicts]
    append_all(kind="sync.conflict", document=CONFLICT, entity_ids=ids, by=by, now=now)
    append_all(kind="sync.quarantined", document=SYNC_OPERATION, entity_ids=waiting, by=by, now=now)


def _row(operation: Operation, outcome: Outcome, *, by: Actor, now: datetime) -> SyncOperation:
    wait, kept = outcome.retry_in_seconds, operation.can_be_kept
    return SyncOperation(
        restaurant_id=by.restaurant_id,
        op_id=operation.op_id,
        device_id=by.device_id,
        actor_id=by.membership_id,
        device_seq=operation.device_seq,
        group=operation.group,
        entity=operation.entity,
        entity_id=operation.entity_id,
        type=operation.type,
        base_version=operation.base_version,
        base=operation.base if kept else None,
        changes=_without_pin(operation.changes) if kept else {},
        hash=operation.hash,
        occurred_at=operation.happened_at(now),
        received_at=now,
        verdict=outcome.verdict,
        code=outcome.code,
        detail=outcome.detail,
        flags=list(outcome.flags),
        strategies=dict(outcome.strategies),
        entity_version=outcome.version,
        next_try_at=now + timedelta(seconds=wait) if wait else None,
    )


def _without_pin(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name != "approver"}
