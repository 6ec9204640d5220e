from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from threading import Event as Signal
from time import time
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import orjson
import pytest
from django.conf import settings
from django.db import transaction
from redis import Redis

from fynlo.accounts.actor import System
from fynlo.accounts.documents import RESTAURANT
from fynlo.accounts.models import Restaurant
from fynlo.db import durable
from fynlo.events.envelopes import Written
from fynlo.events.log import append, append_all, append_deleted, current_request_id
from fynlo.events.nudge import CHANNEL
from fynlo.events.reading import after, bounds_of, history, last_seq, last_seq_of_stream
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once, beside, wait_until_blocked
from pos.documents import CATEGORY, TAX_RATE
from pos.models import Category, TaxRate

NOW = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)
EARLIER = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
WRITERS, EVENTS_EACH = 10, 20


def rates_of(restaurant: Restaurant, count: int) -> list[UUID]:
    """Ids of new tax rates, in ascending order."""
    rows = [
        TaxRate(restaurant=restaurant, name=f"rate {place}", rate_bps=place)
        for place in range(count)
    ]
    return sorted(row.pk for row in TaxRate.objects.bulk_create(rows))


def append_one(restaurant: Restaurant, pk: UUID) -> str:
    by = System(restaurant.pk)
    return append(kind="tax_rate.updated", document=TAX_RATE, entity_id=pk, by=by, now=NOW)


def numbers(restaurant: Restaurant, *, seq: int = 0) -> list[int]:
    return [event.seq for event in after(restaurant_id=restaurant.pk, seq=seq, limit=10_000)]


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused(restaurant: Restaurant) -> None:
    (pk,) = rates_of(restaurant, 1)
    with pytest.raises(RuntimeError, match="inside the transaction"):
        append_one(restaurant, pk)
    assert last_seq(restaurant.pk) == 0


@pytest.mark.django_db
def test_an_append_returns_the_document_that_the_log_keeps(owner: Member) -> None:
    (pk,) = rates_of(owner.restaurant, 1)
    token = current_request_id.set("till-7")
    text = append(
        kind="tax_rate.created",
        document=TAX_RATE,
        entity_id=pk,
        by=owner.actor,
        now=NOW,
        occurred_at=EARLIER,
    )
    current_request_id.reset(token)
    (event,) = after(restaurant_id=owner.restaurant.pk, seq=0, limit=10)
    assert text == event.payload == TAX_RATE.read(TaxRate.objects.filter(pk=pk))[0]
    assert orjson.loads(event.envelope) == {
        "type": "event",
        "seq": 1,
        "kind": "tax_rate.created",
        "entity": "tax_rate",
        "id": str(pk),
        "version": 1,
        "occurred_at": "2026-11-23T11:30:00.000000Z",
        "actor": str(owner.membership.pk),
        "device": None,
        "deleted": False,
        "data": orjson.loads(text),
    }


@pytest.mark.django_db
def test_many_entities_are_numbered_in_the_order_of_their_ids(restaurant: Restaurant) -> None:
    ids, by = rates_of(restaurant, 5), System(restaurant.pk)
    shuffled = [ids[place] for place in (3, 0, 4, 2, 1)]
    written = append_all(kind="t.u", document=TAX_RATE, entity_ids=shuffled, by=by, now=NOW)
    assert [(row.seq, row.entity_id) for row in written] == list(enumerate(ids, start=1))
    assert after(restaurant_id=restaurant.pk, seq=0, limit=10) == written
    assert append_all(kind="t.u", document=TAX_RATE, entity_ids=[], by=by, now=NOW) == []
    assert last_seq(restaurant.pk) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("stranger", ["missing", "rival's"])
def test_an_entity_that_is_not_the_restaurants_leaves_no_event(
    restaurant: Restaurant, rival_restaurant: Restaurant, stranger: str
) -> None:
    (ours,), (theirs,) = rates_of(restaurant, 1), rates_of(rival_restaurant, 1)
    ids = [ours, theirs if stranger == "rival's" else uuid4()]
    by = System(restaurant.pk)
    with pytest.raises(RuntimeError, match="belong"), transaction.atomic():
        append_all(kind="t.u", document=TAX_RATE, entity_ids=ids, by=by, now=NOW)
    assert numbers(restaurant) == numbers(rival_restaurant) == []
    assert last_seq(restaurant.pk) == 0


@pytest.mark.django_db
def test_a_restaurant_is_its_own_owner(
    restaurant: Restaurant, rival_restaurant: Restaurant
) -> None:
    by = System(restaurant.pk)
    kind = "restaurant.updated"
    text = append(kind=kind, document=RESTAURANT, entity_id=restaurant.pk, by=by, now=NOW)
    assert orjson.loads(text)["name"] == restaurant.name
    with pytest.raises(RuntimeError, match="belong"), transaction.atomic():
        append(kind=kind, document=RESTAURANT, entity_id=rival_restaurant.pk, by=by, now=NOW)
    assert numbers(restaurant) == [1]


@pytest.mark.django_db
def test_a_tombstone_names_what_is_gone(restaurant: Restaurant) -> None:
    (pk,), by = rates_of(restaurant, 1), System(restaurant.pk)
    append_one(restaurant, pk)
    append_deleted(kind="tax_rate.deleted", document=TAX_RATE, entity_id=pk, by=by, now=NOW)
    TaxRate.objects.filter(pk=pk).delete()
    updated, deleted = history(restaurant_id=restaurant.pk, entity_id=pk)
    message = orjson.loads(deleted.envelope)
    assert (message["seq"], message["deleted"], message["data"]) == (2, True, {"id": str(pk)})
    assert orjson.loads(updated.envelope)["deleted"] is False


