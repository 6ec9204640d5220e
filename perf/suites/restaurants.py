"""Hundreds of restaurants, each with a manager who is signed in and a small menu: written in bulk,
since how they came to be is not what is measured."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant, Session, User
from fynlo.api.tokens import access_token
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from perf.laboratory.context import Context
from pos.models import Category, Product, TaxRate

DISHES, QUICK_DISHES = 10, 2


@dataclass(frozen=True)
class Place:
    """A restaurant of the load: what its till needs."""

    restaurant: UUID
    token: str
    dishes: list[str]


def open_restaurants(lab: Context, count: int) -> list[Place]:
    """So many more. The dice decide nothing here: all are alike."""
    places = opened(count, dishes=QUICK_DISHES if lab.quick else DISHES)
    lab.cursor().execute("ANALYZE")
    return places


def opened(count: int, *, dishes: int = DISHES) -> list[Place]:
    now = utc_now()
    places: list[Place] = []
    for start in range(0, count, 500):
        with durable():
            places += _open(min(500, count - start), dishes, now)
    return places


def _open(count: int, dishes: int, now: datetime) -> list[Place]:
    restaurants = Restaurant.objects.bulk_create(
        Restaurant(name=f"Restaurant {new_id().hex[-6:]}") for _ in range(count)
    )
    sessions = [_manager(restaurant, now) for restaurant in restaurants]
    User.objects.bulk_create(session.user for session in sessions)
    Membership.objects.bulk_create(session.membership for session in sessions)
    Session.objects.bulk_create(sessions)
    rates = TaxRate.objects.bulk_create(
        TaxRate(restaurant=restaurant, name="VAT", rate_bps=2000) for restaurant in restaurants
    )
    categories = Category.objects.bulk_create(
        Category(restaurant=restaurant, name="All day") for restaurant in restaurants
    )
    products = Product.objects.bulk_create(
        Product(
            restaurant=rate.restaurant,
            sku=f"D{n}",
            name=f"Dish {n}",
            price=500 + 100 * n,
            tax_rate=rate,
            category=category,
        )
        for rate, category in zip(rates, categories, strict=True)
        for n in range(dishes)
    )
    return [
        Place(
            session.restaurant_id,
            access_token(session, now=now),
            [str(product.pk) for product in products[n * dishes : (n + 1) * dishes]],
        )
        for n, session in enumerate(sessions)
    ]


def _manager(restaurant: Restaurant, now: datetime) -> Session:
    """Not saved yet."""
    user = User(email=f"manager@{restaurant.pk.hex}.example", name="Manager")
    user.set_unusable_password()
    membership = Membership(
        restaurant=restaurant, user=user, role=Role.MANAGER, employee_code="100"
    )
    return Session(
        restaurant=restaurant,
        user=user,
        membership=membership,
        started_at=now,
        expires_at=now + settings.SESSION_LIFETIME,
    )
