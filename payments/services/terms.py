"""What a payment would cost here and now: the price list, the law and the restaurant's choice."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from payments.choices import PROVIDER_OF, FeePayer, Method, Provider, Surcharge
from payments.errors import MethodNotAvailable, QuoteStale
from payments.models import FeeSchedule, PaymentSettings
from payments.providers.health import providers_down
from payments.providers.registry import methods_set_up, smallest_step
from payments.selectors.fees import (
    account_below,
    fee_schedules,
    payment_settings,
    surcharge_rules,
)
from payments.services.fees import Rate, fees
from payments.services.routing import Candidate, borne_by, may_be_charged

FREE = Rate(provider_bps=0, provider_fixed=0, platform_bps=0)


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one way to pay. `may_charge_guest`: whether the guest may be asked to bear the fees,
    `fee_payer` who does."""

    candidate: Candidate
    fee_payer: FeePayer
    may_charge_guest: bool

    @property
    def method(self) -> Method:
        return self.candidate.method


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is read once for all ways to pay. `set_up`: those that there are keys and accounts for;
    `down`: providers that do not answer."""

    chosen: PaymentSettings
    prices: dict[str, FeeSchedule]
    rules: dict[str, Surcharge]
    set_up: frozenset[Method]
    currency: str
    down: frozenset[Provider] = frozenset()


def conditions(restaurant_id: UUID, *, now: datetime) -> Conditions:
    """Three statements."""
    profile = restaurant_profile(restaurant_id)
    on = business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)
    chosen = payment_settings(restaurant_id)
    return Conditions(
        chosen=chosen,
        prices=fee_schedules(country=profile.country, currency=profile.currency, on=on),
        rules=surcharge_rules(profile.country),
        set_up=methods_set_up(account_below(chosen, currency=profile.currency)),
        currency=profile.currency,
        down=providers_down(),
    )


def terms_of(
    method: Method,
    amount: int,
    known: Conditions,
    *,
    payer: FeePayer | None = None,
) -> Terms:
    """For bill and tip of `amount` minor units. `payer`: who is to bear the fees, the
    restaurant's choice when None."""
    price, chosen = known.prices.get(method), known.chosen
    rule = known.rules.get(method, Surcharge.AT_COST)
    is_confirmed = chosen.bank_fee_confirmed_at is not None
    bearer = borne_by(payer or FeePayer(chosen.fee_payer), rule, is_confirmed=is_confirmed)
    candidate = Candidate(
        method,
        fees(amount, rate_of(price), bearer),
        preference=chosen.methods.index(method) if method in chosen.methods else 0,
        is_offered=method in chosen.methods,
        is_set_up=method in known.set_up,
        is_priced=price is not None,
        is_healthy=PROVIDER_OF[method] not in known.down,
        minimum=price.minimum if price else 1,
        maximum=price.maximum if price else None,
        step=smallest_step(PROVIDER_OF[method], known.currency),
    )
    return Terms(candidate, bearer, may_be_charged(rule, is_confirmed=is_confirmed))


def usable_terms(
    method: Method,
    amount: int,
    known: Conditions,
    *,
    payer: FeePayer | None = None,
    expected_total: int | None = None,
) -> Terms:
    """As `terms_of`. `expected_total`: what the guest was shown, when they were shown anything.

    Raises MethodNotAvailable, QuoteStale.
    """
    terms = terms_of(method, amount, known, payer=payer)
    obstacles = terms.candidate.obstacles
    if obstacles:
        raise MethodNotAvailable(
            f"{method.label}: {obstacles[0].label}",
            field="method",
            extra={"obstacles": [obstacle.value for obstacle in obstacles]},
        )
    total = terms.candidate.fees.charge
    if expected_total not in (None, total):
        raise QuoteStale(extra={"total": total})
    return terms


def rate_of(price: FeeSchedule | None) -> Rate:
    """Nothing costs nothing."""
    if price is None:
        return FREE
    return Rate(price.provider_bps, price.provider_fixed, price.platform_bps)
