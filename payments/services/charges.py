"""What a guest owes in cash, down to the smallest coin."""

from dataclasses import dataclass
from uuid import UUID

from fynlo.accounts.selectors import restaurant_profile
from fynlo.money import round_to_step


@dataclass(frozen=True, slots=True)
class Charge:
    """What the guest owes for one payment, in minor units: `amount` of what is due, the `tip`,
    and what the smallest coin adds (or takes) when both settle the order."""

    amount: int
    tip: int
    rounding: int

    @property
    def total(self) -> int:
        return self.amount + self.tip + self.rounding


def rounding_for(left: int, taken: int, tip: int, *, restaurant_id: UUID) -> int:
    """What the smallest coin adds (or takes) when `taken` and `tip` settle all that is `left`."""
    if taken < left:
        return 0
    coin = restaurant_profile(restaurant_id).cash_rounding
    return round_to_step(left + tip, coin) - left - tip
