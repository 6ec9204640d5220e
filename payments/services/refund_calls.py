"""Asking a provider to send money back."""

from datetime import datetime

from fynlo.db import transaction_required
from payments.choices import Operation
from payments.models import ProviderCall, Refund, provider_key
from payments.services.attempts import hand_over


@transaction_required
def plan_refund_call(refund: Refund, *, now: datetime) -> ProviderCall:
    """Under a key of the refund itself: however often it is asked for, it is made once.

    A worker makes it after the commit, unless whoever asks for it is quicker.
    """
    call = ProviderCall.objects.create(
        restaurant_id=refund.restaurant_id,
        attempt=refund.attempt,
        refund=refund,
        operation=Operation.REFUND,
        key=provider_key(refund.pk, Operation.REFUND, 1),
        arguments={"amount": refund.amount, "reference": f"FYN-{refund.pk.hex[:12]}"},
        started_at=now,
        try_at=now,
    )
    if refund.is_late:
        hand_over(call.pk)
    return call
