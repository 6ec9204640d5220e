"""Payroll periods: made, locked, and who may still change what is in a locked one."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError

from employees.documents import PAYROLL_PERIOD
from employees.errors import PeriodLocked, PeriodNotOver, PeriodsOverlap, TimesOutOfOrder
from employees.models import PayrollPeriod
from employees.selectors.entries import entries_around
from employees.selectors.payroll import lock_period, lock_periods_of, period_document
from employees.services.payroll import payroll
from employees.services.timesheets import calendar_of
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.db import check_version, created_before, transaction_required
from fynlo.events.log import append


@transaction_required
def create_period(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, starts_on: date, ends_on: date
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, TimesOutOfOrder, PeriodsOverlap."""
    if created_before(PayrollPeriod, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return period_document(pk), False
    if ends_on < starts_on:
        raise TimesOutOfOrder(field="ends_on")
    period = PayrollPeriod(
        pk=pk,
        restaurant_id=by.restaurant_id,
        fingerprint=fingerprint,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    try:
        period.save(force_insert=True)
    except IntegrityError as error:
        if "payroll_periods_apart" in str(error):
            raise PeriodsOverlap from error
        raise
    text = append(
        kind="payroll_period.created", document=PAYROLL_PERIOD, entity_id=pk, by=by, now=now
    )
    return text, True


@transaction_required
def close_period(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None = None) -> str:
    """Locks a period that is over, with the figures of this moment. Once more changes nothing.

    Locks the period's row. Raises NotFound, VersionConflict, PeriodNotOver.
    """
    period = lock_period(by.restaurant_id, pk)
    if period.locked_at is not None:
        return period_document(pk)
    check_version(period.version, expected_version, document=lambda: period_document(pk))
    _check_over(period, now)
    period.figures = payroll(by.restaurant_id, first=period.starts_on, last=period.ends_on, now=now)
    period.locked_at, period.locked_by_id = now, by.membership_id
    period.version += 1
    period.save()
    return append(
        kind="payroll_period.locked", document=PAYROLL_PERIOD, entity_id=pk, by=by, now=now
    )


def _check_over(period: PayrollPeriod, now: datetime) -> None:
    calendar = calendar_of(period.restaurant_id)
    since = calendar.start_of(period.starts_on)
    until = calendar.start_of(period.ends_on + timedelta(days=1))
    unfinished = entries_around(period.restaurant_id, since=since, until=until)
    if until > now or unfinished.filter(ended_at=None).exists():
        raise PeriodNotOver


def is_correction(*, by: Actor, moments: Collection[datetime]) -> bool:
    """Whether hours at these moments are in a locked period, which then stays so to the end of the
    transaction. Call before any other lock. Raises PeriodLocked for whoever is no owner."""
    calendar = calendar_of(by.restaurant_id)
    days = {calendar.day_of(moment) for moment in moments}
    found = lock_periods_of(by.restaurant_id, days)
    if not any(period.locked_at for period in found):
        return False
    if not by.may(Permission.CORRECT_LOCKED_TIME):
        raise PeriodLocked
    return True
