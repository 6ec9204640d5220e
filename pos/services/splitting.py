"""One order becomes several: by lines, by seats, or in equal parts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import Profile, restaurant_profile
from fynlo.db import new_id, transaction_required
from fynlo.documents import json_list
from fynlo.errors import UnknownReference
from fynlo.events.log import append, append_all
from fynlo.money import allocate
from pos.choices import UNSENT
from pos.documents import ORDER
from pos.errors import LinesNotSent, SplitImpossible
from pos.models import Order, OrderDiscount, OrderLine
from pos.selectors.orders import Piece
from pos.services.bill import OpenBill, open_bill
from pos.services.bills_together import save_together
from pos.services.discounts import check_cap_of_parts, unapproved_rate
from pos.services.dividing import (
    Evenly,
    Quantities,
    divide_charges,
    divide_line,
    keep,
    open_priced,
    pin_discounts,
)
from pos.services.orders import take_numbers
from pos.services.tickets import announce_header

Plan = Mapping[UUID, Quantities]
"""For each line how much of it every part gets; the first part stays with the order."""


@transaction_required
def split_order(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    lines: Sequence[Sequence[Piece]] = (),
    seats: Sequence[Sequence[int]] = (),
    equal: int = 0,
    approver: UUID | None = None,
    expected_version: int | None = None,
) -> str:
    """The orders that it became, as a page, the order itself first; their totals sum to what its
    total was.

    Give one of `lines`, `seats` (one order for each group) and `equal` (so many parts). What no
    group names stays; when everything is named, the first group stays. Payments, the tip and the
    tickets stay with the order. A part that more is taken off than off the whole, and more than
    the cap of this role, needs somebody who may APPROVE: the caller, or by PIN `approver`.
    Locks the order, the day's counter, the log.
    Raises NotFound, VersionConflict, OrderNotOpen, UnknownReference, SplitImpossible, LinesNotSent,
    ApprovalRequired, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    plan = _plan(bill, lines=lines, seats=seats, equal=equal)
    rate = unapproved_rate(bill)
    profile = restaurant_profile(by.restaurant_id)
    parts, gone = divide_bill(bill, plan, evenly=bool(equal), profile=profile, now=now)
    if approver is None:
        check_cap_of_parts(parts, rate=rate, by=by)
    children = [part.order for part in parts[1:]]
    numbers = take_numbers(by.restaurant_id, bill.order.business_date, count=len(children))
    for child, number in zip(children, numbers, strict=True):
        child.number = number
    save_together(parts, gone=gone, now=now)
    announce_header(bill, by=by, now=now)
    ids = [child.pk for child in children]
    made = append_all(kind="order.split_off", document=ORDER, entity_ids=ids, by=by, now=now)
    left = append(kind="order.split", document=ORDER, entity_id=pk, by=by, now=now)
    orders = json_list([left, *(event.payload for event in made)])
    return f'{{"results":{orders},"next":null}}'


def divide_bill(
    bill: OpenBill, plan: Plan, *, evenly: bool, profile: Profile, now: datetime
) -> tuple[list[OpenBill], list[OrderDiscount]]:
    """The parts, priced and unsaved, and the discounts that are gone. The first is `bill`."""
    whole = open_priced(bill, profile=profile)
    gone = pin_discounts(bill, whole)
    count = len(next(iter(plan.values())))
    parts = [bill, *(_child(bill, count, place, now) for place in range(1, count))]
    divide = Evenly(count).divide if evenly else allocate
    divide_discount = Evenly(count).divide if evenly else allocate
    lines, bill.lines = bill.lines, [line for line in bill.lines if line.pk not in plan]
    discounts, bill.discounts = bill.discounts, []
    for line in lines:
        own = [discount for discount in discounts if discount.line_id == line.pk]
        if line.pk not in plan:
            bill.discounts += own
            continue
        divided = divide_line(
            line, own, plan[line.pk], divide_net=divide, divide_discount=divide_discount
        )
        for part, found in zip(parts, divided, strict=True):
            if found:
                gone += _put(part, *found, is_whole=sum(map(bool, divided)) == 1)
    kept = divide_charges(
        whole, [open_priced(part, profile=profile) for part in parts], divide=divide
    )
    bill.order.guests = _guests(whole_party=bill.order.guests, count=count)[0]
    for part, amounts in zip(parts, kept, strict=True):
        keep(part, amounts, profile=profile)
    return parts, gone


