from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Device, Restaurant
from fynlo.accounts.services.pins import set_pin
from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.events.reading import after
from fynlo.testing.cast import Member, hire, sign_in
from payments.models import DrawerEvent
from payments.tests.conftest import balances, now_of, paid, pay
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def restaurant(price_list: None) -> Restaurant:
    """Without an open drawer."""
    return Restaurant.objects.create(name="The Copper Kettle")


@pytest.fixture
def drawer(cashier: Member) -> dict[str, Any]:
    """The cashier's, with 100.00 in it."""
    return drawer_of(cashier)


def drawer_of(member: Member, **body: Any) -> dict[str, Any]:
    response = member.post("payments/drawers/", {"opening_float": 10_000, **body})
    assert response.status_code == 201, response.content
    return said(response)


def do(member: Member, drawer: dict[str, Any], verb: str, **body: Any) -> HttpResponse:
    path = f"payments/drawers/{drawer['id']}/{verb}/"
    return member.post(path, body, idempotency_key=str(new_id()))


def moved(member: Member, drawer: dict[str, Any], kind: str, **body: Any) -> HttpResponse:
    return do(member, drawer, "movements", kind=kind, **body)


def report_of(member: Member, drawer: dict[str, Any], kind: str = "x") -> dict[str, Any]:
    return said(member.get(f"payments/drawers/{drawer['id']}/{kind}-report/"))


def code(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response)["code"]


def on_a_device(member: Member, name: str) -> Member:
    """The same person at a till of its own."""
    device = Device.objects.create(
        restaurant=member.restaurant, name=name, token_hash=name, paired_at=utc_now()
    )
    return sign_in(member.membership, device=device)


def test_a_drawer_opens_with_a_float_and_is_announced(cashier: Member) -> None:
    response = cashier.post("payments/drawers/open/", {"opening_float": 10_000})
    made = said(response)
    assert response["Location"] == f"/api/v1/payments/drawers/{made['id']}/"
    assert (made["name"], made["status"], made["opening_float"]) == ("Main", "OPEN", 10_000)
    assert made["opened_by"] == str(cashier.membership.pk)
    assert cashier.get(response["Location"]).content == response.content
    assert cashier.get("payments/drawers/current/").content == response.content
    (event,) = after(restaurant_id=cashier.restaurant.pk, seq=0, limit=9)
    assert '"kind":"drawer.opened"' in event.envelope
    assert event.stream == "payments"


def test_a_drawer_is_not_opened_twice_but_another_may_be(
    cashier: Member, manager: Member, drawer: dict[str, Any]
) -> None:
    again = manager.post("payments/drawers/open/", {})
    assert code(again) == (409, "drawer_already_open")
    told = said(again)
    assert (told["drawer"], told["name"], told["opened_by"]) == (drawer["id"], "Main", "Cashier")
    assert told["opened_at"] == drawer["opened_at"]
    assert drawer_of(manager, name="Bar")["name"] == "Bar"
    listed = said(cashier.get("payments/drawers/?status=OPEN"))["results"]
    assert [one["name"] for one in listed] == ["Bar", "Main"]


