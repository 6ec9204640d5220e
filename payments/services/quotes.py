"""What each way to pay would come to, side by side, before anything is written."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from fynlo.accounts.actor import Actor
from fynlo.errors import UnknownReference
from payments.choices import FeePayer, Method
from payments.errors import AmountAboveDue, OrderAlreadyPaid, TipsNotTaken
from payments.services.charges import rounding_for
from payments.services.routing import reasons, recommended
from payments.services.terms import Conditions, Terms, conditions, terms_of
from payments.services.tips import presets
from pos.choices import OrderStatus
from pos.errors import OrderNotOpen
from pos.models import Order
from pos.selectors.orders import orders
from pos.services.settlement import due


def quote(
    *,
    by: Actor,
    now: datetime,
    order: UUID,
    amount: int | None = None,
    tip: int = 0,
    fee_payer: FeePayer | None = None,
) -> str:
    """JSON text: `amount` of what is due (all of it when None) and a tip, by every way to pay.

    Raises UnknownReference, OrderNotOpen, OrderAlreadyPaid, AmountAboveDue, TipsNotTaken.
    """
    owed = _order(by.restaurant_id, order)
    left = due(owed)
    bill = left if amount is None else amount
    if left <= 0:
        raise OrderAlreadyPaid
    if bill > left:
        raise AmountAboveDue(field="amount", extra={"due": left})
    known = conditions(by.restaurant_id, now=now)
    if tip and not known.chosen.takes_tips:
        raise TipsNotTaken(field="tip")
    rounding = rounding_for(left, bill, tip, restaurant_id=by.restaurant_id)
    every = [terms_of(method, bill + tip, known, payer=fee_payer) for method in Method]
    document = {
        "order": str(owed.pk),
        "currency": owed.currency,
        "bill": bill,
        "tip": tip,
        "amount": bill + tip,
        **_tips(bill, known),
        "methods": [_row(terms, every, rounding=rounding) for terms in every],
        **_advice(every),
    }
    return orjson.dumps(document).decode()


def _order(restaurant_id: UUID, order: UUID) -> Order:
    found = orders(restaurant_id).filter(pk=order).first()
    if found is None:
        raise UnknownReference("There is no such order.", field="order")
    if found.status != OrderStatus.OPEN:
        raise OrderNotOpen
    return found


def _tips(bill: int, known: Conditions) -> dict[str, Any]:
    takes = known.chosen.takes_tips
    offered = presets(bill, known.chosen.tip_presets_bps) if takes else []
    return {"takes_tips": takes, "tips": [asdict(preset) for preset in offered]}


def _row(terms: Terms, every: list[Terms], *, rounding: int) -> dict[str, Any]:
    candidate, fees = terms.candidate, terms.candidate.fees
    card = next(one.candidate for one in every if one.method == Method.CARD)
    rounded = rounding if terms.method == Method.CASH else 0
    return {
        "method": terms.method,
        "obstacles": [obstacle.value for obstacle in candidate.obstacles],
        "may_charge_guest": terms.may_charge_guest,
        "fee_payer": terms.fee_payer,
        "rounding": rounded,
        "customer_fee": fees.customer_fee,
        "total": fees.charge + rounded,
        "provider_fee": fees.provider,
        "platform_fee": fees.platform,
        "net": fees.net + rounded,
        "saved_against_card": card.cost - candidate.cost,
    }


def _advice(every: list[Terms]) -> dict[str, Any]:
    candidates = [terms.candidate for terms in every]
    best = recommended(candidates)
    return {"recommended": best and best.method, "reasons": reasons(candidates)}
