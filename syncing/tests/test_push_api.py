"""What an offline till pushes is done once, by the rules of the house."""

from typing import Any

import pytest

from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from pos.tests.conftest import Menu, opened, said
from syncing.tests.tills import OfflineTill, at_version, hash_of, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(cashier: Member) -> OfflineTill:
    return OfflineTill(cashier)


def order_of(member: Member, pk: Any) -> dict[str, Any]:
    return said(member.get(f"orders/{pk}/"))


def an_order(till: OfflineTill, menu: Menu) -> str:
    made = till.did("order", "create", menu.order(channel="takeaway"))
    return str(made["entity_id"])


def test_an_order_taken_offline_is_sent_and_paid(till: OfflineTill, menu: Menu) -> None:
    pk = an_order(till, menu)
    till.acted("order", "send", pk)
    till.did("payment", "create", {"order": pk, "tendered": 2000})
    till.acted("order", "serve", pk)
    till.acted("order", "complete", pk)
    rows = till.push()
    assert verdicts(rows) == ["applied"] * 5, rows
    order = order_of(till.member, pk)
    assert (order["status"], order["payment_status"], order["paid"]) == ("COMPLETED", "PAID", 1250)
    assert rows[-1]["document"] == order


def test_a_batch_sent_again_changes_nothing(till: OfflineTill, menu: Menu) -> None:
    pk = an_order(till, menu)
    till.did("order_line", "create", {"order": pk, "product": str(menu.water.pk)})
    batch = till.queue
    till.push()
    before = order_of(till.member, pk)
    again = till.push(*reversed(batch))
    assert verdicts(again) == ["duplicate", "duplicate"]
    assert {row["first"] for row in again} == {"applied"}
    assert order_of(till.member, pk) == before


def test_what_was_sent_over_rest_and_got_no_answer_is_not_done_twice(
    till: OfflineTill, menu: Menu
) -> None:
    pk = str(new_id())
    body = menu.order(channel="takeaway")
    opened(till.member, {**body, "id": pk})
    till.did("order", "create", body, pk=pk)
    assert verdicts(till.push()) == ["applied"]
    assert order_of(till.member, pk)["version"] == 1


def test_one_that_cannot_be_done_holds_up_no_other(till: OfflineTill, menu: Menu) -> None:
    first = an_order(till, menu)
    till.acted("order", "fire", first, course=9)
    second = an_order(till, menu)
    rows = till.push()
    assert verdicts(rows) == ["applied", "quarantined", "applied"]
    assert rows[1]["code"] == "nothing_to_send"
    assert {order_of(till.member, pk)["status"] for pk in (first, second)} == {"OPEN"}


def test_a_group_is_done_together_or_not_at_all(till: OfflineTill, menu: Menu) -> None:
    pk = str(new_id())
    till.did("order", "create", menu.order(channel="takeaway"), pk=pk, group="sale")
    till.did("payment", "create", {"order": pk, "tendered": 0}, group="sale")
    other = an_order(till, menu)
    rows = till.push()
    assert verdicts(rows) == ["quarantined", "quarantined", "applied"]
    assert [row["code"] for row in rows[:2]] == ["group_failed", "tendered_too_little"]
    assert till.member.get(f"orders/{pk}/").status_code == 404
    assert order_of(till.member, other)["status"] == "OPEN"


def test_damaged_changes_are_rejected_and_may_come_again(till: OfflineTill, menu: Menu) -> None:
    pk = an_order(till, menu)
    whole = till.queue.pop()
    damaged = {**whole, "changes": {**whole["changes"], "guests": 3}}
    (row,) = till.push(damaged)
    assert (row["verdict"], row["code"]) == ("rejected", "hash_mismatch")
    assert verdicts(till.push(whole)) == ["applied"]
    assert order_of(till.member, pk)["guests"] == 1


def test_an_op_id_is_not_used_for_something_else(till: OfflineTill, menu: Menu) -> None:
    an_order(till, menu)
    (first,) = till.queue
    till.push()
    changes = {"note": "other"}
    (row,) = till.push({**first, "type": "update", "changes": changes, "hash": hash_of(changes)})
    assert (row["verdict"], row["code"]) == ("rejected", "operation_reused")


def test_md5_is_accepted_as_tills_send_it(till: OfflineTill, menu: Menu) -> None:
    """The MD5 of `{"note":"für Zoë"}` by another implementation: md5sum."""
    pk = an_order(till, menu)
    till.push()
    till.did(
        "order",
        "update",
        {"note": "für Zoë"},
        pk=pk,
        base_version=1,
        hash="b68c8c45cac9410f8f05c7bd56490e97",
    )
    assert verdicts(till.push()) == ["applied"]
    assert order_of(till.member, pk)["note"] == "für Zoë"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"entity_id": "x"}, "entity_id"),
        ({"type": "explode"}, "type"),
        ({"changes": []}, "changes"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"hash": "z"}, "hash"),
        ({"more": 1}, "more"),
    ],
)
def test_an_operation_that_cannot_be_read_is_rejected_by_itself(
    till: OfflineTill, menu: Menu, fault: dict[str, Any], field: str
) -> None:
    an_order(till, menu)
    till.queue[0].update(fault)
    good = an_order(till, menu)
    rows = till.push()
    assert verdicts(rows) == ["rejected", "applied"]
    assert rows[0]["code"] == "input_invalid"
    assert field in rows[0]["errors"][0]["field"]
    assert order_of(till.member, good)["status"] == "OPEN"


