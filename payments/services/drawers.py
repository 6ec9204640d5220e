"""Cash drawers: opened with a float, counted blind, closed with what is over or short.

Locks: the drawer, then its journal and the ledger, then the log.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import check_version, created_before, transaction_required
from fynlo.events.log import Author, append
from payments.choices import MOVEMENTS, DrawerEventKind, DrawerStatus
from payments.documents import DRAWER, DRAWER_EVENT
from payments.errors import (
    DrawerAlreadyOpen,
    DrawerClosed,
    DrawerNotCounted,
    DrawerTooEmpty,
    MovementNotUndoable,
)
from payments.models import DrawerEvent, DrawerSession
from payments.selectors.drawers import (
    content,
    drawer_document,
    lock_drawer,
    movement,
    open_drawer_like,
)
from payments.selectors.fees import payment_settings
from payments.services.drawer_entries import (
    enter_closing,
    enter_count,
    enter_movement,
    enter_opening,
)
from payments.services.drawer_reports import report
from pos.errors import ApprovalRequired


@transaction_required
def open_drawer(
    *,
    by: Author,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    opening_float: int = 0,
    name: str = "Main",
    is_late: bool = False,
) -> tuple[str, bool]:
    """With a float in minor units. The document, and whether it is new.

    Two that open the same drawer at one instant meet at the database: one of them is told so.
    Raises IdConflict, DrawerAlreadyOpen, which names the one in the way.
    """
    if created_before(DrawerSession, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return drawer_document(by.restaurant_id, pk), False
    profile = restaurant_profile(by.restaurant_id)
    drawer = DrawerSession(
        pk=pk,
        fingerprint=fingerprint,
        restaurant_id=by.restaurant_id,
        name=name,
        is_late=is_late,
        device_id=by.device_id,
        business_date=business_date(
            at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at
        ),
        currency=profile.currency,
        opening_float=opening_float,
        opened_by_id=by.membership_id,
        opened_at=now,
    )
    _insert(drawer)
    enter_opening(drawer=drawer, by=by, now=now)
    return append(kind="drawer.opened", document=DRAWER, entity_id=pk, by=by, now=now), True


def _insert(drawer: DrawerSession) -> None:
    try:
        with transaction.atomic():
            drawer.save(force_insert=True)
    except IntegrityError as error:
        if "drawer_open_once" not in str(error):
            raise
        raise DrawerAlreadyOpen(extra=_in_the_way(drawer)) from error


def _in_the_way(drawer: DrawerSession) -> dict[str, str]:
    """The open drawer of this name or of this device: which it is, and whose."""
    found = open_drawer_like(drawer)
    if found is None:
        return {}
    opened_by = found.opened_by.user.name if found.opened_by else ""
    return {
        "drawer": str(found.pk),
        "name": found.name,
        "opened_at": found.opened_at.isoformat().replace("+00:00", "Z"),
        "opened_by": opened_by,
    }


@transaction_required
def move_cash(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    drawer: UUID,
    kind: DrawerEventKind,
    amount: int = 0,
    reason: str = "",
    approver: UUID | None = None,
) -> tuple[str, bool]:
    """`amount` minor units paid in or out, or the drawer opened without a sale (0).

    The movement's document, and whether it is new. To pay out takes APPROVE.
    Raises NotFound, IdConflict, DrawerClosed, ApprovalRequired, DrawerTooEmpty.
    """
    found = lock_drawer(by.restaurant_id, drawer)
    if created_before(DrawerEvent, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return _movement_document(pk), False
    _must_be_open(found)
    signed = -amount if kind == DrawerEventKind.PAID_OUT else amount
    if signed < 0:
        _must_be_approved(by, approver)
        _must_hold(found, -signed)
    enter_movement(
        drawer=found,
        pk=pk,
        fingerprint=fingerprint,
        kind=kind,
        amount=signed,
        reason=reason,
        by=by,
        now=now,
        approver=approver,
    )
    _announce(found, "drawer.moved", by=by, now=now)
    return _movement_document(pk), True


@transaction_required
def undo_movement(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    drawer: UUID,
    movement_id: UUID,
    reason: str,
    approver: UUID | None = None,
) -> tuple[str, bool]:
    """A new entry that takes a movement back, and whether it is new. It takes APPROVE.

    Raises NotFound, IdConflict, DrawerClosed, ApprovalRequired, MovementNotUndoable,
    DrawerTooEmpty.
    """
    found = lock_drawer(by.restaurant_id, drawer)
    if created_before(DrawerEvent, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return _movement_document(pk), False
    _must_be_open(found)
    _must_be_approved(by, approver)
    undone, was_undone = movement(found, movement_id)
    if undone.kind not in MOVEMENTS or not undone.amount or was_undone:
        raise MovementNotUndoable
    _must_hold(found, undone.amount)
    enter_movement(
        drawer=found,
        pk=pk,
        fingerprint=fingerprint,
        kind=DrawerEventKind.UNDONE,
        amount=-undone.amount,
        reason=reason,
        by=by,
        now=now,
        approver=approver,
        undoes=undone,
    )
    _announce(found, "drawer.moved", by=by, now=now)
    return _movement_document(pk), True


@transaction_required
def count_drawer(
    *, by: Actor, now: datetime, pk: UUID, counted: int, expected_version: int | None = None
) -> str:
    """What somebody counted, in minor units; the answer does not say what it should have been.

    Raises NotFound, VersionConflict, DrawerClosed.
    """
    drawer = _locked(by, pk, expected_version)
    drawer.counted, drawer.counted_at, drawer.counted_by_id = counted, now, by.membership_id
    enter_count(drawer=drawer, counted=counted, by=by, now=now)
    return _announce(drawer, "drawer.counted", by=by, now=now)


@transaction_required
def close_drawer(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    note: str = "",
    expected_version: int | None = None,
    approver: UUID | None = None,
) -> str:
    """With the last count. What is off by more than the restaurant's tolerance takes APPROVE.

    The drawer's document with `expected` and `difference`; the Z report is stored.
    Raises NotFound, VersionConflict, DrawerClosed, DrawerNotCounted, ApprovalRequired.
    """
    drawer = _locked(by, pk, expected_version)
    if drawer.counted is None:
        raise DrawerNotCounted
    expected = content(drawer)
    difference = drawer.counted - expected
    if abs(difference) > payment_settings(by.restaurant_id).drawer_tolerance:
        _must_be_approved(by, approver)
    drawer.note, drawer.approved_by_id = note, approver
    enter_closing(drawer=drawer, difference=difference, by=by, now=now, approver=approver)
    drawer.expected, drawer.difference = expected, difference
    drawer.status, drawer.closed_at, drawer.closed_by_id = (
        DrawerStatus.CLOSED,
        now,
        by.membership_id,
    )
    drawer.report = report(drawer, now=now)
    return _announce(drawer, "drawer.closed", by=by, now=now)


def _locked(by: Actor, pk: UUID, expected_version: int | None) -> DrawerSession:
    drawer = lock_drawer(by.restaurant_id, pk)
    check_version(
        drawer.version, expected_version, document=lambda: drawer_document(by.restaurant_id, pk)
    )
    _must_be_open(drawer)
    return drawer


def _must_be_open(drawer: DrawerSession) -> None:
    if drawer.status != DrawerStatus.OPEN:
        raise DrawerClosed


def _must_be_approved(by: Actor, approver: UUID | None) -> None:
    if approver is None and not by.may(Permission.APPROVE):
        raise ApprovalRequired


def _must_hold(drawer: DrawerSession, amount: int) -> None:
    if amount > content(drawer):
        raise DrawerTooEmpty(field="amount")


def _announce(drawer: DrawerSession, kind: str, *, by: Actor, now: datetime) -> str:
    drawer.version += 1
    drawer.save()
    return append(kind=kind, document=DRAWER, entity_id=drawer.pk, by=by, now=now)


def _movement_document(pk: UUID) -> str:
    return DRAWER_EVENT.read(DrawerEvent.objects.filter(pk=pk))[0]
