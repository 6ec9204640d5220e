"""The desk in the admin: what waits, side by side, and what a manager makes of it."""

from typing import Any

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.races import overlapping
from pos.tests.admin_scene import office
from pos.tests.conftest import Menu, said
from syncing.models import Conflict, DeviceProgress, SyncOperation
from syncing.services.settling import dismiss
from syncing.tests.happenings import device_is_paired
from syncing.tests.tills import OfflineTill, at_version

pytestmark = pytest.mark.django_db
LIST = "/admin/syncing/syncoperation/"


def desk(row: SyncOperation) -> str:
    return f"{LIST}{row.pk}/desk/"


def act(client: Client, row: SyncOperation, **typed: Any) -> HttpResponse:
    sent = {"seen": row.version, **typed}
    return client.post(desk(row), sent, follow=True)  # type: ignore[return-value]


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.fixture
def unpaid(cashier: Member, menu: Menu) -> SyncOperation:
    """A payment that says that nothing was handed over, for 12.50."""
    till = OfflineTill(cashier)
    pk = str(new_id())
    till.did("order", "create", menu.order(channel="takeaway"), pk=pk)
    till.did("payment", "create", {"order": pk, "tendered": 0})
    till.push()
    return SyncOperation.objects.get(entity="payment")


@pytest.fixture
def contested(owner: Member, manager: Member, menu: Menu) -> SyncOperation:
    """The price of water: 2.00 as the till had seen it, 2.50 here, 3.00 on the till."""
    product = said(owner.get(f"products/{menu.water.pk}/"))
    manager.patch(f"products/{menu.water.pk}/", {"price": 250, "version": 1})
    till = OfflineTill(owner)
    till.did("product", "update", {"price": 300}, **at_version(product, base=product))
    till.push()
    return SyncOperation.objects.get(entity="product")


def test_what_waits_comes_first_and_is_mended(manager: Member, unpaid: SyncOperation) -> None:
    client = office(manager)
    listed = page(client, LIST)
    assert listed.index("Payment: create") < listed.index("Order: create")
    assert "£12.50" in page(client, desk(unpaid))
    mended = orjson.dumps({**unpaid.changes, "tendered": 2000}).decode()
    answer = act(client, unpaid, do="retry", changes=mended)
    assert "Done: Applied." in answer.content.decode()
    order = said(manager.get(f"orders/{unpaid.changes['order']}/"))
    assert order["payment_status"] == "PAID"
    assert "Nothing is left to decide here" in page(client, desk(unpaid))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("{", "not JSON"),
        ("[1]", "Write an object"),
        ("[" * 100 + "]" * 100, "nested deeper"),
        ('{"order": "\\u0000"}', "NUL"),
        ('{"order": 7}', "in vain"),
    ],
)
def test_what_cannot_be_is_said_on_the_page(
    manager: Member, unpaid: SyncOperation, changes: str, told: str
) -> None:
    assert told in act(office(manager), unpaid, do="retry", changes=changes).content.decode()
    unpaid.refresh_from_db()
    assert unpaid.verdict == "quarantined"


def test_a_reason_to_dismiss_stays_on_record(manager: Member, unpaid: SyncOperation) -> None:
    client = office(manager)
    assert "This field is required" in act(client, unpaid, do="dismiss").content.decode()
    act(client, unpaid, do="dismiss", reason="rung up twice")
    unpaid.refresh_from_db()
    assert (unpaid.verdict, unpaid.reason) == ("rejected", "rung up twice")
    assert "rung up twice" in page(client, f"{LIST}{unpaid.pk}/change/")


