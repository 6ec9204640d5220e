"""What we hold to have happened at a provider on a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from payments.choices import AttemptStatus, RefundStatus
from payments.models import PaymentAttempt, Refund


@dataclass(frozen=True, slots=True)
class Booked:
    """Minor units; a refund is negative. `fee` is None where none is expected."""

    attempt: UUID
    amount: int
    fee: int | None = None


def booked_on(restaurant_id: UUID, provider: str, day: date) -> dict[tuple[str, str], Booked]:
    """By the provider's id of the payment and the kind of movement; the day in UTC."""
    begins = datetime.combine(day, time(), UTC)
    span = (begins, begins + timedelta(days=1))
    taken = PaymentAttempt.objects.for_restaurant(restaurant_id).filter(
        provider=provider, captured__gt=0, ended_at__gte=span[0], ended_at__lt=span[1]
    )
    found = {
        (one.provider_id, "payment"): Booked(
            one.pk, one.captured, one.estimated_fee if one.actual_fee is None else one.actual_fee
        )
        for one in taken.exclude(status=AttemptStatus.REVERSED)
    }
    given = Refund.objects.for_restaurant(restaurant_id).filter(
        attempt__provider=provider,
        status=RefundStatus.SUCCEEDED,
        ended_at__gte=span[0],
        ended_at__lt=span[1],
    )
    for refund in given.select_related("attempt").order_by("pk"):
        place = (refund.attempt.provider_id, "refund")
        before = found[place].amount if place in found else 0
        found[place] = Booked(refund.attempt_id, before - refund.amount)
    return found


def restaurants_with(provider: str, day: date) -> list[UUID]:
    """Those that took or gave money by this provider around that day."""
    around = datetime.combine(day, time(), UTC)
    rows = PaymentAttempt.objects.filter(
        provider=provider,
        ended_at__gte=around - timedelta(days=7),
        ended_at__lt=around + timedelta(days=2),
    )
    return list(rows.values_list("restaurant_id", flat=True).distinct().order_by("restaurant_id"))
