"""What goes into a drawer's journal, and with it into the ledger where no payment does that."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.batches import insert_rows
from fynlo.db import new_id, transaction_required
from fynlo.errors import UnknownReference
from fynlo.events.log import Author
from payments.choices import Account, DrawerEventKind, Posting
from payments.errors import DrawerNotOpen
from payments.models import DrawerEvent, DrawerSession, Payment, Refund
from payments.selectors.drawers import drawers, lock_drawer_at_hand
from payments.services import ledger


def drawer_at_hand(by: Actor, drawer: UUID | None = None) -> DrawerSession:
    """The open drawer that `by` takes money with, locked. Raises DrawerNotOpen, and
    UnknownReference for a drawer that is not this restaurant's."""
    found = lock_drawer_at_hand(by, drawer)
    if found is None and drawer and not drawers(by.restaurant_id, pk=drawer).exists():
        raise UnknownReference("There is no such drawer.", field="drawer")
    if found is None:
        raise DrawerNotOpen
    return found


@transaction_required
def enter_sale(*, drawer: DrawerSession, payment: Payment, by: Actor, now: datetime) -> None:
    """Cash of a guest. Call while holding the drawer's lock."""
    _enter(drawer, DrawerEventKind.SALE, payment.captured, by=by, now=now, payment=payment)


@transaction_required
def enter_tip(*, drawer: DrawerSession, amount: int, by: Actor, now: datetime) -> None:
    """Left after the payment. Call while holding the drawer's lock."""
    _enter(drawer, DrawerEventKind.TIP, amount, by=by, now=now)


@transaction_required
def enter_refund(*, drawer: DrawerSession, refund: Refund, by: Actor, now: datetime) -> None:
    """Cash back to a guest. Call while holding the drawer's lock."""
    _enter(
        drawer,
        DrawerEventKind.REFUND,
        -refund.amount,
        by=by,
        now=now,
        refund=refund,
        reason=refund.reason,
        approved_by_id=refund.approved_by_id,
    )


@transaction_required
def enter_movement(
    *,
    drawer: DrawerSession,
    pk: UUID,
    fingerprint: str,
    kind: DrawerEventKind,
    amount: int,
    reason: str,
    by: Actor,
    now: datetime,
    approver: UUID | None = None,
    undoes: DrawerEvent | None = None,
) -> None:
    """`amount` is what it adds, negative when it takes. Call while holding the drawer's lock."""
    event = _enter(
        drawer,
        kind,
        amount,
        by=by,
        now=now,
        pk=pk,
        fingerprint=fingerprint,
        reason=reason,
        approved_by_id=approver,
        undoes=undoes,
    )
    amounts = {Account.CASH_DRAWER: amount, Account.CASH_MOVEMENTS: -amount}
    _post(event, drawer, Posting.DRAWER_MOVED, amounts, now=now)


@transaction_required
def enter_opening(*, drawer: DrawerSession, by: Author, now: datetime) -> None:
    """The float comes from the restaurant's own cash: nothing is posted."""
    _enter(drawer, DrawerEventKind.OPENED, drawer.opening_float, by=by, now=now)


@transaction_required
def enter_count(*, drawer: DrawerSession, counted: int, by: Actor, now: datetime) -> None:
    _enter(drawer, DrawerEventKind.COUNTED, 0, by=by, now=now, counted=counted)


@transaction_required
def enter_closing(
    *, drawer: DrawerSession, difference: int, by: Actor, now: datetime, approver: UUID | None
) -> None:
    """What was counted above or below is a gain or a loss. Call while holding the drawer's lock."""
    event = _enter(
        drawer,
        DrawerEventKind.CLOSED,
        difference,
        by=by,
        now=now,
        counted=drawer.counted,
        reason=drawer.note,
        approved_by_id=approver,
    )
    amounts = {Account.CASH_DRAWER: difference, Account.CASH_DIFFERENCE: -difference}
    _post(event, drawer, Posting.DRAWER_COUNTED, amounts, now=now)


def _enter(
    drawer: DrawerSession,
    kind: DrawerEventKind,
    amount: int,
    *,
    by: Author,
    now: datetime,
    pk: UUID | None = None,
    **details: object,
) -> DrawerEvent:
    event = DrawerEvent(
        pk=pk or new_id(),
        restaurant_id=by.restaurant_id,
        session=drawer,
        kind=kind,
        amount=amount,
        done_by_id=by.membership_id,
        done_at=now,
        **details,
    )
    insert_rows([event])
    return event


def _post(
    event: DrawerEvent,
    drawer: DrawerSession,
    kind: Posting,
    amounts: dict[Account, int],
    *,
    now: datetime,
) -> None:
    if not event.amount:
        return
    ledger.post(
        restaurant_id=event.restaurant_id,
        source_key=f"drawer_event:{event.pk}",
        kind=kind,
        currency=drawer.currency,
        amounts=amounts,
        business_date=drawer.business_date,
        now=now,
    )
