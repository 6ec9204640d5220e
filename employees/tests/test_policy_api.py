from typing import Any

import pytest

from employees.choices import RULE_PACKS
from employees.tests.calls import punch, refusal, said
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db


def test_a_restaurant_begins_with_the_rules_of_its_country(
    manager: Member, rival_owner: Member
) -> None:
    assert said(manager.get("labour-policy/"))["rules"] == RULE_PACKS["uk"]
    assert said(rival_owner.get("labour-policy/"))["rules"] == RULE_PACKS["ireland"]


def test_rules_stand_ready_and_can_be_ones_own(manager: Member) -> None:
    packed = said(manager.patch("labour-policy/", {"pack": "california", "version": 1}))
    assert packed["rules"]["daily_minutes"] == 480
    own = {"daily_minutes": 600, "tolerance_minutes": 5}
    changed = said(manager.patch("labour-policy/", {"rules": own, "version": 2}))
    assert (changed["rules"]["daily_minutes"], changed["rules"]["breaks"]) == (600, [])
    assert refusal(manager.patch("labour-policy/", {"pack": "uk", "version": 2}))[0] == 412


def test_what_began_under_old_rules_goes_on_under_them(manager: Member, server: Member) -> None:
    said(manager.patch("labour-policy/", {"rules": {"daily_minutes": 60}, "version": 1}))
    punch(server, "clock-in")
    said(manager.patch("labour-policy/", {"rules": {"daily_minutes": 6}, "version": 2}))
    assert said(server.get("timeclock/status/"))["minutes_to_overtime"] in (59, 60)


def test_a_geofence_comes_and_goes(manager: Member) -> None:
    fence = {"latitude": "-33.9", "longitude": "151.2", "radius_m": 80}
    fenced = said(manager.patch("labour-policy/", {"geofence": fence, "version": 1}))
    assert (fenced["latitude"], fenced["radius_m"]) == ("-33.9", 80)
    free = said(manager.patch("labour-policy/", {"geofence": None, "version": 2}))
    assert (free["latitude"], free["longitude"]) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"signals": {"outside": "maybe"}},
        {"signals": {"moon": "flag"}},
        {"geofence": {"latitude": "91", "longitude": "0"}},
        {"geofence": {"latitude": 51.3, "longitude": "0"}},
        {"rules": {"multiplier_bps": 5000}},
        {"week_starts_on": 8},
        {"pack": "moon"},
    ],
)
def test_what_is_no_policy_is_refused(manager: Member, change: dict[str, Any]) -> None:
    refused = manager.patch("labour-policy/", {**change, "version": 1})
    assert refusal(refused) == (400, "input_invalid")


def test_a_network_is_written_as_one(manager: Member) -> None:
    for wrong in ("here", "203.0.113.7/24"):
        refused = manager.patch("labour-policy/", {"networks": [wrong], "version": 1})
        assert refusal(refused) == (422, "not_a_network")
