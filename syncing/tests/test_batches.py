"""What waits in a batch is found by whoever asks, is told of as PostgreSQL would tell it, and is
blamed on the operation that it came from."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from django.db import transaction

from fynlo.accounts.models import Restaurant
from fynlo.batches import batch, insert_rows, update_rows
from fynlo.db import new_id
from fynlo.documents import Document
from fynlo.events.models import Event
from fynlo.testing.cast import Member
from payments.documents import PAYMENT
from pos.documents import ORDER, RECEIPT, TICKET
from pos.models import Floor
from pos.tests.conftest import Menu, opened
from syncing.tests.tills import OfflineTill, verdicts

pytestmark = pytest.mark.django_db
TOLD: dict[str, Document] = {document.name: document for document in (ORDER, PAYMENT, RECEIPT)}
TOLD["ticket"] = TICKET


@pytest.fixture
def till(cashier: Member) -> OfflineTill:
    return OfflineTill(cashier)


def note_an_evening(till: OfflineTill, menu: Menu) -> None:
    """Every act whose documents a batch renders by itself."""
    line = menu.line(quantity="1.500", note="Ohne Zwiebeln – €")
    body = menu.order(line, {"product": str(menu.water.pk), "unit_price": 150})
    pk = till.did("order", "create", {**body, "table": str(menu.table.pk)})["entity_id"]
    till.did("order", "update", {"guests": 3, "note": "Window"}, pk=pk)
    cola = {"order": pk, "product": str(menu.cola.pk), "variation": str(menu.large.pk)}
    more, less = till.did("order_line", "create", cola), till.did("order_line", "create", cola)
    till.did("order_line", "update", {"order": pk, "quantity": "2"}, pk=more["entity_id"])
    till.did("order_line", "delete", {"order": pk}, pk=less["entity_id"])
    till.acted("order", "hold", pk, course=2)
    till.acted("order", "send", pk)
    till.acted("order", "fire", pk, course=2)
    till.did("order", "update", {"note": "Terrace"}, pk=pk)
    till.did("payment", "create", {"order": pk, "amount": 1000, "tip": 100, "tendered": 2000})
    till.did("payment", "create", {"order": pk, "tendered": 9000})
    till.acted("order", "serve", pk)
    till.acted("order", "complete", pk)


def last_told() -> dict[tuple[str, Any], str]:
    """Of each entity, in the order of the log."""
    rows = Event.objects.filter(entity__in=TOLD).order_by("seq")
    return {(row.entity, row.entity_id): row.payload for row in rows}


def test_every_step_is_told_of_as_postgresql_builds_it(till: OfflineTill, menu: Menu) -> None:
    note_an_evening(till, menu)
    for operation in till.queue:
        assert verdicts(till.push(operation)) == ["applied"]
        told = last_told()
        for (entity, pk), payload in told.items():
            document = TOLD[entity]
            stored = document.read(document.model._default_manager.filter(pk=pk))
            assert orjson.loads(payload) == orjson.loads(stored[0]), operation
    assert {entity for entity, _ in told} == set(TOLD)


def test_a_batch_tells_of_the_same_steps_as_its_operations_one_by_one(
    till: OfflineTill, menu: Menu
) -> None:
    note_an_evening(till, menu)
    batched = steps_of(till.push())
    note_an_evening(till, menu)
    one_by_one = steps_of([row for operation in till.queue for row in till.push(operation)])
    assert batched == one_by_one
    assert len(batched) > 14


def steps_of(rows: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """What the log has of these operations but for keys, numbers and moments."""
    assert set(verdicts(rows)) == {"applied"}, rows
    events = list(Event.objects.order_by("seq"))
    Event.objects.all().delete()
    return [(event.kind, plain(orjson.loads(event.payload))) for event in events]


def plain(value: Any) -> Any:
    own = {"id", "line", "number", "order", "order_number", "hash", "previous_hash", "payment"}
    if isinstance(value, list):
        return [plain(row) for row in value]
    if not isinstance(value, dict):
        return value
    kept = {name: plain(row) for name, row in value.items() if name not in own}
    return {name: bool(row) if name.endswith("_at") else row for name, row in kept.items()}


def test_the_operation_at_fault_is_named_although_its_rows_wait(
    till: OfflineTill, menu: Menu
) -> None:
    taken = opened(till.member, menu.order())["lines"][0]["id"]
    group = {"group": "sale"}
    pk = till.did("order", "create", menu.order(channel="takeaway"), **group)["entity_id"]
    water = {"order": pk, "product": str(menu.water.pk)}
    culprit = till.did("order_line", "create", water, pk=taken, **group)
    till.acted("order", "send", pk)
    rows = till.push()
    assert [row["code"] for row in rows] == ["group_failed", "already_exists", "not_found"]
    assert culprit["op_id"] in rows[0]["detail"]


def a_floor(restaurant: Restaurant, name: str) -> Floor:
    return Floor(pk=new_id(), restaurant=restaurant, name=name)


def test_who_reads_finds_what_waits(restaurant: Restaurant) -> None:
    floor = a_floor(restaurant, "Room")
    with transaction.atomic(), batch():
        insert_rows([floor])
        assert Floor.objects.get(pk=floor.pk).name == "Room"
        floor.name = "Terrace"
        update_rows([floor], ["name"])
        assert Floor.objects.get(pk=floor.pk).name == "Terrace"
        floor.name = "Garden"
        update_rows([floor], ["name"])
    assert Floor.objects.get(pk=floor.pk).name == "Garden"


def test_what_waits_is_gone_with_its_savepoint(restaurant: Restaurant) -> None:
    kept, gone = a_floor(restaurant, "Room"), a_floor(restaurant, "Terrace")
    with transaction.atomic(), batch():
        insert_rows([kept])
        with suppress(ValueError), transaction.atomic():
            insert_rows([gone])
            raise ValueError
    assert list(Floor.objects.filter(pk__in=[kept.pk, gone.pk])) == [kept]
