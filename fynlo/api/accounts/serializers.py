from rest_framework import serializers

from fynlo.accounts.choices import DeviceKind
from fynlo.api.inputs import Code, Id, Input, Instant, Text, Whole
from fynlo.api.pages import PageQuery


class Email(Text, serializers.EmailField):
    """A JSON string that looks like an address."""

    json_schema = {"pattern": r"@[^@]+\.[A-Za-z0-9-]{2,63}$"}


class Nothing(Input):
    """An empty object, or no body at all."""


class LoginInput(Input):
    email = Email(max_length=254)
    password = Text(max_length=1024, trim_whitespace=False)
    restaurant = Id(required=False)


class PinInput(Input):
    employee_code = Text(max_length=12)
    pin = Code("[0-9]{4,8}")


class RefreshInput(Input):
    refresh = Text(max_length=2000)


class SwitchInput(Input):
    restaurant = Id()


class SessionQuery(PageQuery):
    scope = serializers.ChoiceField(choices=["mine", "restaurant"], default="mine")


class PasswordChange(Input):
    current_password = Text(max_length=1024, trim_whitespace=False)
    new_password = Text(max_length=1024, trim_whitespace=False)


class PasswordResetInput(Input):
    email = Email(max_length=254)


class PasswordResetConfirmation(Input):
    token = Text(max_length=200)
    new_password = Text(max_length=1024, trim_whitespace=False)


class AppVersion(Code):
    """`1.4.2`, and behind it what the app likes to add."""

    def __init__(self) -> None:
        super().__init__(r"[0-9]+(\.[0-9]+){0,2}([-+. ][ -~]*)?", max_length=20)


class PairingCodeInput(Input):
    kind = serializers.ChoiceField(choices=DeviceKind.choices, default=DeviceKind.TILL.value)


class PairingInput(Input):
    code = Text(max_length=20)
    name = Text(max_length=80)
    model = Text(max_length=80, default="", allow_blank=True)
    app_version = AppVersion()


class Heartbeat(Input):
    app_version = AppVersion()
    queue_depth = Whole(min_value=0, max_value=2**31 - 1)
    device_time = Instant()
