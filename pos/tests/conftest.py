"""A small menu: enough to sell from, made straight in the database."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from django.http import HttpResponse

from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member
from pos.models import (
    Category,
    Floor,
    Modifier,
    ModifierGroup,
    Product,
    ProductModifierGroup,
    Station,
    Table,
    TaxRate,
    Variation,
)


@dataclass
class Menu:
    """`burger` (12.50) goes to the grill and asks for a side; `cola` comes in two sizes;
    `water` (2.00) needs no cooking."""

    grill: Station
    bar: Station
    vat: TaxRate
    burger: Product
    cola: Product
    small: Variation
    large: Variation
    water: Product
    sides: ModifierGroup
    chips: Modifier
    salad: Modifier
    table: Table

    def line(self, **changes: object) -> dict[str, object]:
        """A burger with chips."""
        chosen = [{"modifier": str(self.chips.pk)}]
        return {"product": str(self.burger.pk), "modifiers": chosen, **changes}

    def order(self, *lines: dict[str, object], **changes: object) -> dict[str, object]:
        return {"channel": "dine_in", "lines": list(lines) or [self.line()], **changes}


def stock_menu(restaurant: Restaurant) -> Menu:
    grill = Station.objects.create(restaurant=restaurant, name="Grill")
    bar = Station.objects.create(restaurant=restaurant, name="Bar")
    vat = TaxRate.objects.create(restaurant=restaurant, name="Standard rate", rate_bps=2000)
    food = Category.objects.create(restaurant=restaurant, name="Food")
    sides = ModifierGroup.objects.create(restaurant=restaurant, name="Side", min_choices=1)
    common = {"restaurant": restaurant, "tax_rate": vat, "category": food}
    burger = Product.objects.create(
        **common, sku="BUR", name="Burger", price=1250, station=grill, course=2
    )
    cola = Product.objects.create(**common, sku="COL", name="Cola", price=300, station=bar)
    ProductModifierGroup.objects.create(product=burger, group=sides)
    floor = Floor.objects.create(restaurant=restaurant, name="Room")
    return Menu(
        grill=grill,
        bar=bar,
        vat=vat,
        burger=burger,
        cola=cola,
        small=Variation.objects.create(product=cola, name="Small", price=300),
        large=Variation.objects.create(product=cola, name="Large", price=420, position=1),
        water=Product.objects.create(**common, sku="WAT", name="Water", price=200),
        sides=sides,
        chips=Modifier.objects.create(group=sides, name="Chips"),
        salad=Modifier.objects.create(group=sides, name="Salad", price_delta=150, position=1),
        table=Table.objects.create(restaurant=restaurant, floor=floor, number="12"),
    )


@pytest.fixture
def menu(restaurant: Restaurant) -> Menu:
    return stock_menu(restaurant)


@pytest.fixture
def rival_menu(rival_restaurant: Restaurant) -> Menu:
    return stock_menu(rival_restaurant)


def said(response: HttpResponse) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(response.content)
    return document


def opened(member: Member, body: dict[str, object]) -> dict[str, Any]:
    response = member.post("orders/", body)
    assert response.status_code == 201, response.content
    return said(response)