def test_the_very_same_opening_sent_again_finds_its_drawer(cashier: Member) -> None:
    body = {"id": str(new_id()), "opening_float": 5}
    first = cashier.post("payments/drawers/open/", body)
    again = cashier.post("payments/drawers/open/", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content


def test_cash_needs_an_open_drawer(cashier: Member, menu: Menu) -> None:
    order = opened(cashier, menu.order(channel="takeaway"))
    assert code(pay(cashier, order, tendered=1250)) == (409, "drawer_not_open")
    assert now_of(cashier, order)["paid"] == 0
    assert code(cashier.get("payments/drawers/current/")) == (409, "drawer_not_open")
    drawer_of(cashier)
    paid(cashier, order, tendered=1250)


def test_cash_goes_into_the_drawer_of_the_till_in_hand(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    bar, door = on_a_device(cashier, "bar"), on_a_device(cashier, "door")
    drawers = [drawer_of(bar, name="Bar"), drawer_of(door, name="Door")]
    for till, own in zip((bar, door), drawers, strict=True):
        paid(till, opened(till, menu.order(channel="takeaway")), tendered=1250)
        assert report_of(manager, own)["sales"] == {"count": 1, "amount": 1250}
    order = opened(manager, menu.order(channel="takeaway"))
    assert code(pay(manager, order, tendered=1250)) == (409, "drawer_not_open")
    paid(manager, order, tendered=1250, drawer=drawers[0]["id"])
    assert report_of(manager, drawers[0])["sales"]["count"] == 2


def test_a_closed_or_strange_drawer_takes_no_cash(
    cashier: Member, menu: Menu, drawer: dict[str, Any], rival_owner: Member
) -> None:
    rival = drawer_of(rival_owner, name="Rival")
    order = opened(cashier, menu.order(channel="takeaway"))
    for wrong in (rival["id"], str(new_id())):
        refused = pay(cashier, order, tendered=1250, drawer=wrong)
        assert code(refused) == (422, "unknown_reference")
    do(cashier, drawer, "count", counted=10_000)
    do(cashier, drawer, "close")
    refused = pay(cashier, order, tendered=1250, drawer=drawer["id"], key="closed")
    assert code(refused) == (409, "drawer_not_open")


def test_what_is_paid_in_and_out_is_posted_and_reported(
    cashier: Member, manager: Member, menu: Menu, drawer: dict[str, Any]
) -> None:
    paid(cashier, opened(cashier, menu.order(channel="takeaway")), tendered=2000, tip=100)
    assert moved(cashier, drawer, "PAID_IN", amount=500, reason="change").status_code == 201
    assert moved(manager, drawer, "PAID_OUT", amount=300, reason="milk").status_code == 201
    assert moved(cashier, drawer, "NO_SALE").status_code == 201
    report = report_of(manager, drawer)
    assert report["sales"] == {"count": 1, "amount": 1350}
    assert report["paid_in"] == {"count": 1, "amount": 500}
    assert report["paid_out"] == {"count": 1, "amount": -300}
    assert (report["no_sales"], report["tips"]) == (1, 100)
    assert report["expected"] == 10_000 + 1350 + 500 - 300
    assert (report["counted"], report["outcome"]) == (None, None)
    assert balances(cashier.restaurant) == {
        "cash_drawer": 1350 + 200,
        "cash_movements": -200,
        "guest_receivable": -1250,
        "tips_payable": -100,
    }


def test_to_pay_out_takes_a_manager(
    cashier: Member, manager: Member, drawer: dict[str, Any]
) -> None:
    body = {"amount": 300, "reason": "milk"}
    assert code(moved(cashier, drawer, "PAID_OUT", **body)) == (403, "approval_required")
    set_pin(membership=manager.membership, pin="7391")
    approver = {"employee_code": manager.membership.employee_code, "pin": "7391"}
    approved = moved(cashier, drawer, "PAID_OUT", **body, approver=approver)
    assert said(approved)["approved_by"] == str(manager.membership.pk)
    assert said(approved)["done_by"] == str(cashier.membership.pk)


def test_no_more_is_paid_out_than_is_there(manager: Member, drawer: dict[str, Any]) -> None:
    refused = moved(manager, drawer, "PAID_OUT", amount=10_001, reason="all")
    assert code(refused) == (422, "drawer_too_empty")
    assert moved(manager, drawer, "PAID_OUT", amount=10_000, reason="all").status_code == 201


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("PAID_IN", {"reason": "no amount"}),
        ("PAID_IN", {"amount": 5}),
        ("PAID_IN", {"amount": 0, "reason": "nothing"}),
        ("NO_SALE", {"amount": 5}),
        ("SALE", {"amount": 5, "reason": "forged"}),
    ],
)
def test_a_movement_that_makes_no_sense_is_refused(
    cashier: Member, drawer: dict[str, Any], kind: str, body: dict[str, Any]
) -> None:
    assert code(moved(cashier, drawer, kind, **body)) == (400, "input_invalid")
    assert DrawerEvent.objects.count() == 1


def test_to_undo_is_a_new_entry_and_happens_once(
    cashier: Member, manager: Member, drawer: dict[str, Any]
) -> None:
    wrong = said(moved(cashier, drawer, "PAID_IN", amount=500, reason="typo"))
    undo = {"movement": wrong["id"], "reason": "typed twice"}
    assert code(do(cashier, drawer, "undo", **undo)) == (403, "approval_required")
    undone = said(do(manager, drawer, "undo", **undo))
    assert (undone["kind"], undone["amount"], undone["undoes"]) == ("UNDONE", -500, wrong["id"])
    assert code(do(manager, drawer, "undo", **undo)) == (409, "movement_not_undoable")
    journal = said(manager.get(f"payments/drawers/{drawer['id']}/movements/"))["results"]
    assert [row["kind"] for row in journal] == ["OPENED", "PAID_IN", "UNDONE"]
    assert report_of(manager, drawer)["expected"] == 10_000
    assert balances(cashier.restaurant) == {"cash_drawer": 0, "cash_movements": 0}


def test_sales_counts_and_undone_things_cannot_be_undone(
    manager: Member, cashier: Member, menu: Menu, drawer: dict[str, Any]
) -> None:
    paid(cashier, opened(cashier, menu.order(channel="takeaway")), tendered=1250)
    moved(manager, drawer, "NO_SALE")
    wrong = said(moved(manager, drawer, "PAID_IN", amount=5, reason="x"))
    do(manager, drawer, "undo", movement=wrong["id"], reason="y")
    for event in DrawerEvent.objects.exclude(pk=wrong["id"]):
        refused = do(manager, drawer, "undo", movement=str(event.pk), reason="z")
        assert code(refused) == (409, "movement_not_undoable")