def test_without_an_op_id_the_batch_is_refused(till: OfflineTill, menu: Menu) -> None:
    an_order(till, menu)
    del till.queue[0]["op_id"]
    assert till.send(till.queue).status_code == 400


def test_bad_input_of_the_act_itself_names_its_field(till: OfflineTill, menu: Menu) -> None:
    till.did("order", "create", {"channel": "dine_in", "lines": [{"product": "none"}]})
    (row,) = till.push()
    assert (row["verdict"], row["code"]) == ("rejected", "input_invalid")
    assert row["errors"][0]["field"] == "lines.0.product"


def test_what_no_role_may_do_offline_is_rejected(
    till: OfflineTill, menu: Menu, kitchen: Member
) -> None:
    an_order(till, menu)
    (row,) = OfflineTill(kitchen).push(*till.queue)
    assert (row["verdict"], row["code"]) == ("rejected", "permission_missing")


def test_a_pin_is_not_kept_for_later(till: OfflineTill, menu: Menu) -> None:
    pk = an_order(till, menu)
    till.acted(
        "order",
        "void_line",
        pk,
        line=str(new_id()),
        reason="cold",
        approver={"employee_code": "1", "pin": "4711"},
    )
    rows = till.push()
    assert rows[1]["code"] == "approver_offline"


def test_another_restaurants_order_is_not_there(
    till: OfflineTill, menu: Menu, rival_owner: Member
) -> None:
    pk = an_order(till, menu)
    till.push()
    rival = OfflineTill(rival_owner)
    rival.acted("order", "send", pk)
    (row,) = rival.push()
    assert (row["verdict"], row["code"]) == ("quarantined", "not_found")


def test_operations_are_done_in_the_order_of_their_numbers(till: OfflineTill, menu: Menu) -> None:
    pk = an_order(till, menu)
    till.acted("order", "send", pk)
    rows = till.push(*reversed(till.queue))
    assert verdicts(rows) == ["applied", "applied"]
    assert order_of(till.member, pk)["kitchen_status"] == "SENT"


def test_what_only_the_till_changed_is_merged(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    manager.patch(f"orders/{order['id']}/", {"guests": 4, "version": 1})
    till.did("order", "update", {"note": "no onions"}, **at_version(order))
    (row,) = till.push()
    assert row["verdict"] == "merged"
    found = order_of(till.member, order["id"])
    assert (found["guests"], found["note"]) == (4, "no onions")


def test_a_quantity_that_both_changed_is_added_up(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    (line,) = order["lines"]
    manager.patch(f"orders/{order['id']}/lines/{line['id']}/", {"quantity": "3", "version": 1})
    changes = {"order": order["id"], "quantity": "2"}
    till.did("order_line", "update", changes, **at_version(line))
    (row,) = till.push()
    assert row["verdict"] == "merged"
    assert order_of(till.member, order["id"])["lines"][0]["quantity"] == "4"


def test_two_that_added_one_each_have_added_two(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    """Both tills say "2", and had seen 1."""
    order = opened(till.member, menu.order(channel="takeaway"))
    (line,) = order["lines"]
    changes = {"order": order["id"], "quantity": "2"}
    for away in (till, OfflineTill(manager)):
        away.did("order_line", "update", changes, **at_version(line, base={"quantity": "1"}))
        away.push()
    assert order_of(till.member, order["id"])["lines"][0]["quantity"] == "3"


def test_what_the_till_left_as_it_was_does_not_undo_what_others_did(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway", note="mild"))
    manager.patch(f"orders/{order['id']}/", {"note": "hot", "version": 1})
    till.did("order", "update", {"note": "mild", "guests": 3}, **at_version(order, base=order))
    till.push()
    found = order_of(till.member, order["id"])
    assert (found["note"], found["guests"]) == ("hot", 3)


def test_money_never_merges_silently(owner: Member, manager: Member, menu: Menu) -> None:
    product = said(owner.get(f"products/{menu.water.pk}/"))
    manager.patch(f"products/{menu.water.pk}/", {"price": 250, "version": 1})
    till = OfflineTill(owner)
    till.did("product", "update", {"price": 300}, **at_version(product, base=product))
    (row,) = till.push()
    assert row["verdict"] == "conflict"
    assert row["document"]["price"] == 250
    assert said(owner.get(f"products/{menu.water.pk}/"))["price"] == 250


@pytest.mark.django_db(transaction=True)
def test_a_batch_sent_by_two_connections_at_once_is_done_once(
    till: OfflineTill, menu: Menu
) -> None:
    """One of it cannot be done, so each is tried alone. Watched failing without
    `_wait_for_my_turn`: the verdict on that one is stored by two, and one of them answers 409."""
    pk = an_order(till, menu)
    till.did("order_line", "create", {"order": pk, "product": str(menu.water.pk)})
    till.acted("order", "send", pk)
    till.acted("order", "fire", pk, course=9)
    batch = till.queue
    answers = at_once(*[lambda: till.push(*batch)] * 4)
    for place, first in enumerate(["applied", "applied", "applied", "quarantined"]):
        told = sorted(verdicts(rows)[place] for rows in answers)
        assert told == sorted([first, *["duplicate"] * 3])
    assert len(order_of(till.member, pk)["lines"]) == 2
