"""Restaurants that exist for the length of a measurement, and members signed in to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant, Session, User
from fynlo.api.tokens import access_token, actor_of
from fynlo.clock import utc_now
from fynlo.documents import Document
from fynlo.events.models import Cursor, Event
from pos.models import TaxRate


def _as_long_as(fields: int) -> Document:
    """The document of a tax rate, with its name (40 letters) in it so many times."""
    filling = {f"name_{number}": "name" for number in range(fields)}
    return Document("tax_rate", TaxRate, stream="menu", fields={"id": "id", **filling})


USUAL = _as_long_as(18)
"""Events of 1.2 KB, as of an order with a few lines."""
LONG = _as_long_as(180)
"""Of 10 KB."""


@dataclass(frozen=True)
class Place:
    """One restaurant. `tokens`: an access token of a session of its own for each socket;
    `tax_rate` is what changes there."""

    restaurant_id: UUID
    actor: Actor
    tax_rate: UUID
    tokens: list[str] = field(repr=False)


@contextmanager
def open_places(count: int, *, sockets: int) -> Iterator[list[Place]]:
    """`count` restaurants with `sockets` members' sessions each, gone afterwards."""
    places: list[Place] = []
    try:
        for _ in range(count):
            places.append(_open_place(sockets))
        connection.close()
        yield places
    finally:
        _clear([place.restaurant_id for place in places])


def _open_place(sockets: int) -> Place:
    restaurant = Restaurant.objects.create(name="Load")
    user = User.objects.create(email=f"{uuid4().hex}@load.invalid", name="Load")
    membership = Membership.objects.create(
        restaurant=restaurant, user=user, role=Role.OWNER, employee_code="load"
    )
    rate = TaxRate.objects.create(restaurant=restaurant, name="x" * 40, rate_bps=2000)
    tokens = _sign_in(membership, sockets)
    return Place(restaurant.pk, actor_of(tokens[0]), rate.pk, tokens)


def _sign_in(membership: Membership, count: int) -> list[str]:
    now = utc_now()
    sessions = [
        Session(
            restaurant=membership.restaurant,
            user=membership.user,
            membership=membership,
            started_at=now,
            expires_at=now + settings.SESSION_LIFETIME,
        )
        for _ in range(count)
    ]
    return [access_token(session, now=now) for session in Session.objects.bulk_create(sessions)]


def _clear(restaurants: list[UUID]) -> None:
    users = Membership.objects.filter(restaurant__in=restaurants).values_list("user_id", flat=True)
    people = list(users)
    for model in (Event, Cursor, TaxRate, Session, Membership):
        model._default_manager.filter(restaurant__in=restaurants).delete()
    User.objects.filter(pk__in=people).delete()
    Restaurant.objects.filter(pk__in=restaurants).delete()