@pytest.mark.django_db
def test_the_log_is_read_by_number_and_by_stream(restaurant: Restaurant) -> None:
    by = System(restaurant.pk)
    for pk in rates_of(restaurant, 3):
        append_one(restaurant, pk)
    floor = Category.objects.create(restaurant=restaurant, name="Drinks")
    append(kind="category.created", document=CATEGORY, entity_id=floor.pk, by=by, now=NOW)
    assert numbers(restaurant, seq=2) == [3, 4]
    assert [event.seq for event in after(restaurant_id=restaurant.pk, seq=1, limit=2)] == [2, 3]
    assert after(restaurant_id=restaurant.pk, seq=0, limit=9, streams=["orders"]) == []
    assert last_seq_of_stream(restaurant.pk, "menu") == 4
    assert last_seq_of_stream(restaurant.pk, "orders") == 0
    nowhere = uuid4()
    found = bounds_of([restaurant.pk, nowhere])
    assert (found[restaurant.pk][0], found[nowhere]) == (1, (0, 0))


@pytest.mark.django_db(transaction=True)
def test_committed_events_are_published_and_undone_ones_are_not(restaurant: Restaurant) -> None:
    ids = rates_of(restaurant, 2)
    redis: Any = Redis.from_url(settings.REDIS_URL)
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(CHANNEL)
    listener.get_message(timeout=5)
    with durable():
        append_one(restaurant, ids[0])
        transaction.set_rollback(True)
    with durable():
        append_one(restaurant, ids[1])
    heard = ""
    # Everybody who uses this Redis is heard here, other test runs too.
    while not heard.startswith(str(restaurant.pk)):
        heard = listener.get_message(timeout=5)["data"].decode()
    listener.close()
    (event,) = after(restaurant_id=restaurant.pk, seq=0, limit=10)
    head, _, envelope = heard.partition("\n")
    told, _, published_at = head.rpartition(" ")
    assert (told, envelope) == (f"{restaurant.pk} 1 menu", event.envelope)
    assert 0 <= time() - float(published_at) < 60


@pytest.mark.django_db(transaction=True)
def test_a_lost_nudge_loses_no_event(restaurant: Restaurant) -> None:
    (pk,) = rates_of(restaurant, 1)
    nowhere = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    with patch("fynlo.redis.get_redis_connection", lambda _: nowhere), durable():
        append_one(restaurant, pk)
    assert numbers(restaurant) == [1]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_second_writer_waits_for_the_first_and_gets_the_next_number(
    restaurant: Restaurant,
) -> None:
    """Fails as the next test does when the cursor row is not locked."""
    first, second = rates_of(restaurant, 2)

    def write() -> None:
        with durable():
            append_one(restaurant, second)

    with ExitStack() as afterwards, durable():
        append_one(restaurant, first)
        writing = afterwards.enter_context(beside(write))
        wait_until_blocked()
        assert not writing.done()
    events = after(restaurant_id=restaurant.pk, seq=0, limit=9)
    assert [event.entity_id for event in events] == [first, second]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_and_a_reader_is_never_surprised(restaurant: Restaurant) -> None:
    """Every fourth transaction is undone after it took its number.

    To see it fail, take the lock away: in `fynlo.events.log._APPEND` let the numbers come from
    `SELECT COALESCE(max(seq), 0) AS base FROM events_event WHERE restaurant_id = …` (two writers
    get one number and break the primary key), or from `nextval` of a sequence (undone
    transactions leave gaps, and the reader meets smaller numbers after larger ones).
    """
    ids, written = rates_of(restaurant, WRITERS), Signal()

    def write(pk: UUID) -> int:
        for turn in range(EVENTS_EACH):
            with durable():
                append_one(restaurant, pk)
                transaction.set_rollback(turn % 4 == 3)
        return EVENTS_EACH - EVENTS_EACH // 4

    def read() -> list[int]:
        seen: list[int] = []
        is_last = False
        while not is_last:
            is_last = written.is_set()
            found = numbers(restaurant, seq=seen[-1] if seen else 0)
            assert found == list(range(len(seen) + 1, len(seen) + 1 + len(found)))
            seen += found
        return seen

    with beside(read) as reading:
        try:
            kept = at_once(*(partial(write, pk) for pk in ids))
        finally:
            written.set()
    assert kept == [EVENTS_EACH - EVENTS_EACH // 4] * WRITERS
    assert reading.result() == numbers(restaurant) == list(range(1, sum(kept) + 1))
    assert last_seq(restaurant.pk) == sum(kept)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_restaurants_do_not_wait_for_one_another(
    restaurant: Restaurant, rival_restaurant: Restaurant
) -> None:
    (ours,), (theirs,) = rates_of(restaurant, 1), rates_of(rival_restaurant, 1)

    def write() -> list[Written]:
        with durable():
            append_one(rival_restaurant, theirs)
        return after(restaurant_id=rival_restaurant.pk, seq=0, limit=9)

    with durable():
        append_one(restaurant, ours)
        with beside(write) as writing:
            assert len(writing.result(20)) == 1
