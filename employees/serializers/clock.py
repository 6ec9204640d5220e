from decimal import Decimal
from typing import Any

from rest_framework import serializers

from employees.choices import Flag as EntryFlag
from employees.serializers.staff import CODE, PIN
from fynlo.api.inputs import Code, Flag, Id, Input, Instant, Text, Whole
from fynlo.api.pages import PageQuery

VERSION_MAX = 2**31 - 1
FURTHEST_M = 100_000


class Degrees(Code):
    """A decimal string such as `51.381065`."""

    def __init__(self, *, most: int, **options: Any) -> None:
        whole = "([0-9]|[1-8][0-9])" if most == 90 else "([0-9]|[1-9][0-9]|1[0-7][0-9])"
        super().__init__(rf"-?{whole}(\.[0-9]{{1,6}})?", **options)

    def to_internal_value(self, data: Any) -> Any:
        return Decimal(super().to_internal_value(data))


class Place(Input):
    """Where the device believes to be, give or take `accuracy_m` metres."""

    latitude = Degrees(most=90)
    longitude = Degrees(most=180)
    accuracy_m = Whole(default=0, min_value=0, max_value=FURTHEST_M)


class PunchInput(Input):
    """`employee_code` and `pin` on a paired device with nobody signed in, and only there.

    `occurred_at`: when it happened, if the device was offline then.
    """

    employee_code = Code(CODE, required=False)
    pin = Code(PIN, required=False)
    occurred_at = Instant(required=False)
    device_time = Instant(required=False)
    place = Place(required=False)


class ClockInInput(PunchInput):
    id = Id(required=False)


class ClockOutInput(PunchInput):
    waives_break = Flag(default=False)


class BreakInput(PunchInput):
    break_type = Id(required=False)


class AttemptQuery(PageQuery):
    min_risk = serializers.IntegerField(default=0, min_value=0, max_value=100)
    member = Id(required=False)


class EntryQuery(PageQuery):
    member = Id(required=False)
    since = Instant(required=False)
    until = Instant(required=False)
    flag = serializers.ChoiceField(choices=EntryFlag.choices, required=False)
    is_open = serializers.BooleanField(required=False, allow_null=False)


class BreakTypeInput(Input):
    id = Id(required=False)
    name = Text(max_length=40)
    expected_minutes = Whole(min_value=1, max_value=24 * 60)
    minimum_minutes = Whole(default=0, min_value=0, max_value=24 * 60)
    is_paid = Flag(default=False)


class BreakTypeChange(Input):
    version = Whole(required=False, min_value=1, max_value=VERSION_MAX)
    name = Text(max_length=40, required=False)
    expected_minutes = Whole(required=False, min_value=1, max_value=24 * 60)
    minimum_minutes = Whole(required=False, min_value=0, max_value=24 * 60)
    is_paid = Flag(required=False)
