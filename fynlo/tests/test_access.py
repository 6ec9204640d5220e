"""Every address × every role × own and rival restaurant, from one table."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member, hire
from fynlo.testing.world import World
from fynlo.tests.access_table import DEVICES_ONLY, PUBLIC, SIGNED, TABLE, Row

pytestmark = pytest.mark.django_db
ROLES = list(Role)


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            actions = getattr(pattern.callback, "actions", None) or {"get": ""}
            for method in set(actions) - {"head"}:
                yield f"{method.upper()} {route.removeprefix('api/v1/')}"


def anonymous(address: str) -> str:
    return re.sub(r"<[^>]*>", "<>", address)


def call(member: Member, address: str, row: Row, world: World) -> HttpResponse:
    method, path = address.split()
    path = re.sub(r"<(\w+)>", lambda found: str(getattr(world, found[1])), path)
    headers = {"idempotency_key": "the key"} if method == "POST" else {}
    return member.call(method, path, row.body(world), headers=headers)


def test_every_address_is_in_the_table() -> None:
    known = {anonymous(address) for address in [*TABLE, *PUBLIC, *SIGNED, *DEVICES_ONLY]}
    found = {anonymous(address) for address in addresses(get_resolver().url_patterns)}
    assert found == known


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("address", TABLE)
def test_a_role_may_do_what_the_table_says_and_no_more(
    restaurant: Restaurant, address: str, role: Role
) -> None:
    row, world, member = TABLE[address], World(restaurant), hire(restaurant, role)
    before = _prepared(address, row, world)
    response = call(member, address, row, world)
    if role in row.roles:
        assert response.status_code == row.status, response.content
    else:
        assert response.status_code == row.denied, response.content
        assert last_seq(restaurant.pk) == before


@pytest.mark.parametrize("address", TABLE)
def test_a_rival_owner_sees_and_changes_nothing_here(
    restaurant: Restaurant, rival_owner: Member, address: str
) -> None:
    row, world = TABLE[address], World(restaurant)
    ids = {str(world.order), str(world.product), str(world.table), str(world.device)}
    before = _prepared(address, row, world)
    response = call(rival_owner, address, row, world)
    if "<" in address:
        assert response.status_code == 404, response.content
    if row.names_others:
        assert response.status_code == 422, response.content
    assert response.status_code < 500
    assert not any(known in response.content.decode() for known in ids)
    assert last_seq(restaurant.pk) == before


@pytest.mark.parametrize("address", TABLE)
def test_nobody_gets_in_without_signing_in(restaurant: Restaurant, address: str) -> None:
    row, world = TABLE[address], World(restaurant)
    before = _prepared(address, row, world)
    nobody = Member(world.boss.membership, world.boss.session, "not.a.token")
    assert call(nobody, address, row, world).status_code == 401
    assert last_seq(restaurant.pk) == before


@pytest.mark.parametrize("address", sorted(DEVICES_ONLY))
def test_a_member_is_not_a_device(owner: Member, address: str) -> None:
    assert owner.post(address.split()[1], {}).status_code == 401


@pytest.mark.parametrize("address", sorted(PUBLIC))
def test_what_is_public_needs_no_token(db: None, address: str) -> None:
    method, path = address.split()
    response = Client().generic(method, f"/api/v1/{path}", "{}", "application/json")
    assert response.status_code in {200, 400}


def _prepared(address: str, row: Row, world: World) -> int:
    """Make everything that the call needs, then read how far the log is."""
    for piece in re.findall(r"<(\w+)>", address):
        getattr(world, piece)
    row.body(world)
    assert world.boss
    return last_seq(world.restaurant.pk)
