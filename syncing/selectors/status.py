"""How far each device has come, and what of its work is still open."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from fynlo.accounts.selectors import devices_of
from fynlo.clock import as_utc_text
from fynlo.events.reading import last_seq
from syncing.choices import Verdict
from syncing.models import DeviceProgress
from syncing.selectors.operations import gaps, operations
from syncing.selectors.realtime import online_devices


def status(restaurant_id: UUID) -> list[dict[str, Any]]:
    """One row for each device that may still connect. `is_online` says whether it has a socket
    open (None: not known), `lag` counts events of the log that it has not pulled, `gaps` are
    numbers of operations that it told of and that never arrived, and `clock_skew_ms` and
    `queue_depth` what it said itself at its last heartbeat."""
    newest, online = last_seq(restaurant_id), online_devices(restaurant_id)
    rows = DeviceProgress.objects.for_restaurant(restaurant_id)
    progress = {row.device_id: row for row in rows}
    open_work = _open_work(restaurant_id)
    devices = devices_of(restaurant_id).filter(revoked_at=None).order_by("paired_at", "pk")
    return [
        {
            "device": device.pk,
            "name": device.name,
            "is_online": None if online is None else device.pk in online,
            "last_seen_at": _text(device.last_seen_at),
            "clock_skew_ms": device.clock_skew_ms,
            "queue_depth": device.queue_depth,
            **_progress(progress.get(device.pk), newest),
            "gaps": gaps(device.pk),
            **open_work.get(device.pk, {"quarantined": 0, "conflicts": 0}),
        }
        for device in devices
    ]


def _open_work(restaurant_id: UUID) -> dict[UUID | None, dict[str, int]]:
    waiting = Q(verdict=Verdict.QUARANTINED)
    contested = Q(verdict=Verdict.CONFLICT)
    rows = operations(restaurant_id).filter(waiting | contested).order_by().values("device")
    counted = rows.annotate(
        quarantined=Count("pk", filter=waiting), conflicts=Count("pk", filter=contested)
    )
    return {
        row["device"]: {"quarantined": row["quarantined"], "conflicts": row["conflicts"]}
        for row in counted
    }


def _progress(row: DeviceProgress | None, newest: int) -> dict[str, Any]:
    pulled = row.pulled_seq if row else 0
    return {
        "cursor": pulled,
        "lag": newest - pulled,
        "pushed_to": row.told_seq if row else 0,
        "pushed_at": _text(row.pushed_at if row else None),
        "pulled_at": _text(row.pulled_at if row else None),
    }


def _text(moment: datetime | None) -> str | None:
    return as_utc_text(moment) if moment else None
