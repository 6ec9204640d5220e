"""One restaurant with a row of everything, for walks through the admin."""

from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
from typing import Any

import orjson
from django.test import Client

from fynlo.accounts.models import Device, Restaurant
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from pos.models import (
    Category,
    Floor,
    MenuImport,
    Modifier,
    ModifierGroup,
    Order,
    OrderLine,
    Product,
    ProductModifierGroup,
    Receipt,
    ReceiptPrint,
    Station,
    Table,
    TaxRate,
    Ticket,
    TimedPrice,
    Variation,
)
from pos.selectors.receipts import GENESIS
from pos.tests.admin_rows import with_all_others


@dataclass
class Scene:
    """`rows`: one object of every model that has an admin page."""

    rows: list[Any]
    product: Product


def office(member: Member, *, is_staff: bool = True) -> Client:
    """The member in front of the admin, signed in by cookie."""
    user = member.membership.user
    user.is_staff = is_staff
    user.save()
    client = Client()
    client.force_login(user)
    return client


def furnish(member: Member, word: str) -> Scene:
    """Every name contains `word`, so that a page can be searched for it."""
    place, now = member.restaurant, utc_now()
    own: dict[str, Any] = {"restaurant": place}
    tax = TaxRate.objects.create(**own, name=f"{word} tax", rate_bps=2000)
    category = Category.objects.create(**own, name=f"{word} category")
    station = Station.objects.create(**own, name=f"{word} station")
    group = ModifierGroup.objects.create(**own, name=f"{word} group")
    Modifier.objects.create(group=group, name=f"{word} modifier", price_delta=50)
    product = Product.objects.create(
        **own,
        sku=f"{word}-1",
        name=f"{word} product",
        price=850,
        tax_rate=tax,
        category=category,
        station=station,
    )
    _hang_on(product, group, word)
    floor = Floor.objects.create(**own, name=f"{word} floor")
    table = Table.objects.create(**own, floor=floor, number=f"{word}T")
    order, ticket = _order(place, product, table, station, now)
    device = Device.objects.create(
        **own, name=f"{word} device", token_hash=f"{word} token", paired_at=now
    )
    receipt = _receipt(place, order, word, now)
    file = MenuImport.objects.create(
        **own, rows=1, state="FAILED", requested_at=now, touched_at=now, problems=[{"detail": word}]
    )
    rows = [tax, category, station, group, product, floor, order, ticket, device, receipt, file]
    known = [*rows, place, member.membership, member.session]
    return Scene(with_all_others(known, word=word), product)


def _receipt(place: Restaurant, order: Order, word: str, now: datetime) -> Receipt:
    """As far as the admin reads it."""
    content = orjson.dumps({"total": 850, "currency": place.currency, "name": word}).decode()
    receipt = Receipt.objects.create(
        restaurant=place,
        number=1,
        order=order,
        content=content,
        previous_hash=GENESIS,
        hash=sha256(content.encode()).hexdigest(),
        issued_at=now,
    )
    ReceiptPrint.objects.create(restaurant=place, receipt=receipt, copy=1, printed_at=now)
    return receipt


def _hang_on(product: Product, group: ModifierGroup, word: str) -> None:
    Variation.objects.create(product=product, name=f"{word} size", price=1050, position=1)
    ProductModifierGroup.objects.create(product=product, group=group, position=1)
    TimedPrice.objects.create(
        product=product, price=600, weekdays=[1, 5], starts_at=time(17), ends_at=time(19)
    )


def _order(
    place: Restaurant, product: Product, table: Table, station: Station, now: datetime
) -> tuple[Order, Ticket]:
    order = Order.objects.create(
        restaurant=place,
        number=7,
        business_date=now.date(),
        channel="dine_in",
        table=table,
        opened_at=now,
        received_at=now,
        updated_at=now,
        currency=place.currency,
        gross=850,
        subtotal=850,
        total=850,
    )
    OrderLine.objects.create(
        order=order,
        position=1,
        product=product,
        name=product.name,
        quantity="1",
        unit_price=850,
        gross=850,
        total=850,
        tax_name="VAT",
        tax_rate_bps=2000,
        tax_inclusive=True,
        added_at=now,
    )
    ticket = Ticket.objects.create(
        restaurant=place,
        order=order,
        station=station,
        revision=1,
        created_at=now,
        items=[{"name": product.name, "quantity": "1", "change": "add"}],
    )
    return order, ticket
