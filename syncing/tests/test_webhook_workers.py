"""Workers that race one another, and workers that are killed (SIGKILL) in the middle."""

import os
import signal
from collections.abc import Iterator
from uuid import UUID

import orjson
import pytest
from django.db import connection, connections
from django.db.models import Sum
from pytest_django import Settings

from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.events.reading import after
from fynlo.testing.cast import Member
from fynlo.testing.dying import dies_at
from fynlo.testing.races import at_once, beside
from syncing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from syncing.providers.posting import Answer
from syncing.selectors.webhooks import endpoints_with_work
from syncing.services.webhook_sending import Job, claim, settle
from syncing.tasks import deliver_webhooks, hand_out_webhooks
from syncing.tests.integrators import Integrator, integrating

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
TAKEN = Answer(status=200, body="", error="", latency_ms=1)
REFUSED = Answer(status=500, body="", error="", latency_ms=1)


@pytest.fixture
def integrator(settings: Settings) -> Iterator[Integrator]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with integrating() as found:
        yield found


@pytest.fixture
def endpoint(owner: Member, integrator: Integrator) -> str:
    return connect(owner, integrator)


def connect(owner: Member, integrator: Integrator) -> str:
    body = {"url": integrator.url, "streams": ["menu"]}
    return str(orjson.loads(owner.post("webhook-endpoints/", body).content)["id"])


def say(owner: Member, *names: str) -> list[str]:
    answers = [owner.post("tax-rates/", {"name": name, "rate_bps": 500}) for name in names]
    return [orjson.loads(answer.content)["id"] for answer in answers]


def lease_is_over() -> None:
    WebhookEndpoint.objects.exclude(leased_until=None).update(leased_until=utc_now())


def test_while_one_worker_sends_another_finds_nothing_to_do(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    """Fails when `claim` does not look at the lease: the second sends the same event."""
    said = say(owner, "One", "Two")
    integrator.hangs = True
    with beside(lambda: deliver_webhooks(endpoint_id=endpoint)) as working:
        assert integrator.next().event["id"] == said[0]
        deliver_webhooks(endpoint_id=endpoint)
        assert endpoints_with_work(now=utc_now()) == []
        assert integrator.all() == []
        integrator.let_go.set()
        working.result(20)
    assert [one.event["id"] for one in integrator.all()] == said[1:]


def test_of_many_workers_at_one_instant_each_event_is_sent_once(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    """Fails when `lock_endpoint_unless_held` locks nothing: two plan the same event, and one of
    them breaks at the constraint `webhook_delivery_of_event`."""
    said = say(owner, *(f"Rate {number}" for number in range(6)))
    at_once(*[lambda: deliver_webhooks(endpoint_id=endpoint)] * 4)
    deliver_webhooks(endpoint_id=endpoint)
    assert [one.event["id"] for one in integrator.all()] == said


def test_nothing_is_locked_while_the_other_side_is_slow(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    """Neither a transaction that waits, nor an endpoint that cannot be changed."""
    say(owner, "One")
    integrator.hangs = True
    with beside(lambda: deliver_webhooks(endpoint_id=endpoint)) as working:
        integrator.next()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%'"
            )
            assert cursor.fetchone() == (0,)
        change = {"description": "Slow", "version": 1}
        assert owner.patch(f"webhook-endpoints/{endpoint}/", change).status_code == 200
        (sending,) = WebhookDelivery.objects.all()
        refused = owner.post(f"webhook-deliveries/{sending.pk}/redeliver/")
        assert orjson.loads(refused.content)["code"] == "delivery_under_way"
        integrator.let_go.set()
        working.result(20)
    found = orjson.loads(owner.get(f"webhook-endpoints/{endpoint}/").content)
    assert (found["description"], found["version"]) == ("Slow", 2)


def test_a_slow_endpoint_does_not_hold_up_another(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    integrator.hangs = True
    with integrating() as quick:
        connect(owner, quick)
        (said,) = say(owner, "One")
        with beside(lambda: deliver_webhooks(endpoint_id=endpoint)) as working:
            integrator.next()
            hand_out_webhooks()
            assert quick.next().event["id"] == said
            integrator.let_go.set()
            working.result(20)


def test_an_endpoint_that_is_deleted_while_it_is_sent_to_stays_deleted(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    say(owner, "One", "Two")
    integrator.hangs = True
    integrator.statuses = [410]
    with beside(lambda: deliver_webhooks(endpoint_id=endpoint)) as working:
        integrator.next()
        assert owner.delete(f"webhook-endpoints/{endpoint}/").status_code == 204
        integrator.let_go.set()
        working.result(20)
    hand_out_webhooks()
    assert integrator.all() == []
    assert owner.get(f"webhook-endpoints/{endpoint}/").status_code == 404
    (last,) = after(restaurant_id=owner.restaurant.pk, seq=0, limit=99, streams=["staff"])[-1:]
    assert '"kind":"webhook_endpoint.deleted"' in last.envelope


def test_a_worker_that_is_killed_while_it_sends_is_replaced(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    (said,) = say(owner, "One")
    integrator.hangs = True
    child = in_a_process_of_its_own(endpoint)
    assert integrator.next().event["id"] == said
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    integrator.hangs = False
    hand_out_webhooks()
    assert integrator.all() == []
    lease_is_over()
    hand_out_webhooks()
    assert integrator.next().event["id"] == said
    delivery = WebhookDelivery.objects.get()
    assert delivery.status == "DELIVERED"
    kept = list(delivery.attempts.order_by("number").values_list("number", "response_status"))
    assert kept == [(1, None), (2, 200)]


def in_a_process_of_its_own(endpoint: str) -> int:
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            deliver_webhooks(endpoint_id=endpoint)
        finally:
            os._exit(0)
    return child


def test_whenever_a_worker_is_killed_nothing_is_lost(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    """At every statement that writes. What was sent and not noted is sent again."""
    said, was_killed, step = say(owner, "One"), True, 0
    while was_killed:
        said += say(owner, f"Rate {step}")
        was_killed = dies_at(step, lambda: deliver_webhooks(endpoint_id=endpoint))
        lease_is_over()
        deliver_webhooks(endpoint_id=endpoint)
        step += 1
    assert step >= 6
    got = [one.event["id"] for one in integrator.all()]
    assert list(dict.fromkeys(got)) == said
    assert len(got) > len(said)
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"DELIVERED"}
    tried = WebhookDelivery.objects.aggregate(tries=Sum("tries"))["tries"]
    assert WebhookAttempt.objects.count() == tried >= len(got)


def test_who_comes_back_after_the_lease_may_say_that_it_was_taken_and_nothing_else(
    owner: Member, integrator: Integrator, endpoint: str
) -> None:
    say(owner, "One")
    late = claimed(endpoint)
    lease_is_over()
    present = claimed(endpoint)
    assert late.delivery_id == present.delivery_id
    settled(late, REFUSED)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.response_status) == ("PENDING", None)
    settled(late, TAKEN)
    settled(present, REFUSED)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.response_status) == ("DELIVERED", 200)
    kept = delivery.attempts.order_by("number").values_list("response_status", flat=True)
    assert list(kept) == [200, 500]


def claimed(endpoint: str) -> Job:
    with durable():
        job = claim(endpoint_id=UUID(endpoint), lease=new_id(), now=utc_now())
    assert job
    return job


def settled(job: Job, answer: Answer) -> None:
    with durable():
        settle(job=job, answer=answer, now=utc_now())
