"""Gratuity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import created_before, transaction_required
from fynlo.errors import NotFound, UnknownReference
from fynlo.events.log import append
from fynlo.money import share
from payments.documents import LATE_TIP
from payments.errors import PaymentNotTaken, TipsNotTaken
from payments.models import LateTip
from payments.selectors.attempts import hold_payment
from payments.selectors.fees import payment_settings
from payments.services.drawer_entries import drawer_at_hand, enter_tip
from payments.services.postings import post_late_tip


@dataclass(frozen=True, slots=True)
class Preset:
    """`amount` in minor units of the bill's currency."""

    bps: int
    amount: int


def presets(bill: int, tip_presets_bps: Sequence[int]) -> list[Preset]:
    """What the guest is offered to add: shares of the bill before fees, half-up."""
    return [Preset(bps, share(bill, bps)) for bps in tip_presets_bps]


@transaction_required
def take_late_tip(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    payment: UUID,
    amount: int,
    drawer: UUID | None = None,
) -> tuple[str, bool]:
    """Cash for the staff from a guest who has paid, in minor units. Its document, and whether it
    is new. It belongs to whom the payment's own tip would.

    Locks the order, the payment, the drawer. Raises UnknownReference, IdConflict, PaymentNotTaken,
    TipsNotTaken, DrawerNotOpen.
    """
    try:
        _, paid = hold_payment(by.restaurant_id, payment)
    except NotFound as missing:
        raise UnknownReference("There is no such payment.", field="payment") from missing
    if created_before(LateTip, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return LATE_TIP.read(LateTip.objects.filter(pk=pk))[0], False
    if not paid.captured:
        raise PaymentNotTaken
    if not payment_settings(by.restaurant_id).takes_tips:
        raise TipsNotTaken
    into = drawer_at_hand(by, drawer)
    profile = restaurant_profile(by.restaurant_id)
    tip = LateTip.objects.create(
        pk=pk,
        fingerprint=fingerprint,
        restaurant_id=by.restaurant_id,
        payment=paid,
        amount=amount,
        currency=paid.currency,
        business_date=business_date(
            at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at
        ),
        taken_by_id=by.membership_id,
        taken_at=now,
    )
    enter_tip(drawer=into, amount=amount, by=by, now=now)
    post_late_tip(tip=tip, now=now)
    return append(kind="tip.added", document=LATE_TIP, entity_id=pk, by=by, now=now), True
