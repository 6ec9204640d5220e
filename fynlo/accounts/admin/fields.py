"""Money and percentages as people type them, kept as integers."""

from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_symbol
from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from fynlo.money import BPS, exponent, from_major

MAX_MINOR_UNITS = 10**11


class MoneyField(forms.Field):
    """`8.50` in the form, 850 minor units in Python. `signed` allows less than nothing."""

    def __init__(self, *, currency: str, signed: bool = False, **options: Any) -> None:
        symbol = get_currency_symbol(currency, locale="en_GB")
        options.setdefault(
            "widget", UnfoldAdminTextInputWidget({"inputmode": "decimal", "suffix": symbol})
        )
        super().__init__(**options)
        self.currency = currency
        self.minimum = -MAX_MINOR_UNITS if signed else 0

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            amount = from_major(str(value)[:40], self.currency)
        except ValueError as error:
            example = Decimal(850).scaleb(-exponent(self.currency))
            raise ValidationError(f"Type an amount such as {example}.") from error
        if not self.minimum <= amount <= MAX_MINOR_UNITS:
            raise ValidationError("This amount is out of range.")
        return amount

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return str(Decimal(value).scaleb(-exponent(self.currency)))
        return value


class PercentField(forms.Field):
    """`12.5` in the form, 1250 basis points in Python."""

    def __init__(self, *, minimum_bps: int = 0, maximum_bps: int = BPS, **options: Any) -> None:
        options.setdefault(
            "widget", UnfoldAdminTextInputWidget({"inputmode": "decimal", "suffix": "%"})
        )
        super().__init__(**options)
        self.minimum_bps, self.maximum_bps = minimum_bps, maximum_bps

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            bps = Decimal(str(value)[:40].strip().removesuffix("%")).scaleb(2)
            whole = bps.to_integral_value()
        except InvalidOperation as error:
            raise ValidationError("Type a percentage such as 12.5.") from error
        if not bps.is_finite() or bps != whole:
            raise ValidationError("At most two decimals.")
        if not self.minimum_bps <= whole <= self.maximum_bps:
            raise ValidationError("This percentage is out of range.")
        return int(whole)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return f"{Decimal(value).scaleb(-2).normalize():f}"
        return value
