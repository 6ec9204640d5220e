"""What is known of a punch: gathered for `signals`, kept as a ClockAttempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from django.db.models import Case, Value, When

from employees.choices import Punch
from employees.models import ClockAttempt, LabourPolicy
from employees.selectors.attempts import (
    having_signals,
    last_located,
    last_neighbour,
    located_before,
    refused_pins,
)
from employees.services.signals import (
    BANDS,
    FORGOTTEN,
    FURTHEST_BAND,
    TOO_SOON,
    Evidence,
    Found,
    Spot,
    distance_m,
    judge,
    nearest_m,
    risk_of,
    without_places,
)
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import devices_of
from fynlo.db import transaction_required

PLACES_KEPT = timedelta(days=30)
PINS_REMEMBERED = timedelta(minutes=15)
OFFLINE_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a client says with a punch. `address` is where the request came from.

    `occurred_at` is when it happened, if that was before now; `device_time` what the device
    believes to be now.
    """

    punch: Punch
    occurred_at: datetime | None = None
    device_time: datetime | None = None
    spot: Spot | None = None
    break_type: UUID | None = None
    waives_break: bool = False
    employee_code: str = ""
    address: str | None = None

    def happened_at(self, now: datetime) -> datetime:
        """Never after `now`, and to the second: hours are counted in whole ones."""
        return min(self.occurred_at or now, now).replace(microsecond=0)

    def is_late_news(self, now: datetime) -> bool:
        return self.occurred_at is not None and now - self.occurred_at > OFFLINE_AFTER


@dataclass(frozen=True, slots=True)
class Judged:
    """A punch with what its evidence amounts to."""

    told: Told
    found: list[Found]
    distance_m: int | None


def judged(
    *,
    told: Told,
    policy: LabourPolicy,
    member: Membership | None,
    device_id: UUID | None,
    now: datetime,
) -> Judged:
    """Reads only."""
    house, spot = _house(policy), told.spot
    previous_m, previous_ago = _travel(told, member, now)
    seen = Evidence(
        wrong_pins=_wrong_pins(told, device_id, now),
        is_on_paired_device=device_id is not None,
        radius_m=policy.radius_m if house else None,
        nearest_m=nearest_m(house, spot) if house and spot else None,
        is_in_network=_is_in_network(policy.networks, told.address),
        skew=_skew(told, policy.restaurant_id, device_id, now),
        neighbour_ago=_neighbour(member, device_id, now),
        previous_m=previous_m,
        previous_ago=previous_ago,
    )
    far = distance_m(house, spot) if house and spot else None
    return Judged(told, judge(seen, policy.signals), far)


def _house(policy: LabourPolicy) -> Spot | None:
    if policy.latitude is None or policy.longitude is None:
        return None
    return Spot(policy.latitude, policy.longitude)


def _wrong_pins(told: Told, device_id: UUID | None, now: datetime) -> int:
    if device_id is None or not told.employee_code:
        return 0
    return refused_pins(device_id, told.employee_code, since=now - PINS_REMEMBERED)


def _is_in_network(networks: list[str], address: str | None) -> bool | None:
    if not networks or address is None:
        return None
    return any(ip_address(address) in ip_network(network) for network in networks)


def _skew(told: Told, restaurant_id: UUID, device_id: UUID | None, now: datetime) -> timedelta:
    if told.device_time is not None:
        return told.device_time - now
    if device_id is None:
        return timedelta()
    known = devices_of(restaurant_id).filter(pk=device_id).values_list("clock_skew_ms", flat=True)
    return timedelta(milliseconds=known.first() or 0)


def _neighbour(
    member: Membership | None, device_id: UUID | None, now: datetime
) -> timedelta | None:
    if member is None or device_id is None:
        return None
    other = last_neighbour(device_id, member.pk, since=now - TOO_SOON)
    return now - other.attempted_at if other else None


def _travel(
    told: Told, member: Membership | None, now: datetime
) -> tuple[int | None, timedelta | None]:
    at = told.happened_at(now)
    if member is None or told.spot is None:
        return None, None
    last = last_located(member.user_id, before=at)
    if last is None or last.latitude is None or last.longitude is None:
        return None, None
    there = Spot(last.latitude, last.longitude, last.accuracy_m or 0)
    return nearest_m(there, told.spot), at - last.occurred_at


def attempt_of(
    verdict: Judged,
    *,
    restaurant_id: UUID,
    member_id: UUID | None,
    device_id: UUID | None,
    now: datetime,
) -> ClockAttempt:
    """Not saved yet."""
    told, spot = verdict.told, verdict.told.spot
    return ClockAttempt(
        restaurant_id=restaurant_id,
        member_id=member_id,
        device_id=device_id,
        punch=told.punch,
        employee_code=told.employee_code,
        attempted_at=now,
        occurred_at=told.happened_at(now),
        address=told.address,
        latitude=spot.latitude if spot else None,
        longitude=spot.longitude if spot else None,
        accuracy_m=spot.accuracy_m if spot else None,
        distance_m=verdict.distance_m,
        signals=verdict.found,
        risk=risk_of(verdict.found),
    )


@transaction_required
def forget_places(*, now: datetime) -> int:
    """Where people stood more than 30 days ago, but for how far away that was, roughly; in the
    sentences of the signals, too.

    How many there were. Twice does no harm.
    """
    rows = located_before(now - PLACES_KEPT)
    telling = list(having_signals(rows, FORGOTTEN))
    for attempt in telling:
        attempt.signals = without_places(attempt.signals)
    ClockAttempt.objects.bulk_update(telling, ["signals"], batch_size=500)
    bands = [When(distance_m__lt=limit, then=Value(name)) for limit, name in BANDS]
    known = When(distance_m__isnull=False, then=Value(FURTHEST_BAND))
    return rows.update(
        distance_band=Case(*bands, known, default=Value("")),
        latitude=None,
        longitude=None,
        accuracy_m=None,
        distance_m=None,
    )
