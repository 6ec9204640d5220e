"""Who sits where, decided at one instant. Every test says how to see it fail.

"Without the lock of a table": take `select_for_update` out of `pos.selectors.floor.lock_table`.
"Without the locks of tables": take it out of `pos.selectors.floor.lock_tables_with`.
"""

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once, overlapping
from pos.choices import Channel
from pos.models import Order, Table
from pos.selectors.sale import Choice, Wanted
from pos.services.floors import delete_table
from pos.services.orders import open_order
from pos.services.table_merging import merge_table, unmerge_table
from pos.services.table_moving import move_table
from pos.services.transfers import transfer_order
from pos.tests.conftest import Menu, opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 5


@pytest.fixture
def others(menu: Menu) -> list[Table]:
    floor = menu.table.floor
    return [
        Table.objects.create(restaurant=floor.restaurant, floor=floor, number=number)
        for number in ("13", "14")
    ]


def told(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response).get("code", "")


def nobody_sits_nowhere() -> bool:
    """Whether every open order is at a table that is there."""
    return not Order.objects.filter(status="OPEN", table__archived_at__isnull=False).exists()


def heads() -> dict[str, str]:
    """What each merged table is merged into."""
    rows = Table.objects.exclude(merged_into=None)
    return dict(rows.values_list("number", "merged_into__number"))


def seat(member: Member, menu: Menu, table: UUID) -> None:
    line = Wanted(menu.burger.pk, Decimal(1), modifiers=[Choice(menu.chips.pk)])
    open_order(
        by=member.actor,
        now=utc_now(),
        pk=new_id(),
        fingerprint="",
        channel=Channel.DINE_IN,
        lines=[line],
        table=table,
    )


def test_a_table_that_somebody_moves_to_is_not_archived(
    server: Member, manager: Member, menu: Menu
) -> None:
    """Without the lock of a table the order is left at a table that is not there."""
    order = opened(server, menu.order())
    answer = overlapping(
        lambda: transfer_order(
            by=server.actor, now=utc_now(), pk=UUID(order["id"]), table=menu.table.pk
        ),
        partial(manager.delete, f"tables/{menu.table.pk}/"),
    )
    assert nobody_sits_nowhere()
    assert told(answer) == (409, "table_in_use")


@pytest.mark.parametrize("way", ["open", "transfer", "header", "move"])
def test_nobody_is_seated_at_a_table_that_is_being_archived(
    server: Member, manager: Member, menu: Menu, others: list[Table], way: str
) -> None:
    """Without the lock of a table (for `move`: without the locks of tables) the order is left at
    a table that is not there."""
    order, to = opened(server, menu.order(table=str(others[0].pk))), str(menu.table.pk)
    path = f"orders/{order['id']}/"
    ways: dict[str, Any] = {
        "open": partial(server.post, "orders/", menu.order(table=to)),
        "transfer": partial(server.post, f"{path}transfer/", {"table": to}),
        "header": partial(server.patch, path, {"table": to, "version": 1}),
        "move": partial(server.post, f"tables/{others[0].pk}/move/", {"to": to}),
    }
    answer = overlapping(
        lambda: delete_table(
            by=manager.actor, now=utc_now(), pk=menu.table.pk, expected_version=None
        ),
        ways[way],
    )
    assert nobody_sits_nowhere()
    assert told(answer) == (422, "unknown_reference")


def test_a_table_whose_orders_are_leaving_takes_a_new_one_with_them_or_keeps_it(
    server: Member, cashier: Member, menu: Menu, others: list[Table]
) -> None:
    """Without the locks of tables the one who moves does not know of the order that is being
    opened: it says that all went, and leaves the new order behind."""
    opened(server, menu.order(table=str(menu.table.pk)))
    path, body = f"tables/{menu.table.pk}/move/", {"to": str(others[0].pk)}
    answer = overlapping(
        partial(seat, cashier, menu, menu.table.pk), partial(server.post, path, body)
    )
    assert told(answer) == (409, "tables_moved")
    assert Order.objects.filter(table=menu.table).count() == 2
    assert len(said(server.post(path, body))["results"]) == 2
    assert Order.objects.filter(table=others[0]).count() == 2


