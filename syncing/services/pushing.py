"""Taking in what a till did offline: each operation once, and one verdict for each.

The whole batch is tried in one transaction. When anything in it fails it is rolled back, and each
group (or single operation) is tried in a transaction of its own: one that cannot be done never
holds up the others. Verdicts commit with what they tell of. Pushes of one device follow one
another, so that a batch sent twice at once is applied once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import SystemRandom
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from psycopg2 import errorcodes

from fynlo.accounts.actor import Actor
from fynlo.api.errors import InputInvalid
from fynlo.api.problems import as_domain_error, document
from fynlo.batches import batch, write_what_waits
from fynlo.db import durable, look_up_created
from fynlo.events.gathering import gathered
from payments.models import Payment
from pos.models import Order
from syncing.choices import OperationType, Verdict
from syncing.errors import (
    GroupFailed,
    HashMismatch,
    OperationReused,
    SecretOffline,
    TextCannotBeKept,
    TryAgain,
)
from syncing.models import SyncOperation
from syncing.selectors.operations import stored
from syncing.selectors.pushed import Operation
from syncing.services.applying import apply
from syncing.services.outcomes import Outcome
from syncing.services.storing import store
from syncing.services.strategies import Rules, rules_of

FIRST_WAIT_S = 2.0
_HEALS = frozenset(
    {errorcodes.LOCK_NOT_AVAILABLE, errorcodes.DEADLOCK_DETECTED, errorcodes.QUERY_CANCELED}
)
_NEVER = frozenset(
    {"hash_mismatch", "operation_unknown", "operation_reused", "approver_offline"}
    | {"text_cannot_be_kept", "input_invalid", "permission_missing", "id_conflict"}
)
_MAY_COME_RIGHT = frozenset(
    {"try_again", "not_found", "unknown_reference", "not_clocked_in", "not_on_break"}
)
_PROGRESS = """
INSERT INTO syncing_deviceprogress AS p
    (device_id, restaurant_id, told_seq, pushed_at, pulled_seq) VALUES (%s, %s, %s, %s, 0)
ON CONFLICT (device_id) DO UPDATE SET pushed_at = EXCLUDED.pushed_at,
    told_seq = GREATEST(p.told_seq, EXCLUDED.told_seq)
"""
Outcomes = dict[UUID, Outcome]


class CannotApply(Exception):
    """Which operation of a transaction failed; its cause is why."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        super().__init__(str(operation.op_id))


_FAILURES = (CannotApply, IntegrityError, OperationalError, InterfaceError)


@dataclass(frozen=True, slots=True)
class Push:
    """Who pushes, when it arrived, and who wins a conflict."""

    by: Actor
    now: datetime
    rules: Rules


def preview(*, by: Actor, now: datetime, operations: Sequence[Operation]) -> Outcomes:
    """What `push` would say, group by group in the order of their numbers; nothing is written."""
    at_hand = Push(by, now, rules_of(by.restaurant_id))
    outcomes: Outcomes = {}
    with transaction.atomic(durable=True):
        for group in _groups(_in_order(operations)):
            try:
                with transaction.atomic(), gathered():
                    known, fresh = _known(at_hand, group)
                    outcomes |= known
                    outcomes |= {one.op_id: _apply(one, at_hand) for one in fresh}
            except _FAILURES as error:
                _raise_if_down(error)
                outcomes |= _failed(group, error)
        transaction.set_rollback(True)
    return outcomes


def push(*, by: Actor, now: datetime, operations: Sequence[Operation], told_seq: int) -> Outcomes:
    """One outcome for each operation, each of them stored.

    `told_seq`: the highest number that the device has given an operation. Opens transactions of
    its own. Raises what says that PostgreSQL is down; the till then sends the batch again.
    """
    at_hand = Push(by, now, rules_of(by.restaurant_id))
    ordered = _in_order(operations)
    _remember_progress(at_hand, told_seq)
    try:
        return _together(at_hand, ordered)
    except _FAILURES as error:
        _raise_if_down(error)
    outcomes: Outcomes = {}
    for group in _groups(ordered):
        outcomes |= _alone(at_hand, group)
    return outcomes


def in_their_order(operations: Sequence[Operation], outcomes: Outcomes) -> list[Outcome]:
    """One for each, as the till sent them. Of two with one id the first was done; another one that
    says something else is refused."""
    first: dict[UUID, Operation] = {}
    return [
        outcomes[operation.op_id]
        if first.setdefault(operation.op_id, operation).hash == operation.hash
        else refused(OperationReused())
        for operation in operations
    ]


def _in_order(operations: Sequence[Operation]) -> list[Operation]:
    """By number; of those with one id the first."""
    once = {operation.op_id: operation for operation in reversed(operations)}
    return sorted(once.values(), key=lambda operation: operation.device_seq)


def _remember_progress(at_hand: Push, told_seq: int) -> None:
    by = at_hand.by
    if by.device_id is None:
        return
    with durable(), connection.cursor() as cursor:
        cursor.execute(_PROGRESS, [by.device_id, by.restaurant_id, told_seq, at_hand.now])


def _groups(operations: Iterable[Operation]) -> list[list[Operation]]:
    """Operations of one group together, where its first one stands."""
    groups: dict[object, list[Operation]] = {}
    for operation in operations:
        groups.setdefault(operation.group or operation.op_id, []).append(operation)
    return list(groups.values())


