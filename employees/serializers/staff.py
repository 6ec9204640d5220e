from typing import Any

from rest_framework import serializers

from fynlo.accounts.choices import Permission, Role
from fynlo.api.inputs import Code, Flag, Id, Input, Minor, Text, Whole, distinct
from fynlo.api.pages import PageQuery

WEEK_MINUTES = 7 * 24 * 60
CODE = "[A-Za-z0-9_-]{1,12}"
PIN = "[0-9]{4,8}"


class Email(Text, serializers.EmailField):
    """A JSON string that looks like an address."""

    json_schema = {"pattern": r"@[^@]+\.[A-Za-z0-9-]{2,63}$"}


class StaffQuery(PageQuery):
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=False)


class StaffInput(Input):
    id = Id(required=False)
    email = Email(max_length=254)
    name = Text(max_length=120)
    role = serializers.ChoiceField(choices=Role.choices)
    employee_code = Code(CODE)
    job_title = Text(max_length=80, required=False, allow_blank=True)
    hourly_wage = Minor(required=False)
    contract_minutes = Whole(required=False, min_value=0, max_value=WEEK_MINUTES)


class StaffChange(Input):
    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    employee_code = Code(CODE, required=False)
    job_title = Text(max_length=80, required=False, allow_blank=True)
    hourly_wage = Minor(required=False)
    contract_minutes = Whole(required=False, min_value=0, max_value=WEEK_MINUTES)
    is_active = Flag(required=False)


class PinChange(Input):
    """Who changes their own PIN gives the present one, if they have one."""

    pin = Code(PIN)
    current_pin = Code(PIN, required=False)
    must_change = Flag(default=False)


class Permissions(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        child = serializers.ChoiceField(choices=Permission.choices)
        super().__init__(child=child, max_length=len(Permission), validators=[distinct], **options)


class PermissionsChange(Input):
    """What differs from the role: each list replaces the one there is."""

    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    granted = Permissions()
    withheld = Permissions()
