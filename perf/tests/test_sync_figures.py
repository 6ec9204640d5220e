"""How offline work fares, on the dashboard and in `health/performance/`."""

from datetime import timedelta
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.testing.cast import Member, sign_in
from perf.monitors.reporter import Reporter
from pos.tests.conftest import Menu, opened, said, stock_menu
from syncing.models import SyncOperation
from syncing.tests.happenings import device_is_paired
from syncing.tests.tills import OfflineTill, at_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def menu(owner: Member) -> Menu:
    return stock_menu(owner.restaurant)


@pytest.fixture
def till(owner: Member) -> OfflineTill:
    """At a paired device."""
    return OfflineTill(sign_in(owner.membership, device=device_is_paired(owner)))


def figures_of(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = said(member.get("health/performance/"))["sync"]
    return found


def both_change_an_order(till: OfflineTill, manager: Member, menu: Menu) -> None:
    """The note is the till's, the pieces are added up; the other way round nothing is contested."""
    order = opened(manager, menu.order(channel="takeaway"))
    (line,) = order["lines"]
    manager.patch(f"orders/{order['id']}/", {"note": "hot", "version": 1})
    till.did("order", "update", {"note": "mild"}, **at_version(order, base=order))
    till.did("order", "update", {"guests": 3}, **at_version(order, base=order))
    here = f"orders/{order['id']}/lines/{line['id']}/"
    manager.patch(here, {"quantity": "3", "version": 1})
    changes = {"order": order["id"], "quantity": "2"}
    till.did("order_line", "update", changes, **at_version(line, base=line))


def both_change_a_product(till: OfflineTill, manager: Member, menu: Menu) -> None:
    """The name is the server's, the price is decided by a person."""
    product = said(manager.get(f"products/{menu.water.pk}/"))
    manager.patch(f"products/{menu.water.pk}/", {"price": 250, "name": "Still", "version": 1})
    for change in ({"price": 300}, {"name": "Sparkling"}):
        till.did("product", "update", change, **at_version(product, base=product))


def test_how_often_each_strategy_decided_is_told_by_entity(
    till: OfflineTill, manager: Member, menu: Menu, figures: Reporter
) -> None:
    both_change_an_order(till, manager, menu)
    both_change_a_product(till, manager, menu)
    till.push()
    nobody = dict.fromkeys(("server_wins", "client_wins", "add", "manual", "smart_merge"), 0)
    assert figures_of(manager)["strategies"] == [
        {"entity": "order", **nobody, "client_wins": 1, "smart_merge": 1},
        {"entity": "order_line", **nobody, "add": 1},
        {"entity": "product", **nobody, "server_wins": 1, "manual": 1},
    ]
    assert figures_of(manager)["conflicts"] == 1


def test_verdicts_quarantine_and_gaps_are_counted(
    till: OfflineTill, manager: Member, menu: Menu, figures: Reporter
) -> None:
    pk = till.did("order", "create", menu.order(channel="takeaway"))["entity_id"]
    till.acted("order", "fire", pk, course=9)
    till.acted("order", "send", "0198c5b2-6f0e-7d31-9a53-5f0f3a3f7c11")
    for _ in range(3):
        till.acted("order", "send", pk)
    del till.queue[3:5]
    till.push()
    found = figures_of(manager)
    (row,) = found["verdicts"]
    assert (row["entity"], row["applied"], row["quarantined"]) == ("order", 2, 2)
    assert (found["operations"], found["quarantined"], found["trying_again"]) == (4, 1, 1)
    assert (found["devices_with_gaps"], found["missing"]) == (1, 2)


def test_what_is_older_than_a_day_is_not_counted_unless_it_waits(
    till: OfflineTill, manager: Member, menu: Menu, figures: Reporter
) -> None:
    pk = till.did("order", "create", menu.order(channel="takeaway"))["entity_id"]
    till.acted("order", "fire", pk, course=9)
    till.push()
    SyncOperation.objects.update(received_at=utc_now() - timedelta(hours=25))
    found = figures_of(manager)
    assert (found["operations"], found["verdicts"], found["quarantined"]) == (0, [], 1)


def test_the_page_shows_them(
    till: OfflineTill, manager: Member, menu: Menu, figures: Reporter
) -> None:
    both_change_a_product(till, manager, menu)
    till.push()
    shown = manager.look("/perf/sync/").content.decode()
    assert '<th scope="row">product</th>' in shown
    assert '<dd id="operations">2</dd>' in shown