def _put(
    part: OpenBill, line: OrderLine, discounts: Sequence[OrderDiscount], *, is_whole: bool
) -> list[OrderDiscount]:
    """Add a line to its order. Returns the discounts that came to nothing in it."""
    if not is_whole or line.order_id != part.order.pk:
        line.version += 1
    if line.order_id != part.order.pk:
        line.order, line.position = part.order, len(part.lines)
    part.lines.append(line)
    for discount in discounts:
        discount.order = part.order
    part.discounts += [discount for discount in discounts if discount.amount]
    return [discount for discount in discounts if not discount.amount]


def _child(bill: OpenBill, count: int, place: int, now: datetime) -> OpenBill:
    whole = bill.order
    order = Order(
        id=new_id(),
        version=0,
        restaurant_id=whole.restaurant_id,
        business_date=whole.business_date,
        channel=whole.channel,
        table_id=whole.table_id,
        guests=_guests(whole_party=whole.guests, count=count)[place],
        note=whole.note,
        server_id=whole.server_id,
        opened_by_id=whole.opened_by_id,
        opened_at=whole.opened_at,
        received_at=now,
        currency=whole.currency,
        service_charge_bps=whole.service_charge_bps,
        service_charge_approved_by_id=whole.service_charge_approved_by_id,
        split_from=whole,
    )
    return OpenBill.of(order, [], [])


def _guests(*, whole_party: int, count: int) -> list[int]:
    """Every order has a guest at least."""
    return [max(1, guests) for guests in allocate(whole_party, [1] * count)]


def _plan(
    bill: OpenBill,
    *,
    lines: Sequence[Sequence[Piece]],
    seats: Sequence[Sequence[int]],
    equal: int,
) -> Plan:
    """Raises UnknownReference, SplitImpossible, LinesNotSent."""
    if equal:
        plan: Plan = {line.pk: _in_equal_parts(line, equal) for line in bill.live_lines}
    elif seats:
        plan = _by_groups(bill, [_at_seats(bill, group) for group in seats])
    else:
        plan = _by_groups(bill, [_pieces(bill, place, group) for place, group in enumerate(lines)])
    parts = list(zip(*plan.values(), strict=True))
    if len(parts) < 2 or not all(any(part) for part in parts):
        raise SplitImpossible
    if any(_cuts_pieces(line, plan[line.pk]) for line in bill.live_lines):
        raise LinesNotSent("Send or remove what is new first: the kitchen cooks whole pieces.")
    return plan


def _cuts_pieces(line: OrderLine, quantities: Quantities) -> bool:
    """Whether a ticket would have to say a part of a piece. What the kitchen has, it has whole."""
    divided = sum(map(bool, quantities)) > 1
    return line.state in UNSENT and divided and any(part % 1 for part in quantities)


def _in_equal_parts(line: OrderLine, count: int) -> Quantities:
    """Quantities have three decimals: a third is 0.334 and twice 0.333."""
    return [Decimal(n) / 1000 for n in allocate(int(line.quantity * 1000), [1] * count)]


def _at_seats(bill: OpenBill, seats: Collection[int]) -> dict[UUID, Decimal]:
    return {line.pk: line.quantity for line in bill.live_lines if line.seat in seats}


def _pieces(bill: OpenBill, place: int, group: Sequence[Piece]) -> dict[UUID, Decimal]:
    known = {line.pk: line for line in bill.live_lines}
    found: dict[UUID, Decimal] = {}
    for piece in group:
        if piece.line not in known or piece.line in found:
            raise UnknownReference("This order has no such line left.", field=f"lines.{place}")
        found[piece.line] = piece.quantity or known[piece.line].quantity
    return found


def _by_groups(bill: OpenBill, groups: Sequence[Mapping[UUID, Decimal]]) -> Plan:
    """Raises SplitImpossible when more of a line is named than there is."""
    plan: dict[UUID, list[Decimal]] = {}
    for line in bill.live_lines:
        named = [group.get(line.pk, Decimal(0)) for group in groups]
        plan[line.pk] = [line.quantity - sum(named, Decimal(0)), *named]
    if any(parts[0] < 0 for parts in plan.values()):
        raise SplitImpossible("More of a line is named than there is on the order.")
    everything = not any(parts[0] for parts in plan.values())
    return {pk: parts[1:] for pk, parts in plan.items()} if everything else plan
