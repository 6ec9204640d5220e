"""What a generated month is made of."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from fynlo.accounts.models import Membership, Restaurant
from payments.choices import Posting
from payments.models import DrawerSession, LedgerTransaction, Payment, PaymentAttempt, Refund
from payments.services.postings import Amounts
from payments.services.terms import Conditions
from pos.models import Order, OrderLine, Product


@dataclass(frozen=True, slots=True)
class Cast:
    """What all payments of the month share."""

    restaurant: Restaurant
    member: Membership
    product: Product
    drawer: DrawerSession
    known: Conditions
    accounts: dict[str, UUID]


@dataclass(slots=True)
class Sale:
    """One order, its payment, and what came of it. `late`: the bank's attempt that was given up."""

    order: Order
    line: OrderLine
    payment: Payment
    attempt: PaymentAttempt
    late: PaymentAttempt | None = None
    refunds: list[Refund] = field(default_factory=list)
    books: list[tuple[LedgerTransaction, Amounts]] = field(default_factory=list)

    def post(
        self,
        key: str,
        kind: Posting,
        amounts: Amounts,
        *,
        day: date | None = None,
        at: datetime | None = None,
    ) -> None:
        """On the day of the sale unless another is named."""
        transaction = LedgerTransaction(
            restaurant_id=self.payment.restaurant_id,
            source_key=key,
            kind=kind,
            business_date=day or self.payment.business_date,
            created_at=at or self.payment.taken_at,
        )
        self.books.append((transaction, amounts))
