"""Fees are watched: a provider that takes more, or less, than its price list says is noticed the
same day."""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from fynlo.accounts.actor import System
from fynlo.db import new_id, transaction_required
from fynlo.events.log import append
from payments.documents import FEE_ALARM
from payments.models import FeeAlarm
from payments.selectors.fee_alarms import Drift, fee_drifts, lock_fee_alarms

logger = logging.getLogger(__name__)


@transaction_required
def watch_fees(first: date, last: date, *, now: datetime) -> None:
    """Raise an alarm for each restaurant, way to pay and business date from `first` to `last`
    whose fees are off, and bring those that are raised up to date; nothing is said twice.

    Locks the alarms of these days.
    """
    raised = {
        (alarm.restaurant_id, alarm.business_date, alarm.method): alarm
        for alarm in lock_fee_alarms(first, last)
    }
    fresh, changed = [], []
    for drift in fee_drifts(first, last):
        alarm = raised.get((drift.restaurant, drift.day, drift.method))
        if alarm is None:
            fresh.append(_raised(drift, now=now))
        elif (alarm.payments, alarm.actual) != (drift.payments, drift.actual):
            changed.append(_updated(alarm, drift))
    _announce([*fresh, *changed], now=now)


def _raised(drift: Drift, *, now: datetime) -> FeeAlarm:
    logger.error("fees are not what was expected: %s", drift)
    return FeeAlarm.objects.create(
        pk=new_id(),
        restaurant_id=drift.restaurant,
        method=drift.method,
        business_date=drift.day,
        currency=drift.currency,
        payments=drift.payments,
        expected=drift.expected,
        actual=drift.actual,
        raised_at=now,
    )


def _updated(alarm: FeeAlarm, drift: Drift) -> FeeAlarm:
    alarm.payments, alarm.expected, alarm.actual = drift.payments, drift.expected, drift.actual
    alarm.version += 1
    alarm.save()
    return alarm


def _announce(alarms: Sequence[FeeAlarm], *, now: datetime) -> None:
    """In the order of restaurants: each event locks its restaurant's log."""
    for alarm in sorted(alarms, key=lambda one: one.restaurant_id):
        by = System(alarm.restaurant_id)
        append(kind="fees.drifted", document=FEE_ALARM, entity_id=alarm.pk, by=by, now=now)
