"""What somebody may try with a push: whatever comes, nobody else's things are touched."""

from itertools import count
from typing import Any

import pytest

from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.dying import dies_at
from payments.selectors.ledger_checks import ledger_faults
from pos.models import Order
from pos.tests.conftest import Menu, opened, said
from syncing.models import SyncOperation
from syncing.tests.tills import OfflineTill, at_version, hash_of, verdicts

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024


@pytest.fixture
def till(cashier: Member) -> OfflineTill:
    return OfflineTill(cashier)


@pytest.fixture
def rival(rival_owner: Member) -> OfflineTill:
    return OfflineTill(rival_owner)


def codes(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["verdict"], row["code"]) for row in rows]


def test_an_op_id_of_another_restaurant_says_nothing_of_it(
    till: OfflineTill, rival: OfflineTill, menu: Menu, rival_menu: Menu
) -> None:
    ours = till.did("order", "create", menu.order(channel="takeaway"))
    till.push()
    theirs = rival.did("order", "create", rival_menu.order(channel="takeaway"))
    (row,) = rival.push({**theirs, "op_id": ours["op_id"]})
    assert (row["verdict"], row["document"]["id"]) == ("applied", theirs["entity_id"])
    assert SyncOperation.objects.filter(op_id=ours["op_id"]).count() == 2


def test_ids_of_another_restaurant_are_refused_wherever_they_stand(
    till: OfflineTill, rival: OfflineTill, menu: Menu, rival_menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    (line,) = order["lines"]
    body = rival_menu.order(channel="takeaway")
    rival.did("order", "create", body, pk=order["id"])
    rival.did("order", "create", menu.order(channel="takeaway"))
    rival.did("order", "update", {"note": "mine"}, **at_version(order))
    changes = {"order": order["id"], "quantity": "9"}
    rival.did("order_line", "update", changes, **at_version(line))
    rival.did("payment", "create", {"order": order["id"], "amount": 1, "tendered": 1})
    rival.acted("order", "serve", order["id"])
    assert codes(rival.push()) == [
        ("rejected", "id_conflict"),
        ("quarantined", "product_unavailable"),
        ("quarantined", "not_found"),
        ("quarantined", "not_found"),
        ("quarantined", "unknown_reference"),
        ("quarantined", "not_found"),
    ]
    assert said(till.member.get(f"orders/{order['id']}/")) == order


def test_a_table_of_another_restaurant_is_none(
    rival: OfflineTill, menu: Menu, rival_menu: Menu
) -> None:
    rival.did("order", "create", rival_menu.order(table=str(menu.table.pk)))
    (row,) = rival.push()
    assert (row["flags"], row["document"]["table"]) == (["table_gone"], None)


def test_what_was_withheld_from_a_person_is_not_done_for_them(
    till: OfflineTill, menu: Menu, server: Member
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    away = OfflineTill(server)
    away.did("payment", "create", {"order": order["id"], "amount": 1250, "tendered": 1250})
    assert codes(away.push()) == [("rejected", "permission_missing")]


def test_one_op_id_for_two_acts_in_a_batch_is_one_act(till: OfflineTill, menu: Menu) -> None:
    first = till.did("order", "create", menu.order(channel="takeaway"))
    second = till.did("order", "create", menu.order(channel="takeaway", guests=2))
    rows = till.push(first, {**second, "op_id": first["op_id"]}, first)
    assert codes(rows) == [("applied", ""), ("rejected", "operation_reused"), ("applied", "")]
    assert Order.objects.count() == 1


@pytest.mark.parametrize("base", ["NaN", "1e999999999", "-1", "", "x", "9" * 5000, None, [], 7])
def test_a_base_that_is_no_quantity_is_for_a_person(
    till: OfflineTill, manager: Member, menu: Menu, base: Any
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    (line,) = order["lines"]
    changes = {"order": order["id"], "quantity": "2"}
    till.did("order_line", "update", changes, **at_version(line, base={"quantity": base}))
    assert codes(till.push()) == [("conflict", "conflict")]


def test_a_body_above_five_mebibytes_is_too_large_and_one_below_is_not(
    till: OfflineTill, menu: Menu
) -> None:
    till.did("order", "create", menu.order(channel="takeaway"))
    (row,) = till.queue
    fat = {**row, "op_id": str(new_id()), "base": {"padding": "x" * (4 * MIB)}}
    assert verdicts(till.push(fat)) == ["applied"]
    assert till.send([{**row, "base": {"padding": "x" * (5 * MIB)}}]).status_code == 413


def test_what_is_nested_deeper_than_twenty_is_malformed(till: OfflineTill, menu: Menu) -> None:
    till.did("order", "create", menu.order(channel="takeaway"))
    deep: Any = "x"
    for _ in range(25):
        deep = [deep]
    assert till.send([{**till.queue[0], "changes": {"note": deep}}]).status_code == 400
    response = till.member.post("sync/push/", "[" * 100_000)
    assert response.status_code == 400


def test_more_than_five_hundred_are_refused_as_a_whole(till: OfflineTill, menu: Menu) -> None:
    till.did("order", "create", menu.order(channel="takeaway"))
    assert till.send([till.queue[0]] * 501).status_code == 400
    assert Order.objects.count() == 0


@pytest.mark.parametrize("seq", [0, -1, 10**15, "1", 1.5, None, True])
def test_a_number_that_is_none_stops_the_batch(till: OfflineTill, menu: Menu, seq: Any) -> None:
    till.did("order", "create", menu.order(channel="takeaway"))
    body = {"device_seq_from": 1, "device_seq_to": 1}
    rows = [{**till.queue[0], "device_seq": seq}]
    assert till.member.post("sync/push/", {**body, "operations": rows}).status_code == 400
    assert Order.objects.count() == 0


def test_a_hash_in_capitals_is_a_hash(till: OfflineTill, menu: Menu) -> None:
    body = menu.order(channel="takeaway")
    till.did("order", "create", body, hash=hash_of(body).upper())
    assert verdicts(till.push()) == ["applied"]


@pytest.mark.django_db(transaction=True)
def test_a_push_that_is_killed_half_way_is_done_once_when_it_comes_again(
    till: OfflineTill, menu: Menu
) -> None:
    """SIGKILL at every third of its writes, the last ones of its commit among them."""
    for step in count(step=3):
        pk = till.did("order", "create", menu.order(channel="takeaway"))["entity_id"]
        till.did("order_line", "create", {"order": pk, "product": str(menu.water.pk)})
        till.did("payment", "create", {"order": pk, "amount": 1450, "tendered": 1450})
        was_killed = dies_at(step, till.push)
        assert set(verdicts(till.push())) == ({"applied"} if was_killed else {"duplicate"})
        order = said(till.member.get(f"orders/{pk}/"))
        assert (len(order["lines"]), order["paid"]) == (2, 1450)
        if not was_killed:
            break
    assert ledger_faults() == []
