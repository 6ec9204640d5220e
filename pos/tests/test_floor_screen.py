"""What the floor's page shows, and to whom."""

import pytest

from fynlo.testing.cast import Member
from pos.models import Table
from pos.tests.conftest import Menu, opened

pytestmark = pytest.mark.django_db


def page_of(member: Member) -> str:
    return member.look("/floor/board/").content.decode()


def state_of(page: str, table: Table) -> str:
    return page.split(f'data-id="{table.pk}" data-state="')[1].split('"', maxsplit=1)[0]


def test_a_table_shows_what_goes_on_there(server: Member, menu: Menu) -> None:
    assert state_of(page_of(server), menu.table) == "free"
    order = opened(server, menu.order(table=str(menu.table.pk)))
    assert state_of(page_of(server), menu.table) == "seated"
    server.post(f"orders/{order['id']}/send/")
    page = page_of(server)
    assert state_of(page, menu.table) == "ordered"
    assert "£14.06" in page
    assert "0 min" in page


def test_a_table_that_was_joined_to_another_says_to_which(server: Member, menu: Menu) -> None:
    joined = Table.objects.create(
        restaurant=server.restaurant, floor=menu.table.floor, number="13", merged_into=menu.table
    )
    assert "with 12" in page_of(server).split(f'id="table-{joined.pk}"')[1]


def test_a_restaurant_without_tables_is_told_what_to_do(owner: Member) -> None:
    assert "There are no tables yet" in page_of(owner)


def test_the_kitchen_and_the_rival_see_none_of_it(
    kitchen: Member, rival_owner: Member, menu: Menu
) -> None:
    assert kitchen.look("/floor/").status_code == 403
    assert str(menu.table.pk) not in page_of(rival_owner)
