"""Money is an integer of minor units. This is the one module that rounds it.

Percentages are basis points (bps): 2000 is 20 %. Nothing here ever sees a float.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_currency, get_currency_precision

BPS = 10_000
_AMOUNT = re.compile(r"[+-]?(\d{1,15}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Nearest whole number; a tie goes to the even one. The denominator is positive."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient


def divide_half_up(numerator: int, denominator: int) -> int:
    """Nearest whole number; a tie goes away from zero. The denominator is positive."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def share(amount: int, bps: int) -> int:
    """`bps` of `amount`, half-up: how discounts, service charges and fees are rounded."""
    return divide_half_up(amount * bps, BPS)


def multiply(unit_price: int, quantity: Decimal) -> int:
    """A unit price times a decimal quantity (0.350 kg), half-up to the minor unit."""
    return int((unit_price * quantity).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tax_added(net: int, rate_bps: int) -> int:
    """Tax on top of a net amount, half-even, once per rate bucket."""
    return divide_half_even(net * rate_bps, BPS)


def tax_included(gross: int, rate_bps: int) -> int:
    """The tax inside a gross amount (the VAT fraction), half-even, once per rate bucket."""
    return divide_half_even(gross * rate_bps, BPS + rate_bps)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` so that the parts sum to it exactly.

    Largest remainder: the minor units left over by flooring go to the parts that lost most,
    the first of equals first. Weights are not negative; when all are zero, all count as one.

    Raises ValueError without weights, or with a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("allocate needs weights of zero or more")
    parts = _floored(total, weights)
    sign = -1 if total < 0 else 1
    for position in _lost_most(total, weights)[: abs(total) - sum(map(abs, parts))]:
        parts[position] += sign
    return parts


def rounded_up(total: int, weights: Sequence[int]) -> list[int]:
    """The positions to which `allocate` gives a minor unit that flooring left over."""
    parts = zip(allocate(total, weights), _floored(total, weights), strict=True)
    return [position for position, (part, floored) in enumerate(parts) if part != floored]


def _floored(total: int, weights: Sequence[int]) -> list[int]:
    sign, whole = (-1 if total < 0 else 1), sum(weights) or len(weights)
    counts = weights if any(weights) else [1] * len(weights)
    return [sign * (abs(total) * count // whole) for count in counts]


def _lost_most(total: int, weights: Sequence[int]) -> list[int]:
    counts = weights if any(weights) else [1] * len(weights)
    whole = sum(counts)
    lost = [(-(abs(total) * count % whole), position) for position, count in enumerate(counts)]
    return [position for _, position in sorted(lost)]


def round_to_step(amount: int, step: int) -> int:
    """The nearest multiple of the smallest coin (`step` minor units), ties away from zero."""
    return divide_half_up(amount, step) * step if step > 1 else amount


def exponent(currency: str) -> int:
    """How many decimals a currency has (ISO 4217 by way of CLDR): GBP 2, JPY 0, KWD 3."""
    return int(get_currency_precision(currency))


def from_major(text: str, currency: str) -> int:
    """`"8.50"` as people write it, to minor units.

    Raises ValueError when it is not a number or has more decimals than the currency.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise ValueError(f"{text[:40]!r} is not an amount")
    scaled = Decimal(text.strip()).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has too many decimals for {currency}")
    return int(scaled)


def as_decimal_text(amount: int, currency: str) -> str:
    """`1250` and `GBP` as `12.50`, as wallets and bank files write it."""
    return format(Decimal(amount).scaleb(-exponent(currency)), "f")


def for_people(amount: int, currency: str, locale: str = "en_GB") -> str:
    """`1250` and `GBP` as `£12.50`."""
    return format_currency(Decimal(amount).scaleb(-exponent(currency)), currency, locale=locale)


def percent_for_people(bps: int) -> str:
    """`1250` basis points as `12.5 %`."""
    return f"{(Decimal(bps) / 100).normalize():f} %"
