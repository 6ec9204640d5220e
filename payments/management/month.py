"""A month of payments, written in bulk: as if guests had paid by all four ways.

Every row is what the services would have written, so that reports and checks have something to
add up. `seed` makes the same month again. Some are refunded, in whole or in part, and for some the
bank's money comes after the guest had paid by card (`month_back`).
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from employees.models import TipCredit
from fynlo.accounts.models import Membership, Restaurant
from fynlo.db import new_id, transaction_required
from payments.choices import (
    PROVIDER_OF,
    Account,
    AttemptStatus,
    DrawerEventKind,
    FeePayer,
    Method,
    PaymentStatus,
    Posting,
    Provider,
)
from payments.management.month_back import give_back, money_too_late
from payments.management.month_sales import Cast, Sale
from payments.models import (
    DrawerEvent,
    DrawerSession,
    LedgerAccount,
    LedgerEntry,
    LedgerTransaction,
    Payment,
    PaymentAttempt,
    Refund,
)
from payments.services import postings
from payments.services.terms import conditions, terms_of
from pos.choices import Channel, LineState, OrderStatus
from pos.choices import PaymentStatus as Paid
from pos.models import Order, OrderLine, Product

WAYS = (Method.OPEN_BANKING,) * 5 + (Method.CARD,) * 3 + (Method.APPLE_PAY, Method.CASH)
AT_ONCE = 2000
FIRST_NUMBER = 100_000
REFUNDED, LATE = 0.1, 0.05


@transaction_required
def generate_month(
    *, restaurant: Restaurant, first: date, days: int, count: int, seed: int, now: datetime
) -> None:
    """`count` payments spread over `days` business dates from `first`. The restaurant needs a
    product and a member."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable month, not a secret
    cast = _cast(restaurant, first, now)
    sales = (_sale(cast, chance, first, days, number) for number in range(count))
    while some := list(islice(sales, AT_ONCE)):
        _write(cast, some)


def _cast(restaurant: Restaurant, first: date, now: datetime) -> Cast:
    LedgerAccount.objects.bulk_create(
        [LedgerAccount(restaurant=restaurant, code=code) for code in Account.values],
        ignore_conflicts=True,
    )
    accounts = LedgerAccount.objects.for_restaurant(restaurant.pk).values_list("code", "pk")
    return Cast(
        restaurant,
        Membership.objects.for_restaurant(restaurant.pk).order_by("pk")[0],
        Product.objects.for_restaurant(restaurant.pk).order_by("pk")[0],
        DrawerSession.objects.create(
            restaurant=restaurant,
            name=f"Month from {first} ({str(new_id())[-6:]})",
            business_date=first,
            currency=restaurant.currency,
            opening_float=0,
            opened_at=now,
        ),
        conditions(restaurant.pk, now=now),
        dict(accounts),
    )


