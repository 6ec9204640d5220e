"""What is typed at the door of the screens."""

from typing import Any

from django import forms


class DoorForm(forms.Form):
    """Labels without a colon."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class PasswordForm(DoorForm):
    """`restaurant` is asked for when the person works in several."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "username"})
    )
    password = forms.CharField(
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    restaurant = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def offer(self, restaurants: list[dict[str, Any]]) -> None:
        """Makes the restaurant a choice."""
        choices = [(place["id"], place["name"]) for place in restaurants]
        self.fields["restaurant"].widget = forms.Select(choices=choices)


class PinForm(DoorForm):
    employee_code = forms.CharField(
        max_length=12, widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"})
    )
    pin = forms.RegexField(
        "^[0-9]{4,8}$",
        label="PIN",
        error_messages={"invalid": "A PIN has 4 to 8 digits."},
        widget=forms.PasswordInput({"inputmode": "numeric", "autocomplete": "off"}),
    )


class PairingForm(DoorForm):
    code = forms.CharField(
        label="Pairing code", max_length=20, widget=forms.TextInput({"autocomplete": "off"})
    )
    name = forms.CharField(
        label="What is this screen called?", max_length=80, initial="Kitchen screen"
    )
