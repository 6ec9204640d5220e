"""The books are checked all the time: whoever may see payments is told before the day is closed."""

import logging
from collections.abc import Sequence
from datetime import datetime

from fynlo.accounts.actor import System
from fynlo.db import new_id, transaction_required
from fynlo.events.log import append
from payments.documents import LEDGER_ALARM
from payments.models import LedgerAlarm
from payments.selectors.ledger_alarms import lock_alarms
from payments.selectors.ledger_checks import Fault

logger = logging.getLogger(__name__)


@transaction_required
def note_faults(faults: Sequence[Fault], *, now: datetime) -> None:
    """Raise an alarm for each new fault and end those whose fault is gone; nothing is said twice.

    Locks the alarms that are on.
    """
    on = {(alarm.restaurant_id, alarm.check_name): alarm for alarm in lock_alarms()}
    present = {(fault.restaurant, fault.check): fault for fault in faults}
    for place, fault in present.items():
        if place not in on:
            _raise(fault, now=now)
    for place, alarm in on.items():
        if place not in present:
            alarm.ended_at, alarm.version = now, alarm.version + 1
            alarm.save()
            _announce(alarm, "ledger.balanced", now=now)


def _raise(fault: Fault, *, now: datetime) -> None:
    logger.error("the books do not balance: %s", fault)
    alarm = LedgerAlarm.objects.create(
        pk=new_id(),
        restaurant_id=fault.restaurant,
        check_name=fault.check,
        currency=fault.currency,
        books=fault.books,
        counted=fault.counted,
        raised_at=now,
    )
    _announce(alarm, "ledger.unbalanced", now=now)


def _announce(alarm: LedgerAlarm, kind: str, *, now: datetime) -> None:
    by = System(alarm.restaurant_id)
    append(kind=kind, document=LEDGER_ALARM, entity_id=alarm.pk, by=by, now=now)
