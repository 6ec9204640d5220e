"""Tips that are owed to people. Payments, which is above, says so: see docs/adr."""

from datetime import date, datetime
from uuid import UUID

from employees.models import TipCredit
from fynlo.db import transaction_required


@transaction_required
def credit_tip(
    *,
    restaurant_id: UUID,
    member_id: UUID | None,
    business_date: date,
    amount: int,
    currency: str,
    source_key: str,
    now: datetime,
) -> None:
    """Minor units, negative when a tip is taken back; nothing, and nobody's, is not written.

    PostgreSQL raises IntegrityError when `source_key` was credited before.
    """
    if not amount or member_id is None:
        return
    TipCredit.objects.create(
        restaurant_id=restaurant_id,
        member_id=member_id,
        business_date=business_date,
        amount=amount,
        currency=currency,
        source_key=source_key,
        created_at=now,
    )
