"""`/till/`: selling in a browser. What is tapped goes to the API, as from any client."""

from uuid import UUID

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.screens.visitors import screen
from fynlo.clock import utc_now
from fynlo.events.reading import last_seq
from fynlo.money import exponent, for_people
from pos.choices import OrderStatus
from pos.documents import ORDER
from pos.selectors.floor import live_floors
from pos.selectors.orders import filtered_orders
from pos.selectors.receipts import latest_receipt
from pos.services.receipts.paper import issued
from pos.views.screens import frame
from pos.views.till_orders import order_at
from pos.views.till_shapes import menu_of, place_of, product_of, sections

OPEN_AT_MOST = 100


@require_safe
@screen(Permission.TAKE_ORDERS)
def till(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The number of the newest event is read first: the page is at least as new as it says."""
    seq, menu = last_seq(actor.restaurant_id), menu_of(actor.restaurant_id)
    shown = {
        "seq": seq,
        "currency": menu["currency"],
        "decimals": exponent(menu["currency"]),
        "sections": sections(menu),
        "hears_payments": actor.may(Permission.VIEW_PAYMENTS),
        **frame(actor),
    }
    return render(request, "screens/till/page.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def menu(request: HttpRequest, actor: Actor) -> HttpResponse:
    shown = {"sections": sections(menu_of(actor.restaurant_id))}
    return render(request, "screens/till/menu.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def places(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where an order can be, and the orders that are open."""
    rows = filtered_orders(actor.restaurant_id, status=OrderStatus.OPEN)
    texts = ORDER.annotated(rows.order_by("-opened_at", "-pk")).values_list("document", flat=True)
    orders = [orjson.loads(text) for text in texts[:OPEN_AT_MOST]]
    for order in orders:
        order["place"] = place_of(order)
        order["due_label"] = for_people(order["due"], order["currency"])
    floors = orjson.loads(live_floors(actor.restaurant_id, now=utc_now()))
    return render(request, "screens/till/places.html", {"orders": orders, "floors": floors})


@require_safe
@screen(Permission.TAKE_ORDERS)
def product(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    found = product_of(menu_of(actor.restaurant_id), pk)
    if found is None:
        raise Http404
    return render(request, "screens/till/product.html", {"product": found})


@require_safe
@screen(Permission.TAKE_ORDERS)
def order(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    shown = {
        "order": order_at(actor, pk),
        "receipt_url": _receipt_url(actor, pk),
        "may_discount": actor.may(Permission.GIVE_DISCOUNT),
        "may_take_payment": actor.may(Permission.TAKE_PAYMENT),
    }
    return render(request, "screens/till/order.html", shown)


@require_safe
@screen(Permission.TAKE_ORDERS)
def done(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """In place of an order that is closed: its receipt, and the invitation to the next one."""
    shown = {"order": order_at(actor, pk), "receipt_url": _receipt_url(actor, pk)}
    return render(request, "screens/till/done.html", shown)


def _receipt_url(actor: Actor, pk: UUID) -> str:
    """Empty while none was issued."""
    receipt = latest_receipt(actor.restaurant_id, pk)
    return issued(receipt, mark="").url if receipt else ""
