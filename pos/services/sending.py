"""From the order to the kitchen: send, hold, fire, serve. Only the difference is ever sent."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.batches import kept
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import append
from pos.choices import LINE_TRANSITIONS, ON_THE_WAY, UNSENT, LateFlag, LineState, OrderStatus
from pos.documents import ORDER
from pos.errors import NothingToSend
from pos.models import OrderLine, Product
from pos.selectors.orders import order_document
from pos.services.bill import OpenBill, open_bill, save_states
from pos.services.facts import Fact
from pos.services.ticket_printing import announce_tickets, print_lines


@transaction_required
def send_order(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    lines: Sequence[UUID] = (),
    expected_version: int | None = None,
) -> str:
    """New lines (all, or those named) become one ticket for each station.

    Raises NotFound, VersionConflict, OrderNotOpen, NothingToSend.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    chosen = _choose(bill, lines, {LineState.NEW, LineState.HELD} if lines else {LineState.NEW})
    return _send(bill, chosen, kind="order.sent", by=by, now=now)


@transaction_required
def fire_course(
    *, by: Actor, now: datetime, pk: UUID, course: int, expected_version: int | None = None
) -> str:
    """The waiting lines of a course go to the kitchen. Raises as `send_order`."""
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    waiting = _choose(bill, (), {LineState.NEW, LineState.HELD})
    chosen = [line for line in waiting if line.course == course]
    return _send(bill, chosen, kind="order.course_fired", by=by, now=now)


@transaction_required
def hold_lines(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    lines: Sequence[UUID] = (),
    course: int | None = None,
    expected_version: int | None = None,
) -> str:
    """New lines (all, those named, or a course) wait until they are fired or sent by name.

    Raises as `send_order`.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    chosen = _choose(bill, lines, {LineState.NEW})
    chosen = [line for line in chosen if course is None or line.course == course]
    return _advance(bill, chosen, LineState.HELD, kind="order.held", by=by, now=now)


@transaction_required
def serve_lines(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    lines: Sequence[UUID] = (),
    expected_version: int | None = None,
    fact: Fact | None = None,
) -> str:
    """What the kitchen has (all, or those named) is on the table. Raises as `send_order`.

    What was served where the house could not be asked (`fact`) is served, whatever became of the
    order: of a `fact` only NotFound is raised.
    """
    if fact:
        return _served(by=by, now=now, pk=pk, lines=lines, fact=fact)
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    chosen = _choose(bill, lines, ON_THE_WAY)
    for line in chosen:
        line.served_at = now
    return _advance(bill, chosen, LineState.SERVED, kind="order.served", by=by, now=now)


def _served(*, by: Actor, now: datetime, pk: UUID, lines: Sequence[UUID], fact: Fact) -> str:
    bill = open_bill(by.restaurant_id, pk, status=None)
    chosen = _choose(bill, lines, ON_THE_WAY | UNSENT if lines else ON_THE_WAY)
    chosen = chosen or _choose(bill, lines, UNSENT)
    if bill.order.status != OrderStatus.OPEN:
        fact.note(LateFlag.ORDER_CLOSED)
    elif not chosen:
        fact.note(LateFlag.ALREADY_DONE)
        return order_document(by.restaurant_id, pk)
    unsent = [line for line in chosen if line.state in UNSENT]
    if unsent:
        fact.note(LateFlag.NEVER_SENT)
    bill.order.flags = fact.beside(bill.order.flags)
    _set_state(bill, [line for line in unsent if line.state == LineState.HELD], LineState.NEW)
    for line in chosen:
        line.served_at = fact.happened_at
    _set_state(bill, chosen, LineState.SERVED)
    save_states(bill, now=now)
    return append(kind="order.served", document=ORDER, entity_id=pk, by=by, now=now)


def _choose(bill: OpenBill, wanted: Sequence[UUID], states: Iterable[LineState]) -> list[OrderLine]:
    named = [bill.line(line_id) for line_id in dict.fromkeys(wanted)] or bill.lines
    return [line for line in named if line.state in set(states)]


def _send(bill: OpenBill, chosen: list[OrderLine], *, kind: str, by: Actor, now: datetime) -> str:
    if not chosen:
        raise NothingToSend
    stations = _stations_of(chosen)
    for line in chosen:
        line.sent_at = now
        if line.pk not in stations:
            line.ready_at = now
    tickets = print_lines(bill.order, chosen, stations, change="add", now=now)
    to_cook = [line for line in chosen if line.pk in stations]
    no_cooking = [line for line in chosen if line.pk not in stations]
    _set_state(bill, to_cook, LineState.SENT)
    _set_state(bill, no_cooking, LineState.SENT)
    _set_state(bill, no_cooking, LineState.READY)
    save_states(bill, now=now)
    announce_tickets(tickets, by=by, now=now)
    return append(kind=kind, document=ORDER, entity_id=bill.order.pk, by=by, now=now)


def _advance(
    bill: OpenBill,
    chosen: list[OrderLine],
    state: LineState,
    *,
    kind: str,
    by: Actor,
    now: datetime,
) -> str:
    if not chosen:
        raise NothingToSend
    _set_state(bill, chosen, state)
    save_states(bill, now=now)
    return append(kind=kind, document=ORDER, entity_id=bill.order.pk, by=by, now=now)


def _set_state(bill: OpenBill, lines: Iterable[OrderLine], state: LineState) -> None:
    for line in lines:
        line.state = move(line.state, state, LINE_TRANSITIONS)
        bill.touch(line)


def _stations_of(lines: Sequence[OrderLine]) -> dict[UUID, UUID]:
    """Line to the station of its product; lines that no station cooks are missing."""
    known: dict[UUID, UUID | None] = kept("stations", dict)
    wanted = {line.product_id for line in lines} - known.keys()
    if wanted:
        known |= dict(Product.objects.filter(pk__in=wanted).values_list("pk", "station_id"))
    found = ((line.pk, known[line.product_id]) for line in lines)
    return {pk: station for pk, station in found if station}