def _sale(cast: Cast, chance: random.Random, first: date, days: int, number: int) -> Sale:
    day = first + timedelta(number % days)
    at = datetime.combine(day, time(12), UTC) + timedelta(seconds=chance.randrange(6 * 3600))
    bill, method = chance.randrange(100, 20_000), chance.choice(WAYS)
    tip = chance.choice((0, 0, bill // 20, bill // 10))
    order = _order(cast, day=day, at=at, bill=bill, tip=tip, number=FIRST_NUMBER + number)
    payment = _payment(cast, order, method, at=at, bill=bill, tip=tip)
    attempt = _attempt(payment, chance)
    order.payments = [{"payment": str(payment.pk), "method": method, "amount": bill + tip}]
    sale = Sale(order, _line(cast, order, at), payment, attempt)
    sale.post(
        f"payment:{payment.pk}:captured", Posting.PAYMENT_CAPTURED, _captured(payment, attempt)
    )
    if attempt.actual_fee not in (None, attempt.estimated_fee):
        _adjust_fee(sale)
    if method == Method.CARD and chance.random() < LATE:
        money_too_late(sale, cast)
    if chance.random() < REFUNDED:
        give_back(sale, cast, chance, last=first + timedelta(days - 1))
    return sale


def _order(cast: Cast, *, day: date, at: datetime, bill: int, tip: int, number: int) -> Order:
    return Order(
        restaurant=cast.restaurant,
        number=number,
        business_date=day,
        channel=Channel.TAKEAWAY,
        status=OrderStatus.COMPLETED,
        kitchen_status=LineState.SERVED,
        payment_status=Paid.PAID,
        server=cast.member,
        opened_at=at,
        received_at=at,
        updated_at=at,
        closed_at=at,
        currency=cast.restaurant.currency,
        gross=bill,
        subtotal=bill,
        tip=tip,
        total=bill + tip,
        paid=bill + tip,
    )


def _line(cast: Cast, order: Order, at: datetime) -> OrderLine:
    return OrderLine(
        order=order,
        position=0,
        product=cast.product,
        name=cast.product.name,
        quantity=1,
        unit_price=order.gross,
        gross=order.gross,
        total=order.gross,
        tax_name="",
        tax_rate_bps=0,
        tax_inclusive=True,
        state=LineState.SERVED,
        added_at=at,
    )


def _payment(
    cast: Cast, order: Order, method: Method, *, at: datetime, bill: int, tip: int
) -> Payment:
    terms = terms_of(method, bill + tip, cast.known, payer=FeePayer.RESTAURANT)
    fees, is_cash = terms.candidate.fees, method == Method.CASH
    return Payment(
        restaurant=cast.restaurant,
        order=order,
        method=method,
        status=PaymentStatus.CAPTURED,
        business_date=order.business_date,
        currency=order.currency,
        bill=bill,
        tip=tip,
        platform_fee=fees.platform,
        provider_fee_estimate=fees.provider,
        total=fees.charge,
        captured=fees.charge,
        tendered=fees.charge if is_cash else None,
        change_given=0 if is_cash else None,
        taken_by=cast.member,
        taken_at=at,
        captured_at=at,
    )


def _attempt(payment: Payment, chance: random.Random) -> PaymentAttempt:
    """A tenth of those who take a fee report another than was expected."""
    estimated = payment.provider_fee_estimate
    drift = chance.choice((-1, 1, 7)) if estimated > 1 and chance.random() < 0.1 else 0
    return PaymentAttempt(
        restaurant_id=payment.restaurant_id,
        payment=payment,
        number=1,
        method=payment.method,
        provider=PROVIDER_OF[payment.method],
        provider_id="" if payment.method == Method.CASH else str(new_id()),
        status=AttemptStatus.SUCCEEDED,
        amount=payment.total,
        captured=payment.total,
        currency=payment.currency,
        platform_fee=payment.platform_fee,
        estimated_fee=estimated,
        actual_fee=estimated + drift if estimated else None,
        created_at=payment.taken_at,
        ended_at=payment.taken_at,
    )


def _captured(payment: Payment, attempt: PaymentAttempt) -> postings.Amounts:
    if attempt.provider == Provider.HOUSE:
        return postings.captured_in_cash(bill=payment.bill, rounding=0, tip=payment.tip)
    return postings.captured(
        attempt.provider,
        captured=attempt.captured,
        tip=payment.tip,
        provider_fee=attempt.estimated_fee,
        platform_fee=attempt.platform_fee,
    )


def _adjust_fee(sale: Sale) -> None:
    booked, actual = sale.attempt.estimated_fee, sale.attempt.actual_fee or 0
    sale.post(
        f"attempt:{sale.attempt.pk}:fee:{booked}:{actual}",
        Posting.FEE_ADJUSTED,
        postings.fee_adjusted(sale.attempt.provider, more=actual - booked),
    )


def _write(cast: Cast, sales: list[Sale]) -> None:
    Order.objects.bulk_create(sale.order for sale in sales)
    OrderLine.objects.bulk_create(sale.line for sale in sales)
    Payment.objects.bulk_create(sale.payment for sale in sales)
    PaymentAttempt.objects.bulk_create(sale.late for sale in sales if sale.late)
    PaymentAttempt.objects.bulk_create(sale.attempt for sale in sales)
    Refund.objects.bulk_create(refund for sale in sales for refund in sale.refunds)
    books = [posted for sale in sales for posted in sale.books]
    LedgerTransaction.objects.bulk_create(transaction for transaction, _ in books)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            transaction=transaction,
            account_id=cast.accounts[account],
            amount=amount,
            currency=cast.restaurant.currency,
        )
        for transaction, amounts in books
        for account, amount in amounts.items()
        if amount
    )
    DrawerEvent.objects.bulk_create(event for sale in sales for event in _drawer(cast, sale))
    TipCredit.objects.bulk_create(
        TipCredit(
            restaurant=cast.restaurant,
            member=cast.member,
            business_date=transaction.business_date,
            amount=-amounts[Account.TIPS_PAYABLE],
            currency=cast.restaurant.currency,
            source_key=f"{transaction.source_key}:{cast.member.pk}",
            created_at=transaction.created_at,
        )
        for transaction, amounts in books
        if amounts.get(Account.TIPS_PAYABLE)
    )


def _drawer(cast: Cast, sale: Sale) -> Iterator[DrawerEvent]:
    if sale.payment.method != Method.CASH:
        return
    shared = {"restaurant": cast.restaurant, "session": cast.drawer, "done_by": cast.member}
    yield DrawerEvent(
        kind=DrawerEventKind.SALE,
        amount=sale.payment.captured,
        payment=sale.payment,
        done_at=sale.payment.taken_at,
        **shared,
    )
    for refund in sale.refunds:
        yield DrawerEvent(
            kind=DrawerEventKind.REFUND,
            amount=-refund.amount,
            refund=refund,
            reason=refund.reason,
            done_at=refund.requested_at,
            **shared,
        )
