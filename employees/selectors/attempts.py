from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from employees.models import ClockAttempt


def attempts(
    restaurant_id: UUID, *, min_risk: int = 0, member: UUID | None = None
) -> QuerySet[ClockAttempt]:
    rows = ClockAttempt.objects.for_restaurant(restaurant_id).filter(risk__gte=min_risk)
    return rows if member is None else rows.filter(member_id=member)


def refused_pins(device_id: UUID, employee_code: str, *, since: datetime) -> int:
    """How often code and PIN did not fit at this device."""
    rows = ClockAttempt.objects.filter(device_id=device_id, employee_code=employee_code)
    return rows.filter(attempted_at__gte=since, refusal="pin_refused").count()


def last_located(user_id: UUID, *, before: datetime) -> ClockAttempt | None:
    """Where this person was last seen, in whichever restaurant."""
    rows = ClockAttempt.objects.filter(member__user_id=user_id, latitude__isnull=False)
    return rows.filter(occurred_at__lt=before).order_by("-occurred_at", "-pk").first()


def last_neighbour(device_id: UUID, member_id: UUID, *, since: datetime) -> ClockAttempt | None:
    """The latest punch of somebody else at the same device."""
    rows = ClockAttempt.objects.filter(device_id=device_id, attempted_at__gte=since, refusal="")
    others = rows.filter(Q(member__isnull=False) & ~Q(member_id=member_id))
    return others.order_by("-attempted_at", "-pk").first()


def located_before(moment: datetime) -> QuerySet[ClockAttempt]:
    return ClockAttempt.objects.filter(latitude__isnull=False, attempted_at__lt=moment)


def having_signals(rows: QuerySet[ClockAttempt], signals: Iterable[str]) -> QuerySet[ClockAttempt]:
    """Those with any of the signals."""
    wanted = Q(pk__in=[])
    for signal in signals:
        wanted |= Q(signals__contains=[{"signal": signal}])
    return rows.filter(wanted)
