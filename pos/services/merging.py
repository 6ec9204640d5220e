"""Two orders become one."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import Profile, restaurant_profile
from fynlo.db import check_version, transaction_required
from fynlo.errors import NotFound, UnknownReference, move
from fynlo.events.log import append
from pos.choices import ORDER_TRANSITIONS, OrderStatus
from pos.documents import ORDER
from pos.errors import MergeIntoItself, OrderHasPayments, OrderNotOpen, TooManyLines
from pos.models import OrderDiscount
from pos.selectors.orders import order_document
from pos.services.bill import OpenBill, calculate
from pos.services.bills_together import open_bills, save_together
from pos.services.dividing import keep, kept_together, open_priced, pin_discounts
from pos.services.lines import MAX_LINES
from pos.services.tickets import announce_header

MAX_GUESTS = 500
NOTE_LENGTH = 500


@transaction_required
def merge_order(
    *, by: Actor, now: datetime, pk: UUID, into: UUID, expected_version: int | None = None
) -> str:
    """Everything on this order goes to `into`, whose document is returned; its total is then the
    sum of both. This order is cancelled and names the one that has its lines.

    Locks both orders in the order of their keys, tickets, the log.
    Raises NotFound, VersionConflict, OrderNotOpen, UnknownReference, MergeIntoItself,
    OrderHasPayments (of this order; the other may have some), TooManyLines.
    """
    source, target = _open_both(by.restaurant_id, pk, into, expected_version)
    if source.order.paid:
        raise OrderHasPayments(
            "Money was taken for this order. Merge the other one into this one instead."
        )
    if len(source.live_lines) + len(target.live_lines) > MAX_LINES:
        raise TooManyLines
    profile = restaurant_profile(by.restaurant_id)
    gone = join_bills(source, target, profile=profile)
    source.order.status = move(source.order.status, OrderStatus.CANCELLED, ORDER_TRANSITIONS)
    source.order.merged_into = target.order
    source.order.cancel_reason = f"merged into #{target.order.number}"
    source.order.closed_at, source.order.closed_by_id = now, by.membership_id
    save_together([source, target], gone=gone, now=now)
    announce_header(target, by=by, now=now)
    append(kind="order.merged_away", document=ORDER, entity_id=pk, by=by, now=now)
    return append(kind="order.merged", document=ORDER, entity_id=into, by=by, now=now)


def join_bills(source: OpenBill, target: OpenBill, *, profile: Profile) -> list[OrderDiscount]:
    """Move all lines and discounts to the target, to the penny. Returns the discounts gone."""
    priced = [open_priced(bill, profile=profile) for bill in (source, target)]
    gone = [
        discount
        for bill, whole in zip((source, target), priced, strict=True)
        for discount in pin_discounts(bill, whole)
    ]
    first = 1 + max((line.position for line in target.lines), default=-1)
    for place, line in enumerate(source.lines, first):
        line.order, line.position = target.order, place
        line.version += 1
    for discount in source.discounts:
        discount.order = target.order
    target.lines, source.lines = [*target.lines, *source.lines], []
    target.discounts, source.discounts = [*target.discounts, *source.discounts], []
    target.order.guests = min(MAX_GUESTS, target.order.guests + source.order.guests)
    if source.order.note not in target.order.note:
        target.order.note = f"{target.order.note} {source.order.note}".strip()[:NOTE_LENGTH]
    keep(target, kept_together(priced), profile=profile)
    source.order.carried = {}
    calculate(source.order, (), (), profile=profile)
    return gone


def _open_both(
    restaurant_id: UUID, pk: UUID, into: UUID, expected_version: int | None
) -> tuple[OpenBill, OpenBill]:
    if pk == into:
        raise MergeIntoItself(field="into")
    bills = {bill.order.pk: bill for bill in open_bills(restaurant_id, [pk, into])}
    if pk not in bills:
        raise NotFound
    if into not in bills:
        raise UnknownReference("There is no such order.", field="into")
    source, target = bills[pk], bills[into]
    check_version(
        source.order.version,
        expected_version,
        document=lambda: order_document(restaurant_id, pk),
    )
    if {source.order.status, target.order.status} != {OrderStatus.OPEN}:
        raise OrderNotOpen
    return source, target
