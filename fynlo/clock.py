"""Time: UTC in storage, the restaurant's own day for people."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """The one place that reads the clock; services get `now` as an argument."""
    return datetime.now(UTC)


def business_date(*, at: datetime, zone: str, day_starts_at: time) -> date:
    """The trading day of an instant: a night that ends at 03:00 belongs to the evening before.

    The cut is a wall-clock time in the restaurant's zone. On a night when the clocks change
    the wall clock decides, so every instant has exactly one business day.
    """
    local = at.astimezone(ZoneInfo(zone))
    before_cut = local.time() < day_starts_at
    return local.date() - timedelta(days=1) if before_cut else local.date()


def as_utc_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`, as documents show instants."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
