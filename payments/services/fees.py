"""What a way to pay costs, and what the guest is charged. Pure: minor units and basis points.

Each payee's part is rounded half-up on its own, the fixed part is added after. Fynlo's part is
taken of bill and tip, never of a fee.
"""

from dataclasses import dataclass

from fynlo.money import BPS, divide_half_up, share
from payments.choices import FeePayer


@dataclass(frozen=True, slots=True)
class Rate:
    """`provider_fixed` in minor units, the rest in basis points."""

    provider_bps: int
    provider_fixed: int
    platform_bps: int

    def provider_fee(self, charge: int) -> int:
        """What the provider keeps of a charge; nothing is charged for nothing."""
        return share(charge, self.provider_bps) + self.provider_fixed if charge else 0


@dataclass(frozen=True, slots=True)
class Fees:
    """`charge` is what the guest pays, `customer_fee` the part above bill and tip, `net` what the
    restaurant keeps with the tip; it may be negative when a small amount bears a fixed fee."""

    charge: int
    customer_fee: int
    provider: int
    platform: int

    @property
    def net(self) -> int:
        return self.charge - self.provider - self.platform


def fees(amount: int, rate: Rate, payer: FeePayer) -> Fees:
    """The fees of `amount` (bill and tip, minor units, not negative)."""
    platform = share(amount, rate.platform_bps)
    charge = amount
    if payer == FeePayer.CUSTOMER:
        charge = _grossed_up(amount, platform, rate)
    return Fees(charge, charge - amount, rate.provider_fee(charge), platform)


def _grossed_up(amount: int, platform: int, rate: Rate) -> int:
    """The smallest charge of which `amount` is left.

    What is left grows by 0 or 1 with each minor unit charged, so it is left exactly. The first
    guess is off by what rounding half-up can move: at most two, for rates of up to a half.
    """
    wanted = amount + platform
    if not wanted:
        return 0
    charge = -(-(wanted + rate.provider_fixed) * BPS // (BPS - rate.provider_bps))
    while charge - rate.provider_fee(charge) < wanted:
        charge += 1
    while charge - 1 - rate.provider_fee(charge - 1) >= wanted:
        charge -= 1
    return charge


def returned(fee: int, *, whole: int, before: int, amount: int) -> int:
    """How much of `fee`, taken on `whole`, goes back with a refund of `amount` after refunds of
    `before`: rounded on the sum so far, so that all refunds together return exactly the fee."""
    until = portion(fee, whole=whole, part=before + amount)
    return until - portion(fee, whole=whole, part=before)


def portion(fee: int, *, whole: int, part: int) -> int:
    """What `fee`, taken on `whole`, is of a `part` of it."""
    return divide_half_up(fee * part, whole)
