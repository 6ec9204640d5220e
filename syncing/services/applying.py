"""Doing what a till did, by the services that do it on line."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from rest_framework.exceptions import ValidationError

from fynlo.accounts.actor import Actor
from fynlo.api.idempotency import fingerprint_of
from fynlo.api.inputs import Input
from fynlo.api.problems import as_domain_error
from fynlo.batches import forgetting
from fynlo.db import transaction_required
from fynlo.errors import VersionConflict
from syncing.choices import ENVELOPE, OperationType, Verdict
from syncing.errors import ChangesRefused, OperationUnknown
from syncing.selectors.documents import known_before
from syncing.selectors.pushed import Operation
from syncing.services.entries import ENTRIES, FAMILIAR, Call, Entry
from syncing.services.merging import Merge, merge
from syncing.services.outcomes import Outcome
from syncing.services.strategies import Rules

NEVER = 0
"""A version that nothing has."""


@transaction_required
def apply(operation: Operation, *, by: Actor, now: datetime, rules: Rules) -> Outcome:
    """Do it, merging where somebody else was faster. Locks as the service of its act does.

    Raises OperationUnknown, PermissionMissing, DRF's ValidationError, and what that service raises.
    """
    entry = _entry(operation, by)
    with contextlib.nullcontext() if _is_familiar(operation) else forgetting():
        return _do(operation, entry, by=by, now=now, rules=rules)


def _is_familiar(operation: Operation) -> bool:
    return (operation.entity, operation.verb) in FAMILIAR


def _do(operation: Operation, entry: Entry, *, by: Actor, now: datetime, rules: Rules) -> Outcome:
    call = _call(operation, entry, operation.changes, by=by, now=now)
    try:
        text = entry.do(call, _expected(operation))
    except VersionConflict as stale:
        return _merged(operation, entry, stale.extra["current"], by=by, now=now, rules=rules)
    return _applied(Verdict.APPLIED, text, call)


def _expected(operation: Operation) -> int | None:
    """The version it builds upon. With `base` it is compared in any case: an earlier change of the
    till itself may still be under way, and its version then says nothing."""
    if operation.type is not OperationType.UPDATE:
        return None
    return operation.base_version if operation.base is None else NEVER


@transaction_required
def force(operation: Operation, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> Outcome:
    """Do it whatever the version: somebody has decided.

    Raises ChangesRefused, and as `apply` does.
    """
    entry = _entry(operation, by)
    kept = {k: v for k, v in operation.changes.items() if k in ENVELOPE - {"version"}}
    try:
        call = _call(operation, entry, {**kept, **changes}, by=by, now=now)
    except ValidationError as error:
        raise ChangesRefused(extra=as_domain_error(error).extra) from error
    return _applied(Verdict.MERGED, entry.do(call, None), call)


def _entry(operation: Operation, by: Actor) -> Entry:
    entry = ENTRIES.get((operation.entity, operation.verb))
    if entry is None:
        raise OperationUnknown
    if entry.permission:
        by.must(entry.permission)
    return entry


def _call(
    operation: Operation, entry: Entry, changes: Mapping[str, Any], *, by: Actor, now: datetime
) -> Call:
    body = {name: changes[name] for name in changes if name != "action"}
    return Call(
        by=by,
        now=now,
        fact=operation.fact(now),
        entity_id=operation.entity_id,
        fingerprint=fingerprint_of({**changes, "id": str(operation.entity_id)}),
        data=_reader(entry.body).run_validation(body),
    )


@cache
def _reader(body: type[Input]) -> Input:
    """It keeps nothing of what it reads, and to make one takes longer than to use it."""
    return body()


def _applied(verdict: Verdict, text: str, call: Call | None = None) -> Outcome:
    return Outcome(
        verdict,
        version=orjson.loads(text)["version"],
        document=text,
        flags=tuple(call.fact.flags) if call else (),
    )


def _merged(
    operation: Operation,
    entry: Entry,
    current: str,
    *,
    by: Actor,
    now: datetime,
    rules: Rules,
) -> Outcome:
    """Called with the lock held under which the version was found stale."""
    server = _part(orjson.loads(current), entry, operation.entity_id)
    base = operation.base or known_before(
        by.restaurant_id,
        operation.changes.get("order", operation.entity_id),
        part=entry.part,
        entity_id=operation.entity_id,
        version=operation.base_version,
    )
    changes = {k: v for k, v in operation.changes.items() if k not in ENVELOPE}
    merged = merge(
        base=base, server=server, changes=changes, strategy=rules.of_entity(operation.entity)
    )
    if merged.contested:
        return _contested(operation, merged, base, server, current)
    if not merged.wanted:
        return replace(_applied(Verdict.MERGED, current), strategies=merged.used)
    given = {k: v for k, v in operation.changes.items() if k in ENVELOPE - {"version"}}
    call = _call(operation, entry, {**given, **merged.wanted}, by=by, now=now)
    is_first = server["version"] == operation.base_version and not merged.used
    verdict = Verdict.APPLIED if is_first else Verdict.MERGED
    outcome = _applied(verdict, entry.do(call, server["version"]), call)
    return replace(outcome, strategies=merged.used)


def _part(document: dict[str, Any], entry: Entry, pk: UUID) -> dict[str, Any]:
    if not entry.part:
        return document
    return next(row for row in document[entry.part] if row["id"] == str(pk))


def _contested(
    operation: Operation, merged: Merge, base: Any, server: dict[str, Any], current: str
) -> Outcome:
    return Outcome(
        Verdict.CONFLICT,
        code="conflict",
        detail=f"Somebody else changed {', '.join(merged.contested)}, too. A person decides.",
        version=server["version"],
        document=current,
        contested=tuple(merged.contested),
        strategies=merged.used,
        base=base,
        server=server,
    )
