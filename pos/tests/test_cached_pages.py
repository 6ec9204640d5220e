"""Pages of orders are cached until the next event of the restaurant, and no longer."""

from typing import Any

import pytest

from fynlo.testing.cast import Member
from fynlo.tests.test_cache import in_another_process
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
