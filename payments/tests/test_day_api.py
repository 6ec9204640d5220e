from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from fynlo.accounts.models import Device, Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.events.reading import after
from fynlo.testing.cast import Member
from payments.models import DayClose
from payments.services.closing import take_step
from payments.tasks import close_day, resume_closes
from payments.tests.conftest import paid
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def restaurant(price_list: None) -> Restaurant:
    """Without an open drawer."""
    return Restaurant.objects.create(name="The Copper Kettle")


def preflight(member: Member, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = said(member.get(f"payments/day/preflight/{query}"))
    return found


def codes(found: dict[str, Any]) -> list[str]:
    return [one["code"] for one in found["blockers"]]


def do(member: Member, path: str, **body: Any) -> dict[str, Any]:
    response = member.post(f"payments/{path}", body, idempotency_key=str(new_id()))
    assert response.status_code < 300, response.content
    return said(response)


def sold(manager: Member, menu: Menu) -> str:
    """An order that is paid and completed, from a drawer that is closed with 3 too little."""
    drawer = do(manager, "drawers/", opening_float=1000)["id"]
    order = opened(manager, menu.order(channel="takeaway"))
    paid(manager, order, tendered=1500, tip=50)
    manager.post(f"orders/{order['id']}/send/")
    manager.post(f"orders/{order['id']}/complete/")
    do(manager, f"drawers/{drawer}/count/", counted=2297)
    do(manager, f"drawers/{drawer}/close/")
    return str(drawer)


def test_a_quiet_day_may_be_closed(manager: Member) -> None:
    found = preflight(manager)
    assert (found["may_close"], found["blockers"]) == (True, [])


def test_everything_that_is_still_open_is_listed_with_its_address(
    manager: Member, menu: Menu
) -> None:
    drawer = do(manager, "drawers/")["id"]
    order = opened(manager, menu.order(channel="takeaway"))
    till = Device.objects.create(
        restaurant=manager.restaurant,
        name="Bar",
        token_hash="x",
        paired_at=utc_now(),
        queue_depth=3,
    )
    manager.post("timeclock/clock-in/", {}, idempotency_key="in")
    found = preflight(manager)
    assert codes(found) == ["open_orders", "queued_work", "open_time_entries", "open_drawers"]
    assert not found["may_close"]
    links = {one["code"]: one["items"][0]["link"] for one in found["blockers"]}
    assert links["open_orders"] == f"/api/v1/orders/{order['id']}/"
    assert links["queued_work"] == f"/api/v1/devices/{till.pk}/"
    assert links["open_drawers"] == f"/api/v1/payments/drawers/{drawer}/"
    day = found["business_date"]
    labels = {one["code"]: one["items"][0]["label"] for one in found["blockers"]}
    assert labels["open_drawers"] == f"Main, since {day}"
    for link in [*links.values(), *(one["link"] for one in found["blockers"])]:
        assert manager.get(link).status_code == 200, link
    refused = manager.post("payments/day/close/", {})
    assert (refused.status_code, said(refused)["code"]) == (409, "day_blocked")
    assert said(refused)["blockers"] == found["blockers"]
    assert not DayClose.objects.exists()


def test_a_drawer_that_was_far_off_is_said_and_does_not_block(manager: Member) -> None:
    drawer = do(manager, "drawers/", opening_float=1000)["id"]
    do(manager, f"drawers/{drawer}/count/", counted=0)
    do(manager, f"drawers/{drawer}/close/")
    found = preflight(manager)
    assert (codes(found), found["may_close"]) == (["drawer_variance"], True)
    assert found["blockers"][0]["items"][0]["label"] == "-1000"


def test_a_day_is_closed_by_a_worker_that_says_how_far_it_is(manager: Member, menu: Menu) -> None:
    drawer = sold(manager, menu)
    before = after(restaurant_id=manager.restaurant.pk, seq=0, limit=500)[-1].seq
    answer = manager.post("payments/day/close/", {})
    assert answer.status_code == 202
    done = said(manager.get(said(answer)["status_url"]))
    assert (done["state"], done["progress"], done["number"]) == ("DONE", 100, 1)
    report = done["report"]
    assert (report["sales"]["orders"], report["sales"]["gross"]) == (1, 1250)
    assert report["payments"] == [
        {
            "method": "cash",
            "payments": 1,
            "captured": 1300,
            "tips": 50,
            "customer_fees": 0,
            "platform_fees": 0,
        }
    ]
    assert [one["drawer"] for one in report["drawers"]] == [drawer]
    assert report["drawers"][0]["difference"] == -3
    told = after(restaurant_id=manager.restaurant.pk, seq=before, limit=99)
    kinds = [event.envelope.split('"kind":"')[1].split('"')[0] for event in told]
    assert kinds == ["day.closing", "day.closing", "day.closed"]
    again = manager.post("payments/day/close/", {}, idempotency_key="again")
    assert (again.status_code, said(again)["code"]) == (409, "day_already_closed")


def test_what_was_closed_over_is_kept(manager: Member, menu: Menu) -> None:
    opened(manager, menu.order(channel="takeaway"))
    close = said(manager.post("payments/day/close/", {"override": True}))
    assert [one["code"] for one in close["overridden"]] == ["open_orders"]


def test_days_are_numbered_without_a_gap_and_the_future_is_not_closed(manager: Member) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        do(manager, "day/close/", business_date=day)
    closes = said(manager.get("payments/day/closes/"))["results"]
    assert [close["number"] for close in closes] == [2, 1]
    refused = manager.post("payments/day/close/", {"business_date": "2999-01-01"})
    assert (refused.status_code, said(refused)["code"]) == (422, "day_not_over")


def test_a_close_that_was_left_is_taken_up_and_finished_once(manager: Member) -> None:
    """As if the worker had died after its first step."""
    now = utc_now()
    close = DayClose.objects.create(
        restaurant=manager.restaurant,
        business_date=now.date(),
        requested_at=now,
        touched_at=now - timedelta(minutes=2),
    )
    with durable():
        assert take_step(close_id=close.pk, now=now - timedelta(minutes=2))
    assert DayClose.objects.get().state == "SUMMING"
    resume_closes()
    close.refresh_from_db()
    assert (close.state, close.number) == ("DONE", 1)
    first = close.report
    close_day(close_id=str(close.pk))
    close.refresh_from_db()
    assert close.report == first


def test_a_closed_day_stays_as_it_was_closed(manager: Member) -> None:
    do(manager, "day/close/")
    for statement in (
        "UPDATE payments_dayclose SET report = '{}'",
        "DELETE FROM payments_dayclose",
    ):
        with (
            pytest.raises(IntegrityError, match="what was posted stays"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_day_of_a_rival_is_their_own(manager: Member, rival_owner: Member) -> None:
    close = do(manager, "day/close/")
    assert rival_owner.get(f"payments/day/closes/{close['id']}/").status_code == 404
    assert said(rival_owner.get("payments/day/closes/"))["results"] == []
