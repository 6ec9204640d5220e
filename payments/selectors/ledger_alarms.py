"""Reads of the alarms of the ledger."""

from payments.models import LedgerAlarm


def lock_alarms() -> list[LedgerAlarm]:
    """Those that are on, of all restaurants, locked in the order of their keys."""
    rows = LedgerAlarm.objects.filter(ended_at=None).order_by("pk")
    return list(rows.select_for_update(no_key=True))
