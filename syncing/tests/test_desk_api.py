"""What did not go through: Fynlo tries again, and a manager mends, dismisses and decides."""

from datetime import timedelta
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from pos.tests.conftest import Menu, opened, said
from syncing.models import SyncOperation
from syncing.tasks import retry_operations
from syncing.tests.tills import OfflineTill, at_version, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(cashier: Member) -> OfflineTill:
    return OfflineTill(cashier)


def quarantine(manager: Member) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = said(manager.get("sync/operations/?verdict=quarantined"))[
        "results"
    ]
    return rows


def be_due() -> None:
    SyncOperation.objects.update(next_try_at=utc_now() - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_what_came_before_what_it_needs_is_done_when_that_has_come(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    pk = str(new_id())
    till.did("order", "create", menu.order(channel="takeaway"), pk=pk)
    till.acted("order", "send", pk)
    create, send = till.queue
    assert verdicts(till.push(send)) == ["quarantined"]
    assert verdicts(till.push(create)) == ["applied"]
    be_due()
    retry_operations()
    assert said(manager.get(f"orders/{pk}/"))["kitchen_status"] == "SENT"
    assert quarantine(manager) == []
    assert verdicts(till.push(send)) == ["duplicate"]


@pytest.mark.django_db(transaction=True)
def test_after_eight_tries_it_waits_for_a_person(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    till.acted("order", "send", new_id())
    till.push()
    for _ in range(7):
        be_due()
        retry_operations()
    (row,) = quarantine(manager)
    assert (row["tries"], row["next_try_at"]) == (8, None)


def test_a_manager_mends_what_the_till_had_wrong(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    pk = str(new_id())
    till.did("order", "create", menu.order(channel="takeaway"), pk=pk, group="sale")
    paid = till.did("payment", "create", {"order": pk, "tendered": 0}, group="sale")
    till.push()
    response = manager.post(
        f"sync/operations/{paid['op_id']}/retry/", {"changes": {"order": pk, "tendered": 2000}}
    )
    assert said(response)["verdict"] == "applied"
    assert said(manager.get(f"orders/{pk}/"))["payment_status"] == "PAID"
    assert quarantine(manager) == []


def test_trying_again_in_vain_changes_nothing_but_the_count(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    fired = till.acted("order", "fire", order["id"], course=9)
    till.push()
    row = said(manager.post(f"sync/operations/{fired['op_id']}/retry/"))
    assert (row["verdict"], row["code"], row["tries"]) == ("quarantined", "nothing_to_send", 2)
    assert said(manager.get(f"orders/{order['id']}/")) == order


def test_a_manager_dismisses_with_a_reason(till: OfflineTill, manager: Member, menu: Menu) -> None:
    sent = till.acted("order", "send", new_id())
    till.push()
    path = f"sync/operations/{sent['op_id']}/dismiss/"
    row = said(manager.post(path, {"reason": "rung up twice"}))
    assert (row["verdict"], row["code"], row["reason"]) == (
        "rejected",
        "dismissed",
        "rung up twice",
    )
    again = manager.post(path, {"reason": "rung up twice"})
    assert (again.status_code, said(again)["code"]) == (409, "operation_not_waiting")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"choice": "server"}, (250, "rejected")),
        ({"choice": "client"}, (300, "merged")),
        ({"choice": "merged", "document": {"price": 275}}, (275, "merged")),
    ],
)
def test_a_person_decides_what_both_changed(
    owner: Member, manager: Member, menu: Menu, body: dict[str, Any], outcome: tuple[int, str]
) -> None:
    product = said(owner.get(f"products/{menu.water.pk}/"))
    manager.patch(f"products/{menu.water.pk}/", {"price": 250, "version": 1})
    till = OfflineTill(owner)
    till.did("product", "update", {"price": 300}, **at_version(product, base=product))
    till.push()
    (conflict,) = said(manager.get("sync/conflicts/"))["results"]
    assert (conflict["fields"], conflict["server"]["price"]) == (["price"], 250)
    path = f"sync/conflicts/{conflict['id']}/resolve/"
    assert said(manager.post(path, body))["choice"] == body["choice"]
    price = said(owner.get(f"products/{menu.water.pk}/"))["price"]
    (row,) = said(manager.get("sync/operations/"))["results"]
    assert (price, row["verdict"]) == outcome
    assert said(manager.post(path, body))["code"] == "conflict_resolved"


def test_a_preview_says_what_a_push_would_and_does_nothing(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    pk = str(till.did("order", "create", menu.order(channel="takeaway"))["entity_id"])
    till.acted("order", "send", pk)
    till.acted("order", "fire", pk, course=9)
    response = till.member.post(
        "sync/preview/", {"device_seq_from": 1, "device_seq_to": 3, "operations": till.queue}
    )
    assert verdicts(said(response)["verdicts"]) == ["applied", "applied", "quarantined"]
    assert till.member.get(f"orders/{pk}/").status_code == 404
    assert said(manager.get("sync/operations/"))["results"] == []


def test_a_manager_sees_how_far_each_device_has_come(manager: Member, cashier: Member) -> None:
    assert cashier.get("sync/status/").status_code == 403
    assert said(manager.get("sync/status/")) == {"devices": []}