def _together(
    at_hand: Push, operations: Sequence[Operation], *, one_by_one: bool = False
) -> Outcomes:
    """All in one transaction. Raises CannotApply, and what the commit raises.

    What they write is written at the end, unless each is to be blamed for its own: `one_by_one`.
    """
    with durable():
        _wait_for_my_turn(at_hand.by)
        outcomes, fresh = _known(at_hand, operations)
        made: Outcomes = {}
        with gathered() as events, batch():
            _look_up(fresh)
            for operation in fresh:
                events.occurred_at = operation.happened_at(at_hand.now)
                then_write = one_by_one or operation is fresh[-1]
                made[operation.op_id] = _apply(operation, at_hand, then_write=then_write)
            store(fresh, made, by=at_hand.by, now=at_hand.now)
        return outcomes | made


def _look_up(fresh: Sequence[Operation]) -> None:
    """Which of what they make is there already."""
    made = [row for row in fresh if row.type is OperationType.CREATE]
    for model, name in ((Order, "order"), (Payment, "payment")):
        look_up_created(model, [row.entity_id for row in made if row.entity == name])


def _apply(operation: Operation, at_hand: Push, *, then_write: bool = False) -> Outcome:
    try:
        _check(operation)
        outcome = apply(operation, by=at_hand.by, now=at_hand.now, rules=at_hand.rules)
        if then_write:
            write_what_waits()
        return outcome
    except Exception as error:  # what nobody foresaw must not hold up the queue, either
        raise CannotApply(operation) from error


def _check(operation: Operation) -> None:
    """Raises TextCannotBeKept, InputInvalid, HashMismatch, SecretOffline."""
    if not operation.can_be_kept:
        raise TextCannotBeKept
    if operation.faults:
        raise InputInvalid(extra={"errors": operation.faults})
    if not operation.is_intact:
        raise HashMismatch
    if "approver" in operation.changes:
        raise SecretOffline


def _alone(at_hand: Push, group: Sequence[Operation]) -> Outcomes:
    """One group. What cannot be done is stored as such, and nothing of the group was done.

    The same id may have been made over REST at this instant: the second try finds it.
    """
    for attempt in (1, 2):
        try:
            return _together(at_hand, group, one_by_one=True)
        except _FAILURES as error:
            _raise_if_down(error)
            failed = _failed(group, error)
            if attempt == 2 or not isinstance(error.__cause__, IntegrityError):
                break
    with durable():
        _wait_for_my_turn(at_hand.by)
        outcomes, fresh = _known(at_hand, group)
        made = {operation.op_id: failed[operation.op_id] for operation in fresh}
        store(fresh, made, by=at_hand.by, now=at_hand.now)
        return outcomes | made


def _wait_for_my_turn(by: Actor) -> None:
    """One push at a time from each device; held to the end of the transaction."""
    with connection.cursor() as cursor:
        lane = f"sync {by.device_id or by.membership_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lane])


def _known(at_hand: Push, operations: Sequence[Operation]) -> tuple[Outcomes, list[Operation]]:
    """What was told of those that came before, and those that did not.

    One that arrived damaged counts as not having come.
    """
    before = stored(at_hand.by.restaurant_id, [operation.op_id for operation in operations])
    outcomes, fresh = {}, []
    for operation in operations:
        row = before.get(operation.op_id)
        if row is None or (row.code == HashMismatch.code and operation.is_intact):
            fresh.append(operation)
        else:
            outcomes[operation.op_id] = _as_before(operation, row)
    return outcomes, fresh


def _as_before(operation: Operation, row: SyncOperation) -> Outcome:
    if row.hash != operation.hash and row.code != HashMismatch.code:
        return refused(OperationReused())
    return Outcome(
        Verdict.DUPLICATE,
        code=row.code,
        detail=row.detail,
        version=row.entity_version,
        flags=tuple(row.flags),
        first=Verdict(row.verdict),
    )


def _failed(group: Sequence[Operation], error: Exception) -> Outcomes:
    """The outcome of each when one of them cannot be done."""
    culprit = error.operation if isinstance(error, CannotApply) else group[0]
    said = refused(error.__cause__ or error)
    others = replace(said, code=GroupFailed.code, detail=f"{GroupFailed.message} ({culprit.op_id})")
    return {
        operation.op_id: replace(said if operation is culprit else others) for operation in group
    }


def refused(error: BaseException) -> Outcome:
    """Rejected when it can never be done, in quarantine when it may yet: a person may mend it,
    and what it names may still arrive."""
    known = TryAgain() if _heals(error) else as_domain_error(error)  # type: ignore[arg-type]
    never = known.code in _NEVER
    return Outcome(
        Verdict.REJECTED if never else Verdict.QUARANTINED,
        code=known.code,
        detail=known.detail,
        errors=document(known)["errors"],
        retry_in_seconds=wait_before(1) if known.code in _MAY_COME_RIGHT else None,
    )


def wait_before(tries: int) -> float:
    """Seconds until the next try after so many: doubling from two, with a half of jitter."""
    return float(FIRST_WAIT_S * 2 ** (tries - 1) * SystemRandom().uniform(0.5, 1.5))


def _heals(error: BaseException | None) -> bool:
    cause = getattr(error, "__cause__", None)
    return isinstance(error, OperationalError) and getattr(cause, "pgcode", "") in _HEALS


def _raise_if_down(error: Exception) -> None:
    """An outage is nobody's verdict."""
    reason = error.__cause__ if isinstance(error, CannotApply) else error
    if isinstance(reason, OperationalError | InterfaceError) and not _heals(reason):
        raise reason
