"""Whose a tip is. The staff's ledger of tips is payroll's (`employees.services.tips`).

A tip belongs to whoever serves the table. A restaurant may have it shared: `tip_pool` names roles
and what each gets of every tip, in basis points, equally among those of the role who are clocked
in at that moment; a role of which nobody is there gets nothing. What is taken back is taken from
those who had it. Fees never touch it (Employment (Allocation of Tips) Act 2023, section 27D).
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from employees.services.tips import credit_tip
from fynlo.db import transaction_required
from fynlo.money import BPS, allocate
from payments.models import Payment
from payments.selectors.fees import payment_settings
from payments.selectors.tips import credits_of, on_duty


def shares(
    amount: int, *, server: UUID, pool: Mapping[str, int], present: Mapping[str, list[UUID]]
) -> dict[UUID, int]:
    """Minor units for each; they sum to `amount`. Pure. `present`: who of each role is there."""
    parts: dict[UUID, int] = {}
    roles = [role for role in sorted(pool) if present.get(role)]
    weights = [pool[role] for role in roles]
    own, *pooled = allocate(amount, [BPS - sum(weights), *weights])
    parts[server] = own
    for role, whole in zip(roles, pooled, strict=True):
        members = sorted(present[role])
        for member, part in zip(members, allocate(whole, [1] * len(members)), strict=True):
            parts[member] = parts.get(member, 0) + part
    return parts


@transaction_required
def credit_tips(
    *, payment: Payment, amount: int, source_key: str, business_date: date, now: datetime
) -> None:
    """Once for each `source_key`. Negative: from those who had the payment's tips."""
    if not amount:
        return
    for member, part in _whose(payment, amount).items():
        credit_tip(
            restaurant_id=payment.restaurant_id,
            member_id=member,
            business_date=business_date,
            amount=part,
            currency=payment.currency,
            source_key=f"{source_key}:{member}",
            now=now,
        )


def _whose(payment: Payment, amount: int) -> dict[UUID, int]:
    if amount < 0:
        had = credits_of(payment.restaurant_id, f"payment:{payment.pk}:")
        owed = {member: part for member, part in had.items() if part > 0}
        return dict(zip(owed, allocate(amount, list(owed.values())), strict=True)) if owed else {}
    server = payment.order.server_id or payment.taken_by_id
    if server is None:
        return {}
    pool = payment_settings(payment.restaurant_id).tip_pool
    present = on_duty(payment.restaurant_id, pool) if pool else {}
    return shares(amount, server=server, pool=pool, present=present)
