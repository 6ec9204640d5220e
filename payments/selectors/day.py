"""What stands in the way of closing a business day, and what the day came to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, QuerySet, Sum, Value
from django.db.models.functions import Abs, Cast, Concat

from employees.models import TimeEntry
from fynlo.accounts.models import Device
from fynlo.errors import NotFound
from payments.choices import OPEN, CloseState, DrawerStatus, PaymentStatus, RefundStatus
from payments.documents import DAY_CLOSE
from payments.models import DayClose, DrawerSession, Payment, PaymentAttempt, Refund
from payments.selectors.fees import payment_settings
from payments.selectors.ledger_checks import ledger_faults
from pos.choices import OrderStatus
from pos.models import Order
from pos.selectors.menu import lock_menu

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Blocker:
    """`items`: the first of them, `{"id", "label", "link"}`. One that does not block is to be
    read before the day is closed."""

    code: str
    is_blocking: bool
    count: int
    link: str
    items: list[dict[str, str]]


def blockers(restaurant_id: UUID, day: date) -> list[Blocker]:
    """Only those that are there."""
    found = [
        _blocker(
            "open_orders",
            Order.objects.for_restaurant(restaurant_id)
            .filter(status=OrderStatus.OPEN, business_date__lte=day)
            .values_list("pk", "number"),
            "orders/?status=OPEN",
            "orders/{}/",
        ),
        _blocker(
            "unsettled_payments",
            PaymentAttempt.objects.for_restaurant(restaurant_id)
            .filter(status__in=OPEN)
            .values_list("payment_id", "amount"),
            "payments/?status=PENDING",
            "payments/{}/",
        ),
        _blocker(
            "queued_work",
            Device.objects.for_restaurant(restaurant_id)
            .filter(queue_depth__gt=0, revoked_at=None)
            .values_list("pk", "name"),
            "devices/",
            "devices/{}/",
        ),
        _blocker(
            "open_time_entries",
            TimeEntry.objects.for_restaurant(restaurant_id)
            .filter(ended_at=None)
            .values_list("pk", "member__user__name"),
            "time-entries/",
            "time-entries/{}/",
        ),
        _blocker(
            "open_drawers",
            DrawerSession.objects.for_restaurant(restaurant_id)
            .filter(status=DrawerStatus.OPEN)
            .values_list("pk", _WHOSE),
            "payments/drawers/?status=OPEN",
            "payments/drawers/{}/",
        ),
        _blocker(
            "drawer_variance",
            _off(restaurant_id, day),
            f"payments/drawers/?business_date={day}",
            "payments/drawers/{}/z-report/",
            is_blocking=False,
        ),
        _unbalanced(restaurant_id),
    ]
    return [one for one in found if one.count]


# `Main, since 2026-09-01`: one that is left over from another day is seen to be.
_WHOSE = Concat(
    "name", Value(", since "), Cast("business_date", CharField()), output_field=CharField()
)


def _off(restaurant_id: UUID, day: date) -> QuerySet[Any, Any]:
    tolerance = payment_settings(restaurant_id).drawer_tolerance
    rows = DrawerSession.objects.for_restaurant(restaurant_id)
    rows = rows.filter(business_date=day, status=DrawerStatus.CLOSED)
    off = rows.annotate(off=Abs(F("difference"))).filter(off__gt=tolerance)
    return off.values_list("pk", "difference")


def _blocker(
    code: str, rows: QuerySet[Any, Any], link: str, item: str, *, is_blocking: bool = True
) -> Blocker:
    items = [
        {"id": str(pk), "label": str(label), "link": f"/api/v1/{item.format(pk)}"}
        for pk, label in rows.order_by("pk")[:SHOWN]
    ]
    return Blocker(code, is_blocking, rows.count(), f"/api/v1/{link}", items)


def _unbalanced(restaurant_id: UUID) -> Blocker:
    faults = [fault for fault in ledger_faults() if fault.restaurant == restaurant_id]
    items = [
        {"id": fault.check, "label": f"{fault.books} / {fault.counted}", "link": "/health/ledger/"}
        for fault in faults
    ]
    return Blocker("ledger_unbalanced", True, len(faults), "/health/ledger/", items)


def day_closes(restaurant_id: UUID) -> QuerySet[DayClose]:
    return DayClose.objects.for_restaurant(restaurant_id)


def lock_close(pk: UUID) -> DayClose:
    """Of whichever restaurant, whose row is locked first: days are numbered one after another.

    Both to the end of the transaction. Raises NotFound.
    """
    home = DayClose.objects.filter(pk=pk).values_list("restaurant_id", flat=True).first()
    if home is None:
        raise NotFound
    lock_menu(home)
    return DayClose.objects.lock(home, pk)


def unfinished_closes(*, before: datetime) -> list[UUID]:
    """Those that nobody has touched since."""
    rows = DayClose.objects.exclude(state=CloseState.DONE).filter(touched_at__lte=before)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def close_document(pk: UUID) -> str:
    return DAY_CLOSE.read(DayClose.objects.filter(pk=pk))[0]


def last_number(restaurant_id: UUID) -> int:
    """0 before the first. Call while holding the restaurant's row."""
    rows = day_closes(restaurant_id).filter(number__isnull=False).order_by("-number")
    return rows.values_list("number", flat=True).first() or 0


SALES = ("gross", "discount", "service_charge", "tax", "tip", "rounding", "total", "refunded")


def day_figures(restaurant_id: UUID, day: date) -> dict[str, Any]:
    """What a Z report says of the day, in minor units."""
    orders = Order.objects.for_restaurant(restaurant_id).filter(business_date=day)
    sold = orders.exclude(status=OrderStatus.CANCELLED)
    sums = sold.aggregate(orders=Count("pk"), **{name: Sum(name, default=0) for name in SALES})
    taken = Payment.objects.for_restaurant(restaurant_id).filter(business_date=day, captured__gt=0)
    by_method = taken.values_list("method").annotate(
        Count("pk"), Sum("captured"), Sum("tip"), Sum("customer_fee"), Sum("platform_fee")
    )
    names = ("method", "payments", "captured", "tips", "customer_fees", "platform_fees")
    refunds = Refund.objects.for_restaurant(restaurant_id).filter(
        payment__business_date=day, status=RefundStatus.SUCCEEDED
    )
    drawers = DrawerSession.objects.for_restaurant(restaurant_id).filter(business_date=day)
    return {
        "sales": sums,
        "payments": [dict(zip(names, row, strict=True)) for row in by_method.order_by("method")],
        "refunds": refunds.aggregate(count=Count("pk"), amount=Sum("amount", default=0)),
        "reversed": taken.filter(status=PaymentStatus.REVERSED).count(),
        "drawers": list(
            drawers.filter(status=DrawerStatus.CLOSED)
            .order_by("opened_at", "pk")
            .values_list("report", flat=True)
        ),
    }
