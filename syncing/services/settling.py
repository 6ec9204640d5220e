"""What did not go through at once: tried again by itself, mended, dismissed, or decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Role
from fynlo.api.parsers import canonical
from fynlo.db import check_version, transaction_required
from fynlo.errors import NotFound
from fynlo.events.gathering import gathered
from fynlo.events.log import append, append_all
from syncing.choices import Choice, OperationType, Verdict
from syncing.documents import CONFLICT, SYNC_OPERATION
from syncing.errors import ConflictResolved, DocumentMissing, OperationNotWaiting, TextCannotBeKept
from syncing.models import SyncOperation
from syncing.selectors.operations import (
    conflicts,
    group_of,
    operation_document,
    operations,
)
from syncing.selectors.pushed import Operation
from syncing.services.applying import apply, force
from syncing.services.outcomes import Outcome
from syncing.services.pushing import refused, wait_before
from syncing.services.strategies import rules_of

MAX_TRIES = 8


@transaction_required
def retry(
    *,
    by: Actor,
    now: datetime,
    op_id: UUID,
    changes: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> str:
    """Try a quarantined operation again, as somebody has mended it (`changes`) or as it is, with
    the rest of its group. The operation's document, whether it went through or not.

    Done with the permissions of `by`. Locks the operations of its group.
    Raises NotFound, OperationNotWaiting, VersionConflict, TextCannotBeKept.
    """
    row = _waiting(by.restaurant_id, op_id, expected_version)
    if changes is not None:
        row.changes = dict(changes)
        if not _operation(row).can_be_kept:
            raise TextCannotBeKept
    rows = [row, *(other for other in group_of(row) if other.pk != row.pk)]
    _try(sorted(rows, key=lambda one: one.device_seq), by=by, now=now)
    return append(
        kind="sync.operation_retried", document=SYNC_OPERATION, entity_id=row.pk, by=by, now=now
    )


@transaction_required
def retry_due(*, pk: UUID, now: datetime) -> None:
    """Fynlo's own try, in the name of who had pushed it. Nothing when another worker has it, or
    it is not due any more."""
    row = (
        SyncOperation.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("actor")
        .filter(pk=pk, next_try_at__lte=now)
        .first()
    )
    if row is None:
        return
    by = _pusher(row)
    rows = [row, *(other for other in group_of(row) if other.pk != row.pk)]
    _try(sorted(rows, key=lambda one: one.device_seq), by=by, now=now)
    append(kind="sync.operation_retried", document=SYNC_OPERATION, entity_id=pk, by=by, now=now)


@transaction_required
def dismiss(
    *, by: Actor, now: datetime, op_id: UUID, reason: str, expected_version: int | None = None
) -> str:
    """Somebody decides that it is not to be done, and says why. Locks the operation.

    Raises NotFound, OperationNotWaiting, VersionConflict.
    """
    row = _waiting(by.restaurant_id, op_id, expected_version)
    row.verdict, row.code = Verdict.REJECTED, "dismissed"
    row.settled_by_id, row.settled_at, row.reason = by.membership_id, now, reason
    row.next_try_at, row.version = None, row.version + 1
    row.save()
    return append(
        kind="sync.operation_dismissed", document=SYNC_OPERATION, entity_id=row.pk, by=by, now=now
    )


@transaction_required
def resolve(
    *, by: Actor, now: datetime, pk: UUID, choice: Choice, document: Mapping[str, Any] | None = None
) -> str:
    """Decide a conflict: `document` (with MERGED) holds the fields to write.

    Raises NotFound, ConflictResolved, DocumentMissing, and whatever the act itself raises.
    """
    conflict = conflicts(by.restaurant_id).lock(by.restaurant_id, pk)
    if conflict.choice:
        raise ConflictResolved
    if (choice == Choice.MERGED) != (document is not None):
        raise DocumentMissing(field="document")
    row = operations(by.restaurant_id).lock(by.restaurant_id, conflict.operation_id)
    if choice != Choice.SERVER:
        told = force(_operation(row), document or row.changes, by=by, now=now)
        row.entity_version = told.version
    row.verdict = Verdict.REJECTED if choice == Choice.SERVER else Verdict.MERGED
    row.settled_by_id, row.settled_at, row.version = by.membership_id, now, row.version + 1
    row.save()
    conflict.choice, conflict.resolved_by_id, conflict.resolved_at = choice, by.membership_id, now
    conflict.version += 1
    conflict.save()
    append_all(
        kind="sync.operation_settled", document=SYNC_OPERATION, entity_ids=[row.pk], by=by, now=now
    )
    return append(kind="sync.conflict_resolved", document=CONFLICT, entity_id=pk, by=by, now=now)


def _waiting(restaurant_id: UUID, op_id: UUID, expected_version: int | None) -> SyncOperation:
    row = operations(restaurant_id).select_for_update(of=("self",)).filter(op_id=op_id).first()
    if row is None:
        raise NotFound
    if row.verdict != Verdict.QUARANTINED:
        raise OperationNotWaiting
    check_version(row.version, expected_version, document=lambda: operation_document(row))
    return row


def _try(rows: Sequence[SyncOperation], *, by: Actor, now: datetime) -> None:
    """All of them or none, each row saying what became of it."""
    rules = rules_of(by.restaurant_id)
    try:
        with transaction.atomic(), gathered() as events:
            for row in rows:
                events.occurred_at = row.occurred_at
                _settle(row, apply(_operation(row), by=by, now=now, rules=rules), by, now)
    except Exception as error:  # noqa: BLE001 - as in a push, nothing holds up anything else
        for row in rows:
            _note_failure(row, refused(error), now)
    for row in rows:
        row.save()


def _settle(row: SyncOperation, outcome: Outcome, by: Actor, now: datetime) -> None:
    row.verdict, row.code, row.detail = outcome.verdict, outcome.code, outcome.detail
    row.entity_version, row.next_try_at = outcome.version, None
    row.flags, row.strategies = list(outcome.flags), dict(outcome.strategies)
    row.settled_by_id, row.settled_at = by.membership_id, now
    row.tries, row.version = row.tries + 1, row.version + 1


def _note_failure(row: SyncOperation, outcome: Outcome, now: datetime) -> None:
    """It stays in quarantine whatever it was refused for: a person has the last word."""
    row.verdict, row.code, row.detail = Verdict.QUARANTINED, outcome.code, outcome.detail
    row.settled_by_id = row.settled_at = None
    row.tries, row.version = row.tries + 1, row.version + 1
    again = outcome.retry_in_seconds is not None and row.tries < MAX_TRIES
    row.next_try_at = now + timedelta(seconds=wait_before(row.tries)) if again else None


def _operation(row: SyncOperation) -> Operation:
    return Operation(
        op_id=row.op_id,
        device_seq=row.device_seq,
        entity=row.entity,
        entity_id=row.entity_id,
        type=OperationType(row.type),
        changes=row.changes,
        canonical=canonical(row.changes),
        occurred_at=row.occurred_at,
        hash=row.hash,
        base_version=row.base_version,
        base=row.base,
        group=row.group,
    )


def _pusher(row: SyncOperation) -> Actor:
    member = row.actor
    return Actor(
        restaurant_id=row.restaurant_id,
        role=Role(member.role),
        user_id=member.user_id,
        membership_id=member.pk,
        session_id=row.pk,
        device_id=row.device_id,
    )
