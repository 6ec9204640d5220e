"""Two who decide, or try again, at one instant."""

from datetime import timedelta

import pytest

from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.events.models import Event
from fynlo.testing.cast import Member
from fynlo.testing.races import overlapping
from pos.tests.conftest import Menu, said
from syncing.choices import Choice
from syncing.models import Conflict, SyncOperation
from syncing.services.settling import resolve, retry_due
from syncing.tests.tills import OfflineTill, at_version

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_of_two_who_resolve_a_conflict_at_once_one_decides(
    owner: Member, manager: Member, menu: Menu
) -> None:
    """Watched failing without the lock of the conflict in `settling.resolve`: the second finds it
    open, and has the till's price written over what the first had decided."""
    product = said(owner.get(f"products/{menu.water.pk}/"))
    manager.patch(f"products/{menu.water.pk}/", {"price": 250, "version": 1})
    till = OfflineTill(owner)
    till.did("product", "update", {"price": 300}, **at_version(product, base=product))
    till.push()
    conflict, now = Conflict.objects.get(), utc_now()

    def first() -> None:
        resolve(by=owner.actor, now=now, pk=conflict.pk, choice=Choice.SERVER)

    path = f"sync/conflicts/{conflict.pk}/resolve/"
    late = overlapping(first, lambda: manager.post(path, {"choice": "client"}))
    assert said(late)["code"] == "conflict_resolved"
    conflict.refresh_from_db()
    assert conflict.choice == Choice.SERVER
    assert said(owner.get(f"products/{menu.water.pk}/"))["price"] == 250


def test_two_workers_try_an_operation_again_once(cashier: Member) -> None:
    """Watched failing without `select_for_update` in `settling.retry_due`: it is tried by both."""
    till, now = OfflineTill(cashier), utc_now() + timedelta(hours=1)
    till.acted("order", "send", new_id())
    till.push()
    operation = SyncOperation.objects.get()

    def try_again() -> None:
        with durable():
            retry_due(pk=operation.pk, now=now)

    overlapping(lambda: retry_due(pk=operation.pk, now=now), try_again)
    operation.refresh_from_db()
    assert operation.tries == 2
    assert Event.objects.filter(kind="sync.operation_retried").count() == 1
