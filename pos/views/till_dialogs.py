"""What the till asks before it does something to an order. The answers go to the API."""

from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import DISCOUNT_CAP_BPS, Permission
from fynlo.api.screens.visitors import screen
from fynlo.clock import utc_now
from pos.choices import OrderStatus
from pos.selectors.floor import live_floors
from pos.selectors.orders import split_family
from pos.views.till_orders import line_of, order_at
from pos.views.till_shapes import courses_of, discounts_of, notes_for, part_of, seats_of

VOID_REASONS = ("Wrong item", "Guest changed their mind", "Sent back")
EQUAL_PARTS = range(2, 7)


@require_safe
@screen(Permission.TAKE_ORDERS)
def line(request: HttpRequest, actor: Actor, pk: UUID, line_id: UUID) -> HttpResponse:
    """Before it is sent: how many, for whom, when. After that: take it back."""
    order = order_at(actor, pk)
    shown = {
        "order": order,
        "line": line_of(order, line_id),
        "reasons": VOID_REASONS,
        "asks_approver": not actor.may(Permission.APPROVE),
    }
    return render(request, "screens/till/line.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def courses(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    order = order_at(actor, pk)
    shown = {"order": order, "courses": courses_of(order)}
    return render(request, "screens/till/courses.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def move(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    floors = orjson.loads(live_floors(actor.restaurant_id, now=utc_now()))
    shown = {"order": order_at(actor, pk), "floors": floors}
    return render(request, "screens/till/move.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def split(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    order = order_at(actor, pk)
    shown = {"order": order, "equal_parts": EQUAL_PARTS, "seats": seats_of(order)}
    return render(request, "screens/till/split.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def parts(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """What an order was split into and is still open."""
    rows = split_family(actor.restaurant_id, pk).filter(status=OrderStatus.OPEN)
    shown = {"parts": [part_of(row) for row in rows.order_by("number", "pk")]}
    return render(request, "screens/till/parts.html", shown)


@require_safe
@screen(Permission.GIVE_DISCOUNT)
def discount(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    cap = DISCOUNT_CAP_BPS[actor.role] // 100
    percents = [percent for percent in (5, 10, 15, 20, 25, 50, 100) if percent <= cap]
    shown = {"order": order_at(actor, pk), "cap": cap, "percents": percents}
    return render(request, "screens/till/discount.html", shown)


@require_safe
@screen(Permission.GIVE_DISCOUNT)
def discounts(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """Those that were given, to take one back."""
    order = order_at(actor, pk)
    shown = {"order": order, "discounts": discounts_of(order)}
    return render(request, "screens/till/discounts.html", shown)


@require_safe
@screen(Permission.TAKE_PAYMENT)
def cash(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    shown = order_at(actor, pk)
    notes = notes_for(shown["cash_due"], shown["currency"])
    return render(request, "screens/till/cash.html", {"order": shown, "notes": notes})
