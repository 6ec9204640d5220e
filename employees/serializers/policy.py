from typing import Any

from rest_framework import serializers

from employees.choices import RULE_PACKS, EarlyMode, Mode, Signal
from employees.serializers.clock import FURTHEST_M, VERSION_MAX, Degrees
from fynlo.api.inputs import Flag, Input, Text, Whole, rows_of

DAY = 24 * 60
WEEK = 7 * DAY


class BreakRuleInput(Input):
    after_minutes = Whole(min_value=0, max_value=DAY)
    minutes = Whole(min_value=1, max_value=DAY)
    in_one = Flag(default=True)


class RulesInput(Input):
    """Minutes; null is no limit. See `employees.services.hours.Rules`."""

    daily_minutes = Whole(default=None, allow_null=True, min_value=0, max_value=DAY)
    weekly_minutes = Whole(default=None, allow_null=True, min_value=0, max_value=WEEK)
    seventh_day = Flag(default=False)
    multiplier_bps = Whole(default=10_000, min_value=10_000, max_value=50_000)
    double_daily_minutes = Whole(default=None, allow_null=True, min_value=0, max_value=DAY)
    double_seventh_day_minutes = Whole(default=None, allow_null=True, min_value=0, max_value=DAY)
    double_multiplier_bps = Whole(default=20_000, min_value=10_000, max_value=50_000)
    tolerance_minutes = Whole(default=0, min_value=0, max_value=DAY)
    rest_minutes = Whole(default=0, min_value=0, max_value=WEEK)
    breaks = rows_of(BreakRuleInput(), max_length=10, required=False)


class SignalsInput(Input):
    """What is not named keeps its mode."""

    def get_fields(self) -> dict[str, Any]:
        return {
            signal.value: serializers.ChoiceField(choices=Mode.choices, required=False)
            for signal in Signal
        }


class Geofence(Input):
    latitude = Degrees(most=90)
    longitude = Degrees(most=180)
    radius_m = Whole(default=150, min_value=10, max_value=FURTHEST_M)


class PolicyChange(Input):
    """`pack` stands for a set of rules; `geofence` null takes it away."""

    version = Whole(required=False, min_value=1, max_value=VERSION_MAX)
    pack = serializers.ChoiceField(choices=list(RULE_PACKS), required=False)
    rules = RulesInput(required=False)
    week_starts_on = Whole(required=False, min_value=1, max_value=7)
    overtime_alert_minutes = Whole(required=False, min_value=0, max_value=DAY)
    early_minutes = Whole(required=False, min_value=0, max_value=DAY)
    early_mode = serializers.ChoiceField(choices=EarlyMode.choices, required=False)
    late_minutes = Whole(required=False, min_value=0, max_value=DAY)
    forgotten_minutes = Whole(required=False, min_value=0, max_value=WEEK)
    longest_minutes = Whole(required=False, min_value=60, max_value=WEEK)
    signals = SignalsInput(required=False)
    geofence = Geofence(required=False, allow_null=True)
    networks = serializers.ListField(child=Text(max_length=43), required=False, max_length=50)