def test_two_who_move_one_table_move_it_once(
    server: Member, cashier: Member, menu: Menu, others: list[Table]
) -> None:
    """The orders are locked first, and then the tables. To see it fail, take `select_for_update`
    out of `pos.selectors.orders.lock_orders` and do without the locks of tables: both say that
    they moved all of them, and each order is written twice from one state."""
    for _ in range(ROUNDS):
        Order.objects.all().update(status="CANCELLED")
        orders = [opened(server, menu.order(table=str(menu.table.pk))) for _ in range(3)]
        path = f"tables/{menu.table.pk}/move/"
        answers: list[HttpResponse] = at_once(
            *(
                partial(member.post, path, {"to": str(other.pk)})
                for member, other in zip((server, cashier), others, strict=True)
            )
        )
        found = Order.objects.filter(pk__in=[order["id"] for order in orders])
        assert len(set(found.values_list("table", flat=True))) == 1
        assert set(found.values_list("version", flat=True)) == {2}
        assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_an_order_that_is_transferred_while_its_table_moves_is_left_where_it_went(
    server: Member, cashier: Member, menu: Menu, others: list[Table]
) -> None:
    """To see it fail, take `select_for_update` out of `pos.selectors.orders.lock_orders`: the
    move takes the order away again from where it was just brought."""
    gone, stays = (opened(server, menu.order(table=str(menu.table.pk))) for _ in range(2))
    answer = overlapping(
        lambda: transfer_order(
            by=cashier.actor, now=utc_now(), pk=UUID(gone["id"]), table=others[1].pk
        ),
        partial(server.post, f"tables/{menu.table.pk}/move/", {"to": str(others[0].pk)}),
    )
    assert told(answer) == (409, "tables_moved")
    assert said(server.get(f"orders/{gone['id']}/"))["table"] == str(others[1].pk)
    assert said(server.get(f"orders/{stays['id']}/"))["table"] == str(menu.table.pk)


def test_a_table_that_comes_while_its_new_head_is_merged_makes_no_chain(
    server: Member, cashier: Member, menu: Menu, others: list[Table]
) -> None:
    """To see it fail, let `lock_tables_with` return `found` without reading again: 13 stands with
    12, 12 with 14, and orders for 13 go to 12, which takes none."""
    thirteen, fourteen = others
    path, body = f"tables/{menu.table.pk}/merge/", {"into": str(fourteen.pk)}
    answer = overlapping(
        lambda: merge_table(by=cashier.actor, now=utc_now(), pk=thirteen.pk, into=menu.table.pk),
        partial(server.post, path, body),
    )
    assert heads() == {"13": "12"}
    assert told(answer) == (409, "tables_moved")
    assert server.post(path, body).status_code == 200
    assert heads() == {"12": "14", "13": "14"}


def test_a_head_is_not_archived_while_a_table_is_pushed_to_it(
    server: Member, manager: Member, menu: Menu, others: list[Table]
) -> None:
    """Without the locks of tables 13 stands with a table that is not there."""
    answer = overlapping(
        lambda: merge_table(by=server.actor, now=utc_now(), pk=others[0].pk, into=menu.table.pk),
        partial(manager.delete, f"tables/{menu.table.pk}/"),
    )
    assert not Table.objects.filter(merged_into__archived_at__isnull=False).exists()
    assert told(answer) == (409, "table_merged")


def test_an_order_for_a_table_that_is_being_unmerged_stays_there(
    server: Member, cashier: Member, menu: Menu, others: list[Table]
) -> None:
    """Without the lock of a table the order goes to the old head, where nobody sits."""
    merge = {"into": str(menu.table.pk)}
    server.post(f"tables/{others[0].pk}/merge/", merge)
    answer = overlapping(
        lambda: unmerge_table(by=cashier.actor, now=utc_now(), pk=others[0].pk),
        partial(server.post, "orders/", menu.order(table=str(others[0].pk))),
    )
    assert answer.status_code == 201
    assert said(answer)["table"] == str(others[0].pk)


def test_a_table_that_is_being_moved_to_is_not_archived(
    server: Member, manager: Member, menu: Menu, others: list[Table]
) -> None:
    """Without the locks of tables the orders are left at a table that is not there."""
    opened(server, menu.order(table=str(menu.table.pk)))
    answer = overlapping(
        lambda: move_table(by=server.actor, now=utc_now(), pk=menu.table.pk, to=others[0].pk),
        partial(manager.delete, f"tables/{others[0].pk}/"),
    )
    assert nobody_sits_nowhere()
    assert told(answer) == (409, "table_in_use")
