"""Noting how far a device has pulled."""

from datetime import datetime

from django.db import connection

from fynlo.accounts.actor import Actor
from fynlo.db import transaction_required

_NOTE = """
INSERT INTO syncing_deviceprogress AS p
    (device_id, restaurant_id, told_seq, pulled_seq, pulled_at) VALUES (%s, %s, 0, %s, %s)
ON CONFLICT (device_id) DO UPDATE SET pulled_at = EXCLUDED.pulled_at,
    pulled_seq = EXCLUDED.pulled_seq
"""


@transaction_required
def note_pulled(*, by: Actor, now: datetime, seq: int) -> None:
    """Only devices are noted: a session without one has nothing to resume."""
    if by.device_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [by.device_id, by.restaurant_id, seq, now])