def test_what_was_looked_at_long_ago_is_not_decided(manager: Member, unpaid: SyncOperation) -> None:
    manager.post(f"sync/operations/{unpaid.op_id}/retry/")
    answer = act(office(manager), unpaid, do="dismiss", reason="rung up twice")
    assert "Somebody else was here meanwhile" in answer.content.decode()
    unpaid.refresh_from_db()
    assert unpaid.verdict == "quarantined"


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_of_two_managers_at_once_one_decides(
    manager: Member, owner: Member, unpaid: SyncOperation
) -> None:
    """Watched failing without `select_for_update` in `settling._waiting`: both dismiss it."""
    client, now = office(owner), utc_now()

    def first() -> None:
        dismiss(by=manager.actor, now=now, op_id=unpaid.op_id, reason="mine")

    late = overlapping(first, lambda: act(client, unpaid, do="dismiss", reason="no, mine"))
    assert "not in quarantine" in late.content.decode()
    unpaid.refresh_from_db()
    assert (unpaid.reason, unpaid.version) == ("mine", 2)


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ({"choice": "server"}, 250),
        ({"choice": "client"}, 300),
        ({"choice": "merged", "document": '{"price": 275}'}, 275),
    ],
)
def test_a_conflict_is_seen_from_three_sides_and_decided(
    manager: Member, menu: Menu, contested: SyncOperation, typed: dict[str, str], price: int
) -> None:
    client = office(manager)
    conflict = Conflict.objects.get()
    opened = client.get(f"/admin/syncing/conflict/{conflict.pk}/desk/")
    assert opened["Location"] == desk(contested)
    shown = page(client, desk(contested))
    for side in ("£2.00", "£2.50", "£3.00", "both"):
        assert side in shown
    act(client, contested, do="resolve", **typed)
    assert said(manager.get(f"products/{menu.water.pk}/"))["price"] == price
    conflict.refresh_from_db()
    assert conflict.choice == typed["choice"]


def test_put_together_needs_fields(manager: Member, contested: SyncOperation) -> None:
    answer = act(office(manager), contested, do="resolve", choice="merged")
    assert "Write the fields that are to be." in answer.content.decode()
    wrong = act(
        office(manager), contested, do="resolve", choice="merged", document='{"price": "x"}'
    )
    assert "price: " in wrong.content.decode()
    assert Conflict.objects.get().choice == ""


def test_the_rival_has_no_desk_here(
    rival_owner: Member, unpaid: SyncOperation, contested: SyncOperation
) -> None:
    client = office(rival_owner)
    assert client.get(desk(unpaid)).status_code == 404
    assert act(client, unpaid, do="dismiss", reason="x").status_code == 404
    conflict = Conflict.objects.get()
    assert client.get(f"/admin/syncing/conflict/{conflict.pk}/desk/").status_code == 404


def test_a_manager_without_the_permission_has_none_either(
    manager: Member, unpaid: SyncOperation
) -> None:
    manager.membership.withheld = ["manage_devices"]
    manager.membership.save()
    client = office(manager)
    assert client.get(LIST).status_code == 403
    assert act(client, unpaid, do="dismiss", reason="x").status_code == 403
    unpaid.refresh_from_db()
    assert unpaid.verdict == "quarantined"


def test_what_never_arrived_is_shown_for_each_device(manager: Member, owner: Member) -> None:
    device = device_is_paired(owner)
    DeviceProgress.objects.create(device=device, restaurant=owner.restaurant, told_seq=7)
    assert "No. 1 to 7" in page(office(manager), "/admin/syncing/deviceprogress/")
    assert "No. 1 to 7" in page(
        office(manager), f"/admin/syncing/deviceprogress/{device.pk}/change/"
    )


def test_an_owner_says_who_wins_and_sees_how_often(
    owner: Member, manager: Member, cashier: Member, menu: Menu, contested: SyncOperation
) -> None:
    rule = {"entity": "order", "field": "note", "strategy": "server_wins"}
    assert manager.post("sync/strategies/", rule).status_code == 403
    assert said(owner.post("sync/strategies/", rule))["strategy"] == "server_wins"
    again = said(owner.post("sync/strategies/", {**rule, "strategy": "client_wins"}))
    assert (again["strategy"], again["version"]) == ("client_wins", 2)
    told = said(manager.get("sync/strategies/"))
    assert {**rule, "strategy": "client_wins", "is_own": True} in told["rules"]
    figure = {"entity": "product", "field": "price", "strategy": "manual", "count": 1}
    assert told["figures"] == [figure]
    shown = page(office(owner), "/admin/syncing/fieldstrategy/")
    assert "Product: price" in shown
    assert "(your own)" in shown


@pytest.mark.parametrize(
    "rule",
    [
        {"entity": "product", "field": "price", "strategy": "client_wins"},
        {"entity": "order", "field": "colour", "strategy": "client_wins"},
        {"entity": "order", "field": "note", "strategy": "add"},
    ],
)
def test_a_rule_that_cannot_be_is_refused_everywhere(
    owner: Member, menu: Menu, rule: dict[str, str]
) -> None:
    assert said(owner.post("sync/strategies/", rule))["code"] == "strategy_refused"
    client = office(owner)
    answer = client.post("/admin/syncing/fieldstrategy/add/", rule)
    assert answer.status_code == 200
    assert said(owner.get("sync/strategies/"))["figures"] == []
