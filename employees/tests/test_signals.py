"""Each sign of fraud by an example that turns on exactly it."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from employees.choices import Mode, Signal
from employees.models import ClockAttempt, TimeEntry
from employees.services import evidence
from employees.services.signals import (
    DETECTORS,
    Evidence,
    Spot,
    distance_m,
    judge,
    nearest_m,
    risk_of,
)
from employees.tasks import forget_places
from employees.tests.calls import Till, give_pin, punch, refusal, said
from fynlo.accounts.models import Device
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member

HERE = {"latitude": "51.381065", "longitude": "-2.359017"}
# A kilometre and a half to the east.
THERE = {"latitude": "51.381065", "longitude": "-2.337017"}
EXAMPLES: dict[Signal, Evidence] = {
    Signal.WRONG_PINS: Evidence(wrong_pins=2),
    Signal.UNPAIRED_DEVICE: Evidence(is_on_paired_device=False),
    Signal.OUTSIDE: Evidence(radius_m=150, nearest_m=151),
    Signal.NO_LOCATION: Evidence(radius_m=150),
    Signal.FOREIGN_NETWORK: Evidence(is_in_network=False),
    Signal.IMPOSSIBLE_TRAVEL: Evidence(previous_m=60_000, previous_ago=timedelta(minutes=10)),
    Signal.CLOCK_SKEW: Evidence(skew=timedelta(seconds=-121)),
    Signal.BUDDY_PUNCH: Evidence(neighbour_ago=timedelta(seconds=15)),
}
INNOCENT = [
    Evidence(),
    Evidence(wrong_pins=1, is_in_network=True, skew=timedelta(seconds=120)),
    Evidence(radius_m=150, nearest_m=150, neighbour_ago=timedelta(seconds=16)),
    Evidence(previous_m=60_000, previous_ago=timedelta(hours=1)),
    Evidence(previous_m=900, previous_ago=timedelta(seconds=1)),
]


def names(found: Any) -> list[str]:
    return [one["signal"] for one in found]


@pytest.mark.parametrize("signal", Signal)
def test_an_example_turns_on_exactly_its_signal(signal: Signal) -> None:
    (found,) = judge(EXAMPLES[signal], {})
    assert (found["signal"], found["weight"]) == (signal, DETECTORS[signal][0])
    assert found["detail"].endswith(".")
    assert judge(EXAMPLES[signal], {signal.value: "off"}) == []


@pytest.mark.parametrize("seen", INNOCENT)
def test_what_is_in_order_turns_on_nothing(seen: Evidence) -> None:
    assert judge(seen, {}) == []


def test_the_risk_is_the_sum_and_100_at_most() -> None:
    two = judge(Evidence(wrong_pins=3, is_on_paired_device=False), {})
    assert risk_of(two) == 45
    assert risk_of([*two, *two, *two]) == 100


degrees = st.decimals(-90, 90, places=6), st.decimals(-180, 180, places=6)
spots = st.builds(Spot, *degrees, st.integers(0, 5000))


@given(spots, spots)
def test_distances_are_the_same_both_ways_and_accuracy_makes_them_smaller(
    one: Spot, other: Spot
) -> None:
    assert distance_m(one, other) == distance_m(other, one) <= 20_015_200
    assert 0 <= nearest_m(one, other) <= distance_m(one, other)
    assert distance_m(one, one) == 0


def test_a_known_distance() -> None:
    bath, bristol = (
        Spot(Decimal("51.3811"), Decimal("-2.3590")),
        Spot(Decimal("51.4545"), Decimal("-2.5879")),
    )
    assert 17_500 < distance_m(bath, bristol) < 18_100


# The same over the API.


@pytest.fixture
def till(owner: Member, server: Member, cashier: Member) -> Till:
    give_pin(server, cashier)
    return Till(owner)


def guard(manager: Member, **policy: Any) -> None:
    version = said(manager.get("labour-policy/"))["version"]
    said(manager.patch("labour-policy/", {**policy, "version": version}))


def last_signals() -> list[str]:
    return names(ClockAttempt.objects.order_by("-attempted_at", "-pk")[0].signals)


def seen_at(till: Till, member: Member, place: dict[str, Any], **body: Any) -> HttpResponse:
    return till.punch("clock-in", member, place=place, **body)


@pytest.mark.django_db
class TestAtTheClock:
    def test_two_wrong_pins(self, till: Till, server: Member) -> None:
        for _ in range(2):
            till.punch("clock-in", server, pin="9999")
        said(till.punch("clock-in", server), 201)
        assert last_signals() == ["wrong_pins"]

    def test_ones_own_telephone(self, server: Member) -> None:
        said(punch(server, "clock-in"), 201)
        assert last_signals() == ["unpaired_device"]

    def test_from_afar(self, manager: Member, till: Till, server: Member) -> None:
        guard(manager, geofence=HERE)
        said(seen_at(till, server, THERE), 201)
        assert last_signals() == ["outside"]

    def test_accuracy_is_respected(self, manager: Member, till: Till, server: Member) -> None:
        guard(manager, geofence=HERE)
        said(seen_at(till, server, {**THERE, "accuracy_m": 1500}), 201)
        assert last_signals() == []

    def test_without_a_place(self, manager: Member, till: Till, server: Member) -> None:
        guard(manager, geofence=HERE)
        said(till.punch("clock-in", server), 201)
        assert last_signals() == ["no_location"]

    def test_from_another_network(self, manager: Member, till: Till, server: Member) -> None:
        guard(manager, networks=["203.0.113.0/24"])
        said(till.punch("clock-in", server), 201)
        assert last_signals() == ["foreign_network"]
        guard(manager, networks=["203.0.113.0/24", "127.0.0.0/8"])
        said(till.punch("clock-out", server))
        assert last_signals() == []

    def test_faster_than_a_train(self, till: Till, server: Member) -> None:
        said(seen_at(till, server, HERE), 201)
        ClockAttempt.objects.update(occurred_at=utc_now() - timedelta(minutes=1))
        far = {"latitude": "51.454500", "longitude": "-2.587900"}
        said(till.punch("clock-out", server, place=far))
        assert last_signals() == ["impossible_travel"]

    def test_a_clock_that_is_wrong(self, till: Till, server: Member) -> None:
        wrong = as_utc_text(utc_now() + timedelta(minutes=5))
        said(till.punch("clock-in", server, device_time=wrong), 201)
        assert last_signals() == ["clock_skew"]

    def test_a_clock_whose_heartbeat_was_wrong(self, till: Till, server: Member) -> None:
        Device.objects.filter(pk=till.device.pk).update(clock_skew_ms=-180_000)
        said(till.punch("clock-in", server), 201)
        assert last_signals() == ["clock_skew"]

    def test_one_for_the_other(self, till: Till, server: Member, cashier: Member) -> None:
        said(till.punch("clock-in", server), 201)
        assert last_signals() == []
        said(till.punch("clock-in", cashier), 201)
        assert last_signals() == ["buddy_punch"]

    def test_off_flag_and_block(self, manager: Member, till: Till, server: Member) -> None:
        for mode in Mode:
            guard(manager, geofence=HERE, signals={"outside": mode.value})
            answer = seen_at(till, server, THERE)
            if mode == Mode.BLOCK:
                assert refusal(answer) == (403, "punch_blocked")
                assert names(said(answer, 403)["signals"]) == ["outside"]
                assert ClockAttempt.objects.filter(refusal="punch_blocked").count() == 1
                assert not TimeEntry.objects.filter(ended_at=None).exists()
            else:
                flags = said(answer, 201)["flags"]
                assert ("suspicious" in flags) == (mode == Mode.FLAG)
                TimeEntry.objects.all().update(ended_at=F("started_at"))

    def test_what_is_told_late_is_noted_and_not_refused(
        self, manager: Member, till: Till, server: Member
    ) -> None:
        guard(manager, geofence=HERE, signals={"outside": "block"})
        earlier = as_utc_text(utc_now() - timedelta(minutes=30))
        entry = said(seen_at(till, server, THERE, occurred_at=earlier), 201)
        assert entry["flags"] == ["offline", "suspicious"]

    def test_what_to_look_at(self, manager: Member, till: Till, server: Member) -> None:
        said(till.punch("clock-in", server), 201)
        punch(server, "clock-out")
        rows = said(manager.get("timeclock/attempts/?min_risk=25"))["results"]
        assert [(row["punch"], row["risk"], row["refusal"]) for row in rows] == [
            ("clock_out", 25, "")
        ]
        everything = said(manager.get("timeclock/attempts/"))["results"]
        assert [row["punch"] for row in everything] == ["clock_out", "clock_in"]

    @pytest.mark.parametrize(
        ("distance", "band"),
        [(99, "under 100 m"), (100, "under 1 km"), (9_999, "under 10 km"), (None, "")],
    )
    def test_after_30_days_the_place_is_forgotten(
        self, manager: Member, till: Till, server: Member, distance: int | None, band: str
    ) -> None:
        guard(manager, geofence=HERE)
        said(seen_at(till, server, HERE), 201)
        for days, is_known in ((29, True), (31, False)):
            at = utc_now() - timedelta(days=days)
            ClockAttempt.objects.update(attempted_at=at, distance_m=distance)
            forget_places.delay()
            attempt = ClockAttempt.objects.get()
            assert (attempt.latitude is not None) == is_known
        left = (attempt.longitude, attempt.accuracy_m, attempt.distance_m, attempt.distance_band)
        assert left == (None, None, None, band)

    def test_after_30_days_no_sentence_tells_a_distance(
        self, manager: Member, till: Till, server: Member
    ) -> None:
        guard(manager, geofence=HERE)
        said(seen_at(till, server, HERE), 201)
        ClockAttempt.objects.update(occurred_at=utc_now() - timedelta(minutes=1))
        far = {"latitude": "51.454500", "longitude": "-2.587900"}
        said(till.punch("clock-out", server, place=far))
        for days, is_told in ((29, True), (31, False)):
            with durable():
                evidence.forget_places(now=utc_now() + timedelta(days=days))
            rows = said(manager.get("timeclock/attempts/?min_risk=1"))["results"]
            (row,) = [row for row in rows if row["punch"] == "clock_out"]
            assert names(row["signals"]) == ["outside", "impossible_travel"]
            assert row["risk"] == 90
            told = [bool(re.search("[0-9]", one["detail"])) for one in row["signals"]]
            assert told == [is_told, is_told]
        assert row["distance_band"] == "10 km or more"
