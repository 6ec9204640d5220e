"""Files too large to wait for: a worker brings them in and says how far it is."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch
from uuid import UUID

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from fynlo.celery import app
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.events.nudge import CHANNEL
from fynlo.events.reading import after, last_seq
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from pos import tasks
from pos.choices import ImportState
from pos.models import MenuImport, Product
from pos.services import menu_imports
from pos.services.menu_imports import AT_ONCE, LEFT_ALONE
from pos.tests.conftest import said
from pos.tests.test_menu_import_api import ALE_ROW, LIME_ROW

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = AT_ONCE + 1


def large(rows: int = ROWS, **changes: Any) -> dict[str, Any]:
    products = [{**ALE_ROW, "sku": f"ALE-{number}", **changes} for number in range(rows - 1)]
    return {"products": products, "modifiers": [LIME_ROW]}


def submitted(member: Member, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    response = member.post("menu/import/", body, **headers)
    assert response.status_code == 202, response.content
    document = said(response)
    assert response["Location"] == document["status_url"]
    return document


def waiting(member: Member, body: dict[str, Any]) -> dict[str, Any]:
    """Submitted while no worker is there."""
    with patch.object(menu_imports, "hand_over"):
        return submitted(member, body)


def run(document: dict[str, Any]) -> None:
    tasks.run_menu_import(import_id=document["id"])


def progress(member: Member) -> list[dict[str, Any]]:
    rows = after(restaurant_id=member.restaurant.pk, seq=0, limit=10_000, streams={"menu"})
    envelopes = [row.envelope for row in rows if '"kind":"import.progress"' in row.envelope]
    return [orjson.loads(text)["data"] for text in envelopes]


def run_elsewhere(document: dict[str, Any]) -> None:
    try:
        run(document)
    finally:
        connection.close()


@contextmanager
def listening() -> Iterator[Callable[[str], list[int]]]:
    """What Redis carries meanwhile: the percents that it tells of an import."""
    channel: Any = Redis.from_url(settings.REDIS_URL).pubsub()  # type: ignore[no-untyped-call]
    channel.subscribe(CHANNEL)

    def heard(import_id: str) -> list[int]:
        found: list[int] = []
        while message := channel.get_message(timeout=10):
            if message["type"] != "message":
                continue
            row = orjson.loads(message["data"].partition(b"\n")[2])
            if row["id"] == import_id and row["type"] == "progress":
                found.append(row["progress"])
            elif row["id"] == import_id and row["data"]["state"] == "DONE":
                break
        return found

    yield heard
    channel.close()


def leave_alone(document: dict[str, Any]) -> None:
    long_ago = utc_now() - LEFT_ALONE - timedelta(seconds=1)
    MenuImport.objects.filter(pk=document["id"]).update(touched_at=long_ago)


def test_a_worker_brings_in_a_large_file(owner: Member) -> None:
    document = submitted(owner, large())
    assert (document["state"], document["progress"], document["rows"]) == ("QUEUED", 0, ROWS)
    done = said(owner.get(document["status_url"]))
    assert (done["state"], done["progress"], done["created"]) == ("DONE", 100, ROWS - 1)
    assert Product.objects.count() == ROWS - 1
    assert len(said(owner.get("menu/"))["products"]) == ROWS - 1
    assert not MenuImport.objects.get().source


def test_its_progress_is_told_as_events(owner: Member) -> None:
    submitted(owner, large())
    told = progress(owner)
    assert [row["progress"] for row in told] == [0, 5, 50, 100]
    assert [row["state"] for row in told] == ["QUEUED", "RUNNING", "RUNNING", "DONE"]
    assert [row["version"] for row in told] == [1, 2, 3, 4]


def test_between_its_events_the_rows_are_told_of(owner: Member) -> None:
    """Who asks, and whoever listens, sees it grow by about 5 % while its one transaction lasts."""
    document = waiting(owner, large(8_000))
    with ThreadPoolExecutor() as pool, listening() as heard:
        work, listener = pool.submit(run_elsewhere, document), pool.submit(heard, document["id"])
        seen, tags = set(), set()
        while not work.done():
            response = owner.get(document["status_url"])
            if said(response)["state"] == "RUNNING":
                seen.add(said(response)["progress"])
                tags.add(response["ETag"])
        work.result()
        told = listener.result()
    assert told == sorted(told)
    assert len(told) >= 15, told
    assert max(b - a for a, b in pairwise(told)) <= 10, told
    assert len(seen) == len(tags) > 4, seen
    assert said(owner.get(document["status_url"]))["progress"] == 100
    assert [row["progress"] for row in progress(owner)] == [0, 5, 50, 100]


def test_a_dry_run_of_a_large_file_changes_nothing(owner: Member) -> None:
    done = said(owner.get(submitted(owner, {**large(), "dry_run": True})["status_url"]))
    assert (done["state"], done["created"], len(done["changes"])) == ("DONE", ROWS - 1, 500)
    assert not Product.objects.exists()


def test_a_bad_large_file_fails_with_its_rows(owner: Member) -> None:
    body = large()
    body["products"][400]["price"] = -1
    done = said(owner.get(submitted(owner, body)["status_url"]))
    assert done["state"] == "FAILED"
    assert [(row["line"], row["column"]) for row in done["problems"]] == [(401, "price")]
    assert not Product.objects.exists()
    looked = said(owner.get(submitted(owner, {**body, "dry_run": True})["status_url"]))
    assert (looked["state"], len(looked["problems"])) == ("DONE", 1)


def test_one_large_import_at_a_time(owner: Member, rival_owner: Member) -> None:
    waiting(owner, large())
    refused = owner.post("menu/import/", large())
    assert (refused.status_code, said(refused)["code"]) == (409, "import_running")
    waiting(rival_owner, large())


@pytest.mark.race
def test_of_two_at_once_one_is_taken(owner: Member, manager: Member) -> None:
    body = large()
    with patch.object(menu_imports, "hand_over"):
        found = at_once(
            lambda: owner.post("menu/import/", body), lambda: manager.post("menu/import/", body)
        )
    assert sorted(response.status_code for response in found) == [202, 409]
    assert MenuImport.objects.count() == 1


def test_a_repeated_request_makes_one_import(owner: Member) -> None:
    first = owner.post("menu/import/", large(), idempotency_key="once")
    again = owner.post("menu/import/", large(), idempotency_key="once")
    assert again.content == first.content
    assert MenuImport.objects.count() == 1


class Killed(BaseException):
    """As a process is: nothing after it is run."""


@pytest.mark.parametrize("step", ["read_file", "write_file", "_finish"])
def test_a_killed_worker_leaves_nothing_and_another_takes_over(owner: Member, step: str) -> None:
    document = waiting(owner, large())
    with patch.object(menu_imports, step, side_effect=Killed), pytest.raises(Killed):
        run(document)
    assert not Product.objects.exists()
    assert said(owner.get(document["status_url"]))["state"] == "RUNNING"
    tasks.resume_menu_imports()
    assert not Product.objects.exists()
    leave_alone(document)
    tasks.resume_menu_imports()
    assert said(owner.get(document["status_url"]))["state"] == "DONE"
    assert Product.objects.count() == ROWS - 1


def test_what_no_broker_took_is_taken_up_later(owner: Member) -> None:
    with patch.object(app, "signature", side_effect=OSError):
        document = submitted(owner, large())
    leave_alone(document)
    tasks.resume_menu_imports()
    assert said(owner.get(document["status_url"]))["state"] == "DONE"


def test_what_kills_every_worker_is_given_up(owner: Member) -> None:
    document = waiting(owner, large())
    for _ in range(menu_imports.MOST_ATTEMPTS):
        with patch.object(menu_imports, "write_file", side_effect=Killed), pytest.raises(Killed):
            run(document)
        leave_alone(document)
    tasks.resume_menu_imports()
    done = said(owner.get(document["status_url"]))
    assert done["state"] == "FAILED"
    assert "interrupted" in done["problems"][0]["detail"]
    assert not Product.objects.exists()


@pytest.mark.race
def test_two_workers_on_one_import_bring_it_in_once(owner: Member) -> None:
    document = waiting(owner, large())
    at_once(lambda: run(document), lambda: run(document))
    assert Product.objects.count() == ROWS - 1
    assert [row["state"] for row in progress(owner)].count("DONE") == 1
    seq = last_seq(owner.restaurant.pk)
    run(document)
    assert last_seq(owner.restaurant.pk) == seq


def test_a_worker_that_was_overtaken_writes_nothing(owner: Member) -> None:
    """It read the file, slept, and meanwhile another one has finished."""
    document = waiting(owner, large())
    pk = UUID(document["id"])
    with durable():
        assert menu_imports.begin_import(import_id=pk, now=utc_now())
    with durable():
        file = menu_imports.read_import(import_id=pk, now=utc_now())
    leave_alone(document)
    run(document)
    seq = last_seq(owner.restaurant.pk)
    with durable():
        assert file
        menu_imports.apply_import(import_id=pk, file=file, now=utc_now())
    assert last_seq(owner.restaurant.pk) == seq
    assert MenuImport.objects.get(pk=pk).state == ImportState.DONE


def test_the_rival_cannot_look_at_it(owner: Member, rival_owner: Member, cashier: Member) -> None:
    path = waiting(owner, large())["status_url"]
    assert rival_owner.get(path).status_code == 404
    assert cashier.get(path).status_code == 403


def test_statements_do_not_grow_with_the_rows(owner: Member) -> None:
    counts = []
    for rows in (ROWS, 3 * ROWS):
        for price in (600, 700):
            document = waiting(owner, large(rows, price=price + rows))
            with CaptureQueriesContext(connection) as queries:
                run(document)
            assert said(owner.get(document["status_url"]))["state"] == "DONE"
            counts.append(len(queries))
    assert max(counts) <= 80, counts
    assert counts[3] <= counts[1] + 2, counts
