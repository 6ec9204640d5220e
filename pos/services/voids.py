"""Taking a line back. Sent lines stay on the bill, struck through, with a reason."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import append
from pos.choices import LINE_TRANSITIONS, ON_THE_WAY, UNSENT, LineState
from pos.documents import ORDER
from pos.errors import ApprovalRequired
from pos.services import stock
from pos.services.bill import open_bill, save
from pos.services.discounts import check_cap_of_less
from pos.services.sending import announce_tickets, cancel_at_stations


@transaction_required
def void_line(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    line: UUID,
    reason: str,
    approver: UUID | None = None,
    expected_version: int | None = None,
) -> str:
    """After sending, somebody who may APPROVE must say yes: the caller, or by PIN `approver`.

    Raises NotFound, VersionConflict, OrderNotOpen, ApprovalRequired, TransitionNotAllowed,
    TotalBelowPaid. The stations are told, unless they had not begun or it was served.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    voided = bill.line(line)
    was_sent = voided.state not in UNSENT
    if was_sent and approver is None and not by.may(Permission.APPROVE):
        raise ApprovalRequired
    cooking = [voided] if voided.state in ON_THE_WAY else []
    voided.state = move(voided.state, LineState.VOIDED, LINE_TRANSITIONS)
    voided.voided_at, voided.void_reason = now, reason
    voided.approved_by_id = approver or by.membership_id
    bill.touch(voided)
    moved = set() if was_sent else stock.give_back([voided])
    tickets = cancel_at_stations(bill.order, cooking, now=now)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if approver is None:
        check_cap_of_less(bill, by=by)
    stock.announce(moved, by=by, now=now)
    announce_tickets(tickets, by=by, now=now)
    return append(kind="order.line_voided", document=ORDER, entity_id=pk, by=by, now=now)
