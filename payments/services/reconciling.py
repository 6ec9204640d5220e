"""A provider's books of one day (UTC) against ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fynlo.db import new_id, transaction_required
from payments.choices import Finding, Provider
from payments.models import Reconciliation, ReconciliationLine
from payments.providers.base import SettlementLine
from payments.selectors.attempts import hold_attempt
from payments.selectors.reconciliation import Booked
from payments.services.postings import post_fee_adjustment

KINDS = ("payment", "refund")


@dataclass(frozen=True, slots=True)
class Difference:
    """Minor units; None where a side has nothing."""

    finding: Finding
    provider_id: str
    kind: str
    theirs: int | None
    ours: int | None


@dataclass(frozen=True, slots=True)
class Matched:
    """`fees`: what the provider took of each of our attempts where the books have another sum."""

    count: int
    differences: list[Difference]
    fees: dict[UUID, int]


def match(lines: Iterable[SettlementLine], booked: Mapping[tuple[str, str], Booked]) -> Matched:
    """Pure. `booked`: by provider's id and kind. Several lines of one id and kind are one."""
    theirs: dict[tuple[str, str], tuple[int, int]] = {}
    for line in lines:
        place = (line.provider_id, line.kind)
        amount, fee = theirs.get(place, (0, 0))
        theirs[place] = (amount + line.amount, fee + line.fee)
    found = [_extra(place, amount) for place, (amount, _) in theirs.items() if place not in booked]
    fees: dict[UUID, int] = {}
    count = 0
    for place, own in booked.items():
        if place not in theirs:
            found.append(Difference(Finding.MISSING, *place, None, own.amount))
            continue
        amount, fee = theirs[place]
        if amount != own.amount:
            found.append(Difference(Finding.AMOUNT, *place, amount, own.amount))
        elif fee and own.fee is not None and fee != own.fee:
            found.append(Difference(Finding.FEE, *place, fee, own.fee))
            fees[own.attempt] = fee
        else:
            count += 1
    return Matched(count, found, fees)


def _extra(place: tuple[str, str], amount: int) -> Difference:
    return Difference(Finding.EXTRA, *place, amount, None)


@transaction_required
def keep(
    *,
    restaurant_id: UUID,
    provider: Provider,
    day: date,
    lines: Iterable[SettlementLine],
    booked: Mapping[tuple[str, str], Booked],
    now: datetime,
) -> Reconciliation:
    """Write what was found, and post the fees that the provider really took.

    Call with what the provider said, which was asked outside of any transaction. Locks each
    attempt whose fee differs.
    """
    told = [line for line in lines if line.kind in KINDS]
    found = match(told, booked)
    kept = Reconciliation.objects.create(
        pk=new_id(),
        restaurant_id=restaurant_id,
        provider=provider,
        day=day,
        theirs=sum(line.amount for line in told),
        ours=sum(own.amount for own in booked.values()),
        fees=sum(line.fee for line in told),
        matched=found.count,
        made_at=now,
    )
    ReconciliationLine.objects.bulk_create(
        ReconciliationLine(
            reconciliation=kept,
            finding=one.finding,
            provider_id=one.provider_id,
            kind=one.kind,
            theirs=one.theirs,
            ours=one.ours,
        )
        for one in found.differences
    )
    for attempt_id, fee in sorted(found.fees.items()):
        _correct(attempt_id, fee, now=now)
    return kept


def _correct(attempt_id: UUID, fee: int, *, now: datetime) -> None:
    held = hold_attempt(attempt_id)
    booked = held.attempt.actual_fee
    held.attempt.actual_fee = fee
    held.attempt.save()
    post_fee_adjustment(
        attempt=held.attempt,
        booked=held.attempt.estimated_fee if booked is None else booked,
        now=now,
    )
