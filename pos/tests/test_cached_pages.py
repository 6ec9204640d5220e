"""Pages of orders are cached until the next event of the restaurant, and no longer; pages of
products until the menu changes."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from fynlo.testing.cast import Member
from fynlo.tests.cache.test_cache import in_another_process
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(member: Member, query: str = "") -> list[int]:
    return [row["number"] for row in said(member.get(f"orders/{query}"))["results"]]


def test_a_page_is_read_once_while_nothing_happens(
    server: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    opened(server, menu.order())
    first = server.get("orders/")
    with django_assert_num_queries(1):
        again = server.get("orders/")
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert server.get("orders/", if_none_match=first["ETag"]).status_code == 304


def test_whatever_happens_is_on_the_page_in_every_process(server: Member, menu: Menu) -> None:
    assert numbers(server) == []
    opened(server, menu.order(table=None, channel="takeaway"))
    with in_another_process():
        assert numbers(server) == [1]
    assert numbers(server) == [1]


def test_filters_limits_and_restaurants_have_pages_of_their_own(
    server: Member, menu: Menu, rival_owner: Member
) -> None:
    for _ in range(2):
        opened(server, menu.order(table=None, channel="takeaway"))
    assert numbers(server) == [2, 1]
    assert numbers(server, "?limit=1") == [2]
    assert numbers(server, "?channel=dine_in") == []
    assert numbers(rival_owner) == []


def names(member: Member, query: str = "") -> list[str]:
    return [row["name"] for row in said(member.get(f"products/{query}"))["results"]]


def test_a_page_of_products_is_read_once_while_the_menu_stays(
    server: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    assert len(names(server)) == 3
    with django_assert_num_queries(1):
        first = server.get("products/?limit=2")
    opened(server, menu.order(table=None, channel="takeaway"))
    with django_assert_num_queries(0):
        again = server.get("products/?limit=2")
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert server.get("products/?limit=2", if_none_match=first["ETag"]).status_code == 304


def test_whatever_changes_on_the_menu_is_on_the_page_in_every_process(
    owner: Member, menu: Menu
) -> None:
    water = f"products/{menu.water.pk}/"
    changes: list[tuple[Any, dict[str, Any]]] = [
        (lambda: owner.patch(water, {"price": 250, "version": 1}), {"price": 250}),
        (
            lambda: owner.post(f"{water}availability/", {"state": "limited", "quantity": 3}),
            {"stock": 3, "availability": "limited"},
        ),
        (lambda: _sells(owner, menu, quantity="2"), {"stock": 1, "availability": "limited"}),
        (lambda: _sells(owner, menu, quantity="1"), {"stock": 0, "availability": "out_of_stock"}),
    ]
    for change, expected in changes:
        said(owner.get("products/?sku=WAT"))
        assert change().status_code < 300
        for _ in range(2):
            with in_another_process():
                (shown,) = said(owner.get("products/?sku=WAT"))["results"]
            assert {name: shown[name] for name in expected} == expected
    assert owner.delete(water).status_code == 204
    assert names(owner, "?sku=WAT") == []


def _sells(member: Member, menu: Menu, *, quantity: str) -> Any:
    line: dict[str, object] = {"product": str(menu.water.pk), "quantity": quantity}
    return member.post("orders/", menu.order(line, table=None, channel="takeaway"))


def test_every_filter_limit_and_restaurant_has_its_page_of_products(
    server: Member, menu: Menu, rival_owner: Member, rival_menu: Menu
) -> None:
    assert sorted(names(server)) == ["Burger", "Cola", "Water"]
    assert names(server, "?sku=WAT") == ["Water"]
    assert len(names(server, "?limit=1")) == 1
    assert names(server, "?sku=no") == []
    ours, theirs = server.get("products/?sku=WAT"), rival_owner.get("products/?sku=WAT")
    assert (str(menu.water.pk) in ours.content.decode()) is True
    assert (str(rival_menu.water.pk) in theirs.content.decode()) is True


def test_a_change_whose_commit_was_not_answered_is_seen_by_everybody(
    owner: Member, server: Member, menu: Menu
) -> None:
    """PostgreSQL has committed, and the connection broke before it could say so."""
    product = said(server.get("menu/"))["products"][0]
    change = {"name": "Soup of the day", "version": product["version"]}
    with answers_to_commits_lost():
        assert owner.patch(f"products/{product['id']}/", change).status_code == 503
    for process in (nullcontext(), in_another_process()):
        with process:
            shown = {row["name"] for row in said(server.get("menu/"))["products"]}
            assert "Soup of the day" in shown


@contextmanager
def answers_to_commits_lost() -> Iterator[None]:
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def and_break(wrapper: Any) -> None:
        commit(wrapper)
        wrapper.connection.close()
        raise OperationalError("server closed the connection unexpectedly")

    with patch.object(BaseDatabaseWrapper, "_commit", and_break):
        yield
