from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from employees.documents import ADJUSTMENT, PAYROLL_PERIOD
from employees.models import Adjustment, PayrollPeriod, TipCredit
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission


def adjustments_in_reach(by: Actor, *, state: str | None = None) -> QuerySet[Adjustment]:
    """Those of one's own hours; with the permission all."""
    rows = Adjustment.objects.for_restaurant(by.restaurant_id)
    if state is not None:
        rows = rows.filter(state=state)
    if by.may(Permission.MANAGE_TIME):
        return rows
    return rows.filter(entry__member_id=by.membership_id)


def adjustment_of(restaurant_id: UUID, pk: UUID) -> Adjustment:
    """Raises NotFound."""
    return Adjustment.objects.one(restaurant_id, pk)


def lock_adjustment(restaurant_id: UUID, pk: UUID) -> Adjustment:
    """Locked to the end of the transaction; call while holding its entry's lock. Raises
    NotFound."""
    return Adjustment.objects.lock(restaurant_id, pk)


def adjustment_document(pk: UUID) -> str:
    return ADJUSTMENT.read(Adjustment.objects.filter(pk=pk))[0]


def periods(restaurant_id: UUID) -> QuerySet[PayrollPeriod]:
    return PayrollPeriod.objects.for_restaurant(restaurant_id)


def period_document(pk: UUID) -> str:
    return PAYROLL_PERIOD.read(PayrollPeriod.objects.filter(pk=pk))[0]


def lock_period(restaurant_id: UUID, pk: UUID) -> PayrollPeriod:
    """Locked to the end of the transaction. Raises NotFound."""
    return PayrollPeriod.objects.lock(restaurant_id, pk)


def lock_periods_of(restaurant_id: UUID, days: Collection[date]) -> list[PayrollPeriod]:
    """The periods that have any of these days, locked to the end of the transaction in the order
    of their keys: none is closed while hours in it change."""
    wanted = Q(pk__in=[])
    for day in days:
        wanted |= Q(starts_on__lte=day, ends_on__gte=day)
    rows = periods(restaurant_id).filter(wanted).select_for_update(no_key=True)
    return list(rows.order_by("pk"))


def locked_period(restaurant_id: UUID, first: date, last: date) -> PayrollPeriod | None:
    """Exactly these days, when they are locked."""
    rows = periods(restaurant_id).filter(starts_on=first, ends_on=last)
    return rows.filter(locked_at__isnull=False).first()


def tips(restaurant_id: UUID, first: date, last: date) -> QuerySet[TipCredit]:
    """Of these business days, in the order of time."""
    rows = TipCredit.objects.for_restaurant(restaurant_id)
    rows = rows.filter(business_date__gte=first, business_date__lte=last)
    return rows.order_by("business_date", "created_at", "pk")


def tips_by_member(restaurant_id: UUID, first: date, last: date) -> dict[UUID, int]:
    """Minor units."""
    rows = tips(restaurant_id, first, last).order_by()
    return dict(rows.values_list("member_id").annotate(Sum("amount")))
