"""Opening an order and changing its header."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from django.db import connection

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import Profile, restaurant_profile
from fynlo.batches import insert_rows, keep, kept_already, update_rows
from fynlo.clock import business_date
from fynlo.db import created_before, transaction_required
from fynlo.errors import UnknownReference
from fynlo.events.log import append
from pos.choices import Channel, LateFlag
from pos.documents import ORDER
from pos.errors import ApprovalRequired
from pos.models import Order, OrderLine, OrderNumber
from pos.selectors.orders import order_document
from pos.selectors.sale import Wanted, products_for_sale
from pos.services import stock
from pos.services.basket import fill
from pos.services.bill import OpenBill, calculate, keep_bill, open_bill, save
from pos.services.facts import Fact
from pos.services.tickets import announce_header
from pos.services.transfers import check_server, seat_at


class OrderChanges(TypedDict, total=False):
    """`service_charge_bps` in basis points; `table` None takes the order off its table."""

    table: UUID | None
    server: UUID
    guests: int
    note: str
    service_charge_bps: int


SHOWN_ON_TICKETS = frozenset({"table", "guests", "note"})
AT_THE_TABLE = frozenset({Channel.DINE_IN, Channel.QR_TABLE})


@transaction_required
def open_order(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    channel: str,
    lines: Sequence[Wanted],
    table: UUID | None = None,
    guests: int = 1,
    note: str = "",
    fact: Fact | None = None,
) -> tuple[str, bool]:
    """A new order with its lines, priced by the menu; the document, and whether it is new.

    What was sold at a till without a line (`fact`) is recorded at the prices that it names,
    although it is sold out, or the table gone, by now.
    Locks the table, limited products in the order of their keys, the day's counter, the log.
    Raises IdConflict, UnknownReference, ProductSoldOut, AmountTooLarge and the errors of `fill`.
    """
    if created_before(Order, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return order_document(by.restaurant_id, pk), False
    profile = restaurant_profile(by.restaurant_id)
    seated_at = _seat(by.restaurant_id, table, fact) if table else None
    wanted = {line.product for line in lines}
    menu = products_for_sale(by.restaurant_id, wanted, archived=fact is not None)
    at = fact.happened_at if fact else now
    sold = fill(lines, menu=menu, by=by, profile=profile, now=now, at=at, fact=fact)
    order = blank_order(by, profile, now=now, at=at, channel=channel)
    order.pk, order.fingerprint, order.table_id = pk, fingerprint, seated_at
    order.guests, order.note = guests, note
    calculate(order, sold, (), profile=profile)
    taken = stock.take(sold, menu=menu, now=now, fact=fact)
    order.flags = fact.beside([]) if fact else []
    (order.number,) = take_numbers(by.restaurant_id, order.business_date)
    insert_rows([order])
    _insert_lines(order, sold)
    keep_bill(OpenBill.of(order, sold, []))
    stock.announce(taken, by=by, now=now)
    text = append(
        kind="order.created", document=ORDER, entity_id=pk, by=by, now=now, occurred_at=at
    )
    return text, True


def _seat(restaurant_id: UUID, table: UUID, fact: Fact | None) -> UUID | None:
    """Raises UnknownReference, unless the guests have sat there."""
    try:
        return seat_at(restaurant_id, table)
    except UnknownReference:
        if fact is None:
            raise
        fact.note(LateFlag.TABLE_GONE)
        return None


def blank_order(by: Actor, profile: Profile, *, now: datetime, at: datetime, channel: str) -> Order:
    """An unsaved order of this restaurant and business day, without number or lines."""
    return Order(
        restaurant_id=by.restaurant_id,
        business_date=business_date(
            at=at, zone=profile.time_zone, day_starts_at=profile.day_starts_at
        ),
        channel=channel,
        server_id=by.membership_id,
        opened_by_id=by.membership_id,
        opened_at=at,
        received_at=now,
        updated_at=now,
        currency=profile.currency,
        service_charge_bps=profile.service_charge_bps if channel in AT_THE_TABLE else 0,
    )


@transaction_required
def change_order(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    changes: OrderChanges,
    approver: UUID | None = None,
) -> str:
    """What is not given stays as it is. Another service charge needs somebody who may APPROVE:
    the caller, or by PIN `approver`.

    Raises NotFound, VersionConflict, OrderNotOpen, UnknownReference, ApprovalRequired,
    TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    if "table" in changes:
        named = changes["table"]
        bill.order.table_id = seat_at(by.restaurant_id, named) if named else None
    if "server" in changes:
        check_server(by.restaurant_id, changes["server"])
        bill.order.server_id = changes["server"]
    order = bill.order
    order.guests = changes.get("guests", order.guests)
    order.note = changes.get("note", order.note)
    if "service_charge_bps" in changes:
        _charge(order, changes["service_charge_bps"], by=by, approver=approver)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if SHOWN_ON_TICKETS & changes.keys():
        announce_header(bill, by=by, now=now)
    return append(kind="order.updated", document=ORDER, entity_id=pk, by=by, now=now)


def _charge(order: Order, bps: int, *, by: Actor, approver: UUID | None) -> None:
    """This service charge on all of it, whatever a split or a merge brought along."""
    brought_along = {"service_charge", "service_charge_tax"} & order.carried.keys()
    if bps == order.service_charge_bps and not brought_along:
        return
    if approver is None and not by.may(Permission.APPROVE):
        raise ApprovalRequired
    order.service_charge_bps = bps
    order.service_charge_approved_by_id = approver or by.membership_id
    order.carried = {"taxes": order.carried.get("taxes", [])}


def take_numbers(restaurant_id: UUID, day: date, *, count: int = 1) -> range:
    """So many display numbers of a day.

    Locks the day's counter to the end of the transaction: numbers have no gaps.
    """
    key = ("counter", restaurant_id, day)
    counter = kept_already(key)
    if counter is None:
        counter = _count_up(restaurant_id, day, count)
        keep(key, counter)
    else:
        counter.last += count
        update_rows([counter], ["last"])
    return range(counter.last - count + 1, counter.last + 1)


def _count_up(restaurant_id: UUID, day: date, count: int) -> OrderNumber:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pos_ordernumber AS n (restaurant_id, business_date, last)"
            " VALUES (%s, %s, %s) ON CONFLICT (restaurant_id, business_date)"
            " DO UPDATE SET last = n.last + %s RETURNING id, last",
            [restaurant_id, day, count, count],
        )
        pk, last = cursor.fetchone()
    return OrderNumber(pk=pk, restaurant_id=restaurant_id, business_date=day, last=last)


def _insert_lines(order: Order, lines: Sequence[OrderLine]) -> None:
    for line in lines:
        line.order = order
    insert_rows(lines)
