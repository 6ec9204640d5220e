"""The two demo restaurants: made once, then left as people have changed them."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password

from fynlo.accounts.actor import System
from fynlo.accounts.choices import DeviceKind, Role
from fynlo.accounts.models import Device, Membership, Restaurant, User
from fynlo.accounts.selectors import token_hash
from fynlo.accounts.services.pins import set_pin
from fynlo.db import transaction_required
from fynlo.events.log import append_all
from pos.documents import FLOOR, STATION, TABLE
from pos.models import Floor, Station, Table
from pos.services.demo_cast import (
    COPPER_KETTLE,
    KETTLE_TILL_TOKEN,
    PASSWORD,
    PLACES,
    WAGES,
    Person,
    Place,
)
from pos.services.menu_file import read_menu
from pos.services.menu_import import import_menu

FILES = Path(__file__).resolve().parent.parent / "demo"
_IN_ADMIN = frozenset({Role.OWNER, Role.MANAGER, Role.PLATFORM_OWNER})


def describe_demo() -> dict[str, Any]:
    """How to sign in: the same before and after, whatever was changed since."""
    people = [person for place in PLACES for person in place.people if person.login]
    return {
        "restaurant": str(COPPER_KETTLE.id),
        "logins": {person.login: _login(person) for person in people},
        "device_token": KETTLE_TILL_TOKEN,
    }


def _login(person: Person) -> dict[str, str]:
    return {
        "email": person.email,
        "password": PASSWORD,
        "employee_code": person.employee_code,
        "pin": person.pin,
    }


@transaction_required
def load_demo(*, now: datetime) -> bool:
    """Make both restaurants with staff, floors, stations, tills and menus.

    Returns False, and changes nothing, when they are there.
    """
    if Restaurant.objects.filter(pk__in=[place.id for place in PLACES]).exists():
        return False
    for place in PLACES:
        _open(place, now)
    return True


def _open(place: Place, now: datetime) -> None:
    restaurant = Restaurant.objects.create(pk=place.id, name=place.name, **place.settings)
    by = System(restaurant.pk)
    _hire(restaurant, place)
    _pair_tills(restaurant, place, now)
    _furnish(place, by, now)
    menu = read_menu(
        products=(FILES / place.menu).read_text("utf-8"),
        modifiers=(FILES / place.modifiers).read_text("utf-8"),
        currency=restaurant.currency,
    )
    import_menu(by=by, now=now, file=menu)


def _hire(restaurant: Restaurant, place: Place) -> None:
    hashed = make_password(PASSWORD)
    for person in place.people:
        user = User.objects.create(
            email=person.email,
            name=person.name,
            password=hashed,
            is_staff=person.role in _IN_ADMIN,
            is_superuser=person.role is Role.PLATFORM_OWNER,
        )
        member = Membership.objects.create(
            restaurant=restaurant,
            user=user,
            role=person.role,
            employee_code=person.employee_code,
            job_title=person.role.label,
            hourly_wage=WAGES[person.role],
        )
        set_pin(membership=member, pin=person.pin)


def _pair_tills(restaurant: Restaurant, place: Place, now: datetime) -> None:
    for name, token in place.tills.items():
        Device.objects.create(
            restaurant=restaurant,
            kind=DeviceKind.TILL,
            name=name,
            model="iPad",
            app_version="1.0.0",
            token_hash=token_hash(token),
            paired_at=now,
        )


def _furnish(place: Place, by: System, now: datetime) -> None:
    stations = Station.objects.bulk_create(
        Station(
            restaurant_id=place.id,
            name=name,
            position=position,
            acknowledge_within_seconds=seconds,
        )
        for position, (name, seconds) in enumerate(place.stations, start=1)
    )
    floors = Floor.objects.bulk_create(
        Floor(restaurant_id=place.id, name=room.name, position=position)
        for position, room in enumerate(place.rooms, start=1)
    )
    tables = Table.objects.bulk_create(
        Table(
            restaurant_id=place.id, floor=floor, number=number, seats=seats, shape=shape, x=x, y=y
        )
        for floor, room in zip(floors, place.rooms, strict=True)
        for number, seats, shape, x, y in room.tables
    )
    for document, rows in ((STATION, stations), (FLOOR, floors), (TABLE, tables)):
        kind, ids = f"{document.name}.created", [row.pk for row in rows]
        append_all(kind=kind, document=document, entity_ids=ids, by=by, now=now)
