"""Which way to pay to offer first. Pure.

In this order: offered by the restaurant, set up for it and priced here, its provider healthy, the
amount within limits, the lowest fees, the restaurant's own preference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from payments.choices import FeePayer, Method, Obstacle, Surcharge
from payments.services.fees import Fees


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to pay, and what is known of it. `preference`: its place in the restaurant's list.

    Amounts are minor units; `maximum` None means none; what is charged is a multiple of `step`.
    """

    method: Method
    fees: Fees
    preference: int = 0
    is_offered: bool = True
    is_set_up: bool = True
    is_priced: bool = True
    is_healthy: bool = True
    minimum: int = 1
    maximum: int | None = None
    step: int = 1

    @property
    def cost(self) -> int:
        """What provider and platform take, whoever bears it."""
        return self.fees.provider + self.fees.platform

    @property
    def obstacles(self) -> list[Obstacle]:
        """Empty when it can be used."""
        found = {
            Obstacle.DISABLED: not self.is_offered,
            Obstacle.NOT_SET_UP: not self.is_set_up,
            Obstacle.NO_PRICE: not self.is_priced,
            Obstacle.PROVIDER_DOWN: not self.is_healthy,
            Obstacle.BELOW_MINIMUM: self.fees.charge < self.minimum,
            Obstacle.ABOVE_MAXIMUM: self.maximum is not None and self.fees.charge > self.maximum,
            Obstacle.LAST_DIGIT: self.fees.charge % self.step != 0,
        }
        return [obstacle for obstacle, is_there in found.items() if is_there]


def recommended(candidates: Sequence[Candidate]) -> Candidate | None:
    """None when nothing can be used. Cash costs nothing but a drawer, so it comes last."""
    usable = [candidate for candidate in candidates if not candidate.obstacles]
    return min(
        usable,
        key=lambda one: (one.method == Method.CASH, one.cost, one.preference),
        default=None,
    )


def reasons(candidates: Sequence[Candidate]) -> list[str]:
    """In sentences, why `recommended` chose as it did; the first says what was chosen."""
    chosen = recommended(candidates)
    if chosen is None:
        return ["No way to pay can be used for this amount now."]
    others = [one for one in candidates if one is not chosen]
    first = f"{chosen.method.label} costs {chosen.cost} in fees, no other way less."
    if chosen.method == Method.CASH:
        first = "Nothing but cash can be used."
    return [first, *(_against(one, chosen) for one in others)]


def _against(one: Candidate, chosen: Candidate) -> str:
    if one.obstacles:
        return f"{one.method.label}: {one.obstacles[0].label}"
    if one.method == Method.CASH:
        return f"{one.method.label}: it has no fees, but has to be counted and kept."
    if one.cost == chosen.cost:
        return f"{one.method.label}: it costs the same; the restaurant prefers the other."
    return f"{one.method.label}: it costs {one.cost - chosen.cost} more."


def borne_by(wanted: FeePayer, rule: Surcharge, *, is_confirmed: bool) -> FeePayer:
    """Who bears the fees: the guest only where the law lets them be charged."""
    return wanted if may_be_charged(rule, is_confirmed=is_confirmed) else FeePayer.RESTAURANT


def may_be_charged(rule: Surcharge, *, is_confirmed: bool) -> bool:
    """Whether a guest may be asked to bear the fees."""
    return rule == Surcharge.AT_COST or (rule == Surcharge.WHEN_CONFIRMED and is_confirmed)