@pytest.mark.parametrize(
    ("counted", "outcome"), [(11_250, "exact"), (11_300, "overage"), (11_201, "shortage")]
)
def test_a_drawer_is_counted_blind_and_closes_with_what_is_off(
    cashier: Member, menu: Menu, drawer: dict[str, Any], counted: int, outcome: str
) -> None:
    difference = counted - 11_250
    paid(cashier, opened(cashier, menu.order(channel="takeaway")), tendered=2000)
    count = said(do(cashier, drawer, "count", counted=counted))
    assert (count["counted"], count["expected"], count["difference"]) == (counted, None, None)
    closed = said(do(cashier, drawer, "close", note="night"))
    assert (closed["status"], closed["expected"]) == ("CLOSED", 11_250)
    assert closed["difference"] == difference
    report = report_of(hire(cashier.restaurant, Role.MANAGER), drawer, "z")
    assert (report["outcome"], report["difference"]) == (outcome, difference)
    assert report["expected"] == 11_250
    ledger = balances(cashier.restaurant)
    assert ledger["cash_drawer"] == 1250 + difference
    assert ledger.get("cash_difference", 0) == -difference


def test_counting_again_replaces_the_count_and_keeps_both(
    cashier: Member, manager: Member, drawer: dict[str, Any]
) -> None:
    do(cashier, drawer, "count", counted=9_000)
    do(cashier, drawer, "count", counted=10_000)
    assert said(do(cashier, drawer, "close"))["difference"] == 0
    journal = said(manager.get(f"payments/drawers/{drawer['id']}/movements/"))["results"]
    counts = [row["counted"] for row in journal if row["kind"] == "COUNTED"]
    assert counts == [9_000, 10_000]


def test_a_large_difference_takes_a_manager(
    cashier: Member, manager: Member, drawer: dict[str, Any]
) -> None:
    do(cashier, drawer, "count", counted=9_499)
    assert code(do(cashier, drawer, "close")) == (403, "approval_required")
    assert said(do(manager, drawer, "close"))["difference"] == -501


def test_a_drawer_is_counted_before_it_is_closed(cashier: Member, drawer: dict[str, Any]) -> None:
    assert code(do(cashier, drawer, "close")) == (409, "drawer_not_counted")


def test_a_z_report_waits_for_the_closing(
    manager: Member, cashier: Member, drawer: dict[str, Any]
) -> None:
    path = f"payments/drawers/{drawer['id']}/z-report/"
    assert code(manager.get(path)) == (409, "drawer_still_open")
    assert cashier.get(path).status_code == 403
    do(cashier, drawer, "count", counted=10_000)
    do(cashier, drawer, "close")
    first = manager.get(path).content
    drawer_of(cashier)
    assert manager.get(path).content == first


def test_nothing_happens_to_a_closed_drawer(manager: Member, drawer: dict[str, Any]) -> None:
    do(manager, drawer, "count", counted=10_000)
    do(manager, drawer, "close")
    assert code(do(manager, drawer, "count", counted=1)) == (409, "drawer_closed")
    assert code(do(manager, drawer, "close")) == (409, "drawer_closed")
    assert code(moved(manager, drawer, "NO_SALE")) == (409, "drawer_closed")
    assert said(manager.post("payments/drawers/open/", {}))["status"] == "OPEN"


def test_a_stale_close_is_told_what_there_is_now(cashier: Member, drawer: dict[str, Any]) -> None:
    do(cashier, drawer, "count", counted=10_000)
    late = do(cashier, drawer, "close", version=drawer["version"])
    assert (late.status_code, said(late)["current"]["counted"]) == (412, 10_000)


def test_drawers_of_others_are_not_there(rival_owner: Member, drawer: dict[str, Any]) -> None:
    path = f"payments/drawers/{drawer['id']}/"
    assert rival_owner.get(path).status_code == 404
    for piece in ("movements/", "x-report/", "z-report/"):
        assert rival_owner.get(path + piece).status_code == 404
    assert moved(rival_owner, drawer, "NO_SALE").status_code == 404
    assert do(rival_owner, drawer, "count", counted=1).status_code == 404
    assert do(rival_owner, drawer, "close").status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_drawerevent SET amount = 1",
        "DELETE FROM payments_drawerevent",
        "DELETE FROM payments_drawersession",
    ],
)
def test_the_journal_stays(drawer: dict[str, Any], statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="what was posted stays"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_closed_drawer_stays_as_it_was_closed(cashier: Member, drawer: dict[str, Any]) -> None:
    do(cashier, drawer, "count", counted=10_000)
    do(cashier, drawer, "close")
    with (
        pytest.raises(IntegrityError, match="what was posted stays"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE payments_drawersession SET counted = 0, difference = -10000")
