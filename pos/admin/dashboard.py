"""Today at a glance, for the index page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse

from fynlo.accounts.admin_site import authority
from fynlo.accounts.authority import Authority
from fynlo.clock import business_date, utc_now
from fynlo.money import for_people
from pos.admin.charts import charts
from pos.choices import OrderStatus, TicketState
from pos.models import Order, Ticket

WAITING = (TicketState.NEW, TicketState.ACKED, TicketState.STARTED)


@dataclass(frozen=True, slots=True)
class Figure:
    title: str
    value: str
    note: str
    icon: str
    address: str


@dataclass(frozen=True, slots=True)
class Latest:
    number: str
    place: str
    opened_at: datetime
    status: str
    total: str
    address: str


def today(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the theme for the index page; each figure is one statement."""
    known = authority(request)
    names = [restaurant.name for restaurant in known.restaurants()[:4]]
    return {
        **context,
        "figures": figures(known, now=utc_now()),
        "latest": latest(known),
        "charts": charts(known, chosen=request.GET.get("restaurant", ""), now=utc_now()),
        "where": "All restaurants" if len(names) > 3 else ", ".join(names),
    }


def figures(known: Authority, *, now: datetime) -> list[Figure]:
    orders = reverse("admin:pos_order_changelist")
    tickets = reverse("admin:pos_ticket_changelist")
    sold = _today(known, now)
    open_orders = known.limit(Order.objects.filter(status=OrderStatus.OPEN), path="restaurant")
    waiting = known.limit(Ticket.objects.filter(state__in=WAITING), path="restaurant")
    return [
        Figure("Orders today", str(sold.count()), "without cancelled ones", "receipt_long", orders),
        Figure("Sales so far", _sales(sold), "totals of today's orders", "payments", orders),
        Figure(
            "Open orders",
            str(open_orders.count()),
            "not completed yet",
            "table_restaurant",
            f"{orders}?status__exact={OrderStatus.OPEN}",
        ),
        Figure("Tickets waiting", str(waiting.count()), "not ready yet", "skillet", tickets),
    ]


def latest(known: Authority) -> list[Latest]:
    """The newest orders."""
    rows = known.limit(Order.objects.all(), path="restaurant").select_related("table")
    return [_latest(order) for order in rows.order_by("-opened_at", "-pk")[:8]]


def _latest(order: Order) -> Latest:
    return Latest(
        number=f"#{order.number}",
        place=f"Table {order.table}" if order.table else order.get_channel_display(),
        opened_at=order.opened_at,
        status=order.get_status_display(),
        total=for_people(order.total, order.currency),
        address=reverse("admin:pos_order_change", args=[order.pk]),
    )


def _today(known: Authority, now: datetime) -> QuerySet[Order]:
    """Orders of each restaurant's own business day, which also ends at its own hour."""
    days: dict[date, list[UUID]] = {}
    for pk, zone, starts_at in known.restaurants().values_list("pk", "time_zone", "day_starts_at"):
        day = business_date(at=now, zone=zone, day_starts_at=starts_at)
        days.setdefault(day, []).append(pk)
    wanted = Q(pk__in=[])
    for day, restaurants in days.items():
        wanted |= Q(business_date=day, restaurant__in=restaurants)
    return Order.objects.filter(wanted).exclude(status=OrderStatus.CANCELLED)


def _sales(orders: QuerySet[Order]) -> str:
    rows = orders.values_list("currency").annotate(sum=Sum("total"))
    amounts = [for_people(total, currency) for currency, total in rows.order_by("currency")]
    return " + ".join(amounts) or "–"
