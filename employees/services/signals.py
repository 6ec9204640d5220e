"""Signs of fraud: each a sum over the evidence of one punch, with a weight and a sentence.

They are evidence for a person to judge, not proof. What a restaurant ignores is not looked at;
what it blocks is refused, unless the punch was made offline and is only told now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import TypedDict

from employees.choices import Mode, Signal

MANY_WRONG_PINS = 2
FASTEST_KMH = 250
FAR_M = 1_000
LARGEST_SKEW = timedelta(minutes=2)
TOO_SOON = timedelta(seconds=15)
HIGHEST = 100
SUSPICIOUS = 40
_EARTH_M = 6_371_000
# What is left of a distance when the place is forgotten.
BANDS = ((100, "under 100 m"), (1_000, "under 1 km"), (10_000, "under 10 km"))
FURTHEST_BAND = "10 km or more"
# What is left of the sentences that say where somebody was.
FORGOTTEN = {
    Signal.OUTSIDE.value: "Farther away than is allowed.",
    Signal.IMPOSSIBLE_TRAVEL.value: "Too far from the last punch for the time between.",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Degrees (WGS 84), and how many metres around it the true place may be."""

    latitude: Decimal
    longitude: Decimal
    accuracy_m: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one punch. None is not known; a guard that is not set up is None, too.

    `nearest_m`: the shortest distance from the restaurant that the accuracy allows.
    `previous_m` and `previous_ago`: the same, from where the person was seen last, and when.
    """

    wrong_pins: int = 0
    is_on_paired_device: bool = True
    radius_m: int | None = None
    nearest_m: int | None = None
    is_in_network: bool | None = None
    previous_m: int | None = None
    previous_ago: timedelta | None = None
    skew: timedelta = timedelta()
    neighbour_ago: timedelta | None = None


class Found(TypedDict):
    signal: str
    weight: int
    mode: str
    detail: str


def distance_m(one: Spot, other: Spot) -> int:
    """Along the great circle, by the haversine formula, to the metre."""
    phi, psi = radians(one.latitude), radians(other.latitude)
    height = sin((psi - phi) / 2) ** 2
    width = sin(radians(other.longitude - one.longitude) / 2) ** 2
    return round(2 * _EARTH_M * asin(sqrt(min(1.0, height + cos(phi) * cos(psi) * width))))


def nearest_m(one: Spot, other: Spot) -> int:
    """The least that the distance can be, both places being as vague as they are."""
    return max(0, distance_m(one, other) - one.accuracy_m - other.accuracy_m)


def _wrong_pins(seen: Evidence) -> str:
    tries = seen.wrong_pins
    return f"{tries} wrong PINs before this one." if tries >= MANY_WRONG_PINS else ""


def _unpaired_device(seen: Evidence) -> str:
    return "" if seen.is_on_paired_device else "Not on a device that is paired here."


def _outside(seen: Evidence) -> str:
    if seen.radius_m is None or seen.nearest_m is None or seen.nearest_m <= seen.radius_m:
        return ""
    return f"At least {seen.nearest_m} m away; {seen.radius_m} m are allowed."


def _no_location(seen: Evidence) -> str:
    unknown = seen.radius_m is not None and seen.nearest_m is None
    return "The device did not say where it is." if unknown else ""


def _foreign_network(seen: Evidence) -> str:
    return "Not from a network of the restaurant." if seen.is_in_network is False else ""


def _impossible_travel(seen: Evidence) -> str:
    if seen.previous_m is None or seen.previous_ago is None or seen.previous_m < FAR_M:
        return ""
    hours = max(seen.previous_ago / timedelta(hours=1), 1 / 3600)
    speed = round(seen.previous_m / 1000 / hours)
    if speed <= FASTEST_KMH:
        return ""
    return f"{seen.previous_m} m from the last punch would be {speed} km/h."


def _clock_skew(seen: Evidence) -> str:
    if abs(seen.skew) <= LARGEST_SKEW:
        return ""
    return f"The device's clock is wrong by {round(seen.skew.total_seconds())} s."


def _buddy_punch(seen: Evidence) -> str:
    if seen.neighbour_ago is None or seen.neighbour_ago > TOO_SOON:
        return ""
    return f"Somebody else punched here {round(seen.neighbour_ago.total_seconds())} s before."


DETECTORS: dict[Signal, tuple[int, Callable[[Evidence], str]]] = {
    Signal.WRONG_PINS: (20, _wrong_pins),
    Signal.UNPAIRED_DEVICE: (25, _unpaired_device),
    Signal.OUTSIDE: (40, _outside),
    Signal.NO_LOCATION: (15, _no_location),
    Signal.FOREIGN_NETWORK: (20, _foreign_network),
    Signal.IMPOSSIBLE_TRAVEL: (50, _impossible_travel),
    Signal.CLOCK_SKEW: (15, _clock_skew),
    Signal.BUDDY_PUNCH: (30, _buddy_punch),
}


def judge(seen: Evidence, modes: dict[str, str]) -> list[Found]:
    """The signals that are on, in the order of `Signal`. What has no mode is flagged."""
    found: list[Found] = []
    for signal, (weight, detect) in DETECTORS.items():
        mode = modes.get(signal.value, Mode.FLAG.value)
        detail = detect(seen) if mode != Mode.OFF else ""
        if detail:
            found.append({"signal": signal.value, "weight": weight, "mode": mode, "detail": detail})
    return found


def without_places(found: list[Found]) -> list[Found]:
    """The same signals and weights, in sentences from which no distance can be told."""
    return [{**one, "detail": FORGOTTEN.get(one["signal"], one["detail"])} for one in found]


def risk_of(found: list[Found]) -> int:
    """0 to 100."""
    return min(HIGHEST, sum(one["weight"] for one in found))


def blocks(found: list[Found]) -> bool:
    return any(one["mode"] == Mode.BLOCK for one in found)
