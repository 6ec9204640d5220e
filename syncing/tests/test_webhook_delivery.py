"""Events reach integrators over real HTTP: signed, at least once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import orjson
import pytest
from django.core import mail
from pytest_django import Settings

from fynlo.clock import utc_now
from fynlo.events.reading import after
from fynlo.testing.cast import Member
from pos.tests.conftest import Menu
from syncing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from syncing.tasks import deliver_webhooks, forget_deliveries, hand_out_webhooks
from syncing.tests.integrators import Integrator, integrating

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def integrator(settings: Settings) -> Iterator[Integrator]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with integrating() as found:
        yield found


def connect(owner: Member, integrator: Integrator, **given: Any) -> dict[str, Any]:
    given.setdefault("streams", ["menu"])
    response = owner.post("webhook-endpoints/", {"url": integrator.url, **given})
    document: dict[str, Any] = orjson.loads(response.content)
    return document


def say(owner: Member, *names: str) -> list[str]:
    """One event each: their ids."""
    answers = [owner.post("tax-rates/", {"name": name, "rate_bps": 500}) for name in names]
    return [orjson.loads(answer.content)["id"] for answer in answers]


def deliveries(owner: Member, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """The newest first."""
    answer = owner.get(f"webhook-endpoints/{endpoint['id']}/deliveries/")
    found: list[dict[str, Any]] = orjson.loads(answer.content)["results"]
    return found


def fetch(owner: Member, endpoint: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(owner.get(f"webhook-endpoints/{endpoint['id']}/").content)
    return found


def attempts(owner: Member, delivery: dict[str, Any]) -> list[dict[str, Any]]:
    """The newest first."""
    answer = owner.get(f"webhook-deliveries/{delivery['id']}/attempts/")
    found: list[dict[str, Any]] = orjson.loads(answer.content)["results"]
    return found


def due_now() -> None:
    """The pause is over."""
    WebhookDelivery.objects.filter(status="PENDING").update(try_at=utc_now())
    WebhookEndpoint.objects.update(quiet_until=None)


def test_what_happens_from_now_on_is_sent_in_order_as_sockets_get_it(
    owner: Member, integrator: Integrator
) -> None:
    say(owner, "Before")
    endpoint = connect(owner, integrator)
    said = say(owner, "One", "Two", "Three")
    hand_out_webhooks()
    got = integrator.all()
    assert [one.event["id"] for one in got] == said
    log = after(restaurant_id=owner.restaurant.pk, seq=0, limit=100, streams=["menu"])
    assert [one.body.decode() for one in got] == [event.envelope for event in log[-3:]]
    assert [one.headers["Fynlo-Event-Id"] for one in got] == [
        f"{owner.restaurant.pk}:{event.seq}" for event in log[-3:]
    ]
    noted = deliveries(owner, endpoint)
    assert [row["status"] for row in noted] == ["DELIVERED"] * 3
    assert [row["id"] for row in reversed(noted)] == [g.headers["Fynlo-Delivery"] for g in got]
    hand_out_webhooks()
    assert integrator.all() == []


def test_the_signature_proves_body_and_time(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    say(owner, "One")
    hand_out_webhooks()
    got = integrator.next()
    assert got.is_signed_by(endpoint["secret"])
    assert not got.is_signed_by("whsec_another")
    seconds = int(got.headers["Fynlo-Signature"].split(",")[0].removeprefix("t="))
    assert abs(seconds - utc_now().timestamp()) < 60


def test_after_a_rotation_both_secrets_sign_for_a_day(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    rotate = f"webhook-endpoints/{endpoint['id']}/rotate-secret/"
    secret = orjson.loads(owner.post(rotate).content)["secret"]
    say(owner, "One")
    hand_out_webhooks()
    got = integrator.next()
    assert got.is_signed_by(endpoint["secret"])
    assert got.is_signed_by(secret)
    row = WebhookEndpoint.objects.get()
    row.secrets.exclude(ends_at=None).update(ends_at=utc_now())
    say(owner, "Two")
    hand_out_webhooks()
    got = integrator.next()
    assert not got.is_signed_by(endpoint["secret"])
    assert got.is_signed_by(secret)


def test_only_the_kinds_and_streams_that_were_asked_for_are_sent(
    owner: Member, integrator: Integrator, menu: Menu
) -> None:
    connect(owner, integrator, streams=["menu", "orders"], kinds=["order.cancelled"])
    say(owner, "One")
    order = orjson.loads(owner.post("orders/", menu.order()).content)
    hand_out_webhooks()
    assert integrator.all() == []
    owner.post(f"orders/{order['id']}/cancel/", {"reason": "mistake"})
    hand_out_webhooks()
    assert [one.event["kind"] for one in integrator.all()] == ["order.cancelled"]


def test_what_fails_is_tried_again_by_itself(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses, integrator.says = [500, 503, 429, 302, 404], b"not now"
    said = say(owner, "One")
    for status in [*integrator.statuses]:
        hand_out_webhooks()
        assert [one.event["id"] for one in integrator.all()] == said
        (waiting,) = deliveries(owner, endpoint)
        assert (waiting["status"], waiting["response_status"]) == ("PENDING", status)
        assert waiting["response"] == "not now"
        hand_out_webhooks()
        assert integrator.all() == []
        due_now()
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said
    assert [row["tries"] for row in deliveries(owner, endpoint)] == [6]


def test_later_events_go_on_while_a_refused_one_waits(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500, 200, 404, 200]
    said = say(owner, "One", "Two", "Three", "Four")
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said
    states = [row["status"] for row in reversed(deliveries(owner, endpoint))]
    assert states == ["PENDING", "DELIVERED", "PENDING", "DELIVERED"]
    said += say(owner, "Five")
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said[4:]
    due_now()
    hand_out_webhooks()
    late = [one.event for one in integrator.all()]
    assert [event["id"] for event in late] == [said[0], said[2]]
    assert late[0]["seq"] < late[1]["seq"]
    assert {row["status"] for row in deliveries(owner, endpoint)} == {"DELIVERED"}


def test_what_has_waited_longest_comes_first(owner: Member, integrator: Integrator) -> None:
    """Neither do second tries hold up new events, nor new events second tries."""
    connect(owner, integrator)
    integrator.statuses = [500]
    said = say(owner, "One")
    hand_out_webhooks()
    said += say(owner, "Two")
    due_now()
    said += say(owner, "Three")
    integrator.all()
    hand_out_webhooks()
    got = [one.event["id"] for one in integrator.all()]
    assert got == [said[1], said[0], said[2]]


def test_every_attempt_is_kept_with_what_came_of_it(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses, integrator.says = [500, 404], b"not now"
    say(owner, "One")
    for _ in range(3):
        hand_out_webhooks()
        due_now()
    (delivery,) = deliveries(owner, endpoint)
    kept = attempts(owner, delivery)
    assert [(row["number"], row["response_status"]) for row in kept] == [
        (3, 200),
        (2, 404),
        (1, 500),
    ]
    assert kept[-1] == {
        "id": ANY,
        "delivery": delivery["id"],
        "number": 1,
        "tried_at": ANY,
        "response_status": 500,
        "response": "not now",
        "error": "",
        "latency_ms": ANY,
    }
    assert kept[-1]["tried_at"] < kept[0]["tried_at"]


def test_an_attempt_that_nobody_answered_says_why(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    integrator.drops = True
    say(owner, "One")
    hand_out_webhooks()
    (delivery,) = deliveries(owner, endpoint)
    (row,) = attempts(owner, delivery)
    assert (row["response_status"], row["error"] != "") == (None, True)
    assert row["error"] == delivery["error"]


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_to_be_left_alone_is_left_alone(
    owner: Member, integrator: Integrator, status: int
) -> None:
    """`Retry-After` holds for new events, too: they stay in the log."""
    connect(owner, integrator)
    integrator.statuses, integrator.headers = [status], {"Retry-After": "3600"}
    said = say(owner, "One", "Two")
    hand_out_webhooks()
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said[:1]
    (waiting,) = WebhookDelivery.objects.all()
    hour = timedelta(hours=1)
    assert utc_now() + hour * 0.9 < waiting.try_at <= utc_now() + hour
    WebhookEndpoint.objects.update(quiet_until=utc_now())
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said[1:]


def test_retry_after_of_any_other_answer_means_nothing(
    owner: Member, integrator: Integrator
) -> None:
    connect(owner, integrator)
    integrator.statuses, integrator.headers = [500], {"Retry-After": "3600"}
    said = say(owner, "One", "Two")
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said


def test_where_nobody_answers_it_rests_for_as_long_as_that_has_been_so(
    owner: Member, integrator: Integrator
) -> None:
    """Up to five minutes; the first event that is taken ends that."""
    connect(owner, integrator)
    integrator.drops = True
    said = say(owner, "One", "Two")
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said[:1]
    WebhookEndpoint.objects.update(failing_since=utc_now() - timedelta(hours=1))
    hand_out_webhooks()
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said[1:]
    row = WebhookEndpoint.objects.get()
    minutes = timedelta(minutes=5)
    assert row.quiet_until
    assert utc_now() + minutes * 0.8 < row.quiet_until <= utc_now() + minutes
    integrator.drops = False
    due_now()
    hand_out_webhooks()
    assert sorted(one.event["id"] for one in integrator.all()) == sorted(said)
    row.refresh_from_db()
    assert row.failing_since is None


def test_what_waits_is_tried_now_also_while_the_endpoint_is_left_alone(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses, integrator.headers = [503], {"Retry-After": "3600"}
    (said,) = say(owner, "One")
    hand_out_webhooks()
    integrator.next()
    (waiting,) = deliveries(owner, endpoint)
    owner.post(f"webhook-deliveries/{waiting['id']}/redeliver/")
    assert integrator.next().event["id"] == said


def test_each_try_of_an_event_names_the_same_delivery_and_is_signed_anew(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500]
    say(owner, "One")
    hand_out_webhooks()
    due_now()
    hand_out_webhooks()
    first, second = integrator.all()
    assert first.headers["Fynlo-Delivery"] == second.headers["Fynlo-Delivery"]
    assert first.headers["Fynlo-Event-Id"] == second.headers["Fynlo-Event-Id"]
    assert second.is_signed_by(endpoint["secret"])


def test_an_event_has_failed_after_three_days_and_the_endpoint_goes_on(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500, 200, 500]
    say(owner, "One", "Two")
    hand_out_webhooks()
    three_days_ago = utc_now() - timedelta(days=3)
    WebhookDelivery.objects.update(first_tried_at=three_days_ago, try_at=utc_now())
    hand_out_webhooks()
    assert [row["status"] for row in deliveries(owner, endpoint)] == ["DELIVERED", "FAILED"]
    assert fetch(owner, endpoint)["active"] is True
    assert mail.outbox == []


def test_after_three_days_of_failing_it_is_stopped_and_the_owners_are_told(
    owner: Member, manager: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500, 500]
    (lost,) = say(owner, "One")
    hand_out_webhooks()
    three_days_ago = utc_now() - timedelta(days=3)
    WebhookDelivery.objects.update(first_tried_at=three_days_ago, try_at=utc_now())
    WebhookEndpoint.objects.update(failing_since=three_days_ago)
    hand_out_webhooks()
    (following,) = say(owner, "Two")
    (failed,) = deliveries(owner, endpoint)
    assert (failed["status"], failed["response_status"]) == ("FAILED", 500)
    stopped = fetch(owner, endpoint)
    assert (stopped["active"], stopped["stopped_because"]) == (False, "FAILING")
    (event,) = after(restaurant_id=owner.restaurant.pk, seq=0, limit=99, streams=["staff"])[-1:]
    assert '"kind":"webhook_endpoint.stopped"' in event.envelope
    (letter,) = mail.outbox
    assert letter.to == [owner.membership.user.email]
    assert integrator.url in letter.body
    integrator.all()
    hand_out_webhooks()
    assert integrator.all() == []
    path = f"webhook-endpoints/{endpoint['id']}/"
    owner.patch(path, {"active": True, "version": stopped["version"]})
    assert fetch(owner, endpoint)["stopped_because"] == ""
    assert integrator.next().event["id"] == following
    owner.post(f"webhook-deliveries/{failed['id']}/redeliver/")
    assert integrator.next().event["id"] == lost


def test_410_stops_it_at_once(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [410]
    say(owner, "One", "Two")
    hand_out_webhooks()
    hand_out_webhooks()
    assert len(integrator.all()) == 1
    assert [row["status"] for row in deliveries(owner, endpoint)] == ["FAILED"]
    stopped = fetch(owner, endpoint)
    assert (stopped["active"], stopped["stopped_because"]) == (False, "GONE")
    assert "410" in mail.outbox[0].body


def test_an_endpoint_at_rest_goes_on_where_it_stopped(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    path = f"webhook-endpoints/{endpoint['id']}/"
    owner.patch(path, {"active": False, "version": 1})
    said = say(owner, "One", "Two")
    hand_out_webhooks()
    assert integrator.all() == []
    owner.patch(path, {"active": True, "version": 2})
    assert [one.event["id"] for one in integrator.all()] == said


def test_another_address_gets_what_waits_at_once(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500]
    (said,) = say(owner, "One")
    hand_out_webhooks()
    with integrating() as other:
        change = {"url": other.url, "version": 1}
        owner.patch(f"webhook-endpoints/{endpoint['id']}/", change)
        assert other.next().event["id"] == said


def test_what_waits_is_tried_at_once_when_a_stopped_endpoint_is_active_again(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500, 410]
    said = say(owner, "One", "Two", "Three")
    hand_out_webhooks()
    stopped = fetch(owner, endpoint)
    assert stopped["stopped_because"] == "GONE"
    integrator.all()
    path = f"webhook-endpoints/{endpoint['id']}/"
    owner.patch(path, {"active": True, "version": stopped["version"]})
    assert [one.event["id"] for one in integrator.all()] == [said[2], said[0]]


def test_what_waits_for_a_stopped_endpoint_may_be_sent_by_hand(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500]
    (said,) = say(owner, "One")
    hand_out_webhooks()
    integrator.next()
    owner.patch(f"webhook-endpoints/{endpoint['id']}/", {"active": False, "version": 1})
    (waiting,) = deliveries(owner, endpoint)
    owner.post(f"webhook-deliveries/{waiting['id']}/redeliver/")
    assert integrator.next().event["id"] == said


def test_a_ping_is_tried_once_also_while_the_endpoint_rests(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator, active=False)
    path = f"webhook-endpoints/{endpoint['id']}/test/"
    owner.post(path)
    ping = integrator.next()
    assert ping.event == {"type": "ping", "endpoint": endpoint["id"]}
    assert ping.is_signed_by(endpoint["secret"])
    integrator.statuses = [500]
    owner.post(path)
    assert [row["status"] for row in deliveries(owner, endpoint)] == ["FAILED", "DELIVERED"]
    assert fetch(owner, endpoint)["version"] == 1


def test_a_delivery_is_sent_again_by_hand(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    say(owner, "One", "Two")
    hand_out_webhooks()
    first, _ = integrator.all()
    answer = owner.post(f"webhook-deliveries/{first.headers['Fynlo-Delivery']}/redeliver/")
    again = integrator.next()
    assert again.body == first.body
    assert again.headers["Fynlo-Event-Id"] == first.headers["Fynlo-Event-Id"]
    assert again.headers["Fynlo-Delivery"] == orjson.loads(answer.content)["id"]
    assert orjson.loads(answer.content)["by_hand"] is True
    assert len(deliveries(owner, endpoint)) == 3


def test_what_waits_is_tried_now_when_somebody_asks(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500]
    say(owner, "One")
    hand_out_webhooks()
    (waiting,) = deliveries(owner, endpoint)
    integrator.next()
    answer = owner.post(f"webhook-deliveries/{waiting['id']}/redeliver/")
    assert orjson.loads(answer.content)["id"] == waiting["id"]
    assert integrator.next().headers["Fynlo-Delivery"] == waiting["id"]
    assert [row["status"] for row in deliveries(owner, endpoint)] == ["DELIVERED"]


def test_an_event_that_the_log_has_no_more_is_said_to_be_lost(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500]
    say(owner, "One")
    hand_out_webhooks()
    integrator.next()
    WebhookDelivery.objects.update(seq=10**9, try_at=utc_now())
    said = say(owner, "Two")
    hand_out_webhooks()
    (lost,) = deliveries(owner, endpoint)
    assert (lost["status"], "no longer" in lost["error"]) == ("FAILED", True)
    refused = owner.post(f"webhook-deliveries/{lost['id']}/redeliver/")
    assert orjson.loads(refused.content)["code"] == "event_not_kept"
    hand_out_webhooks()
    assert [one.event["id"] for one in integrator.all()] == said


def test_a_name_that_now_leads_inside_fails_like_any_other_trouble(
    owner: Member, integrator: Integrator, settings: Settings
) -> None:
    endpoint = connect(owner, integrator)
    settings.WEBHOOKS_TO_LOOPBACK = False
    say(owner, "One")
    hand_out_webhooks()
    assert integrator.all() == []
    (waiting,) = deliveries(owner, endpoint)
    assert (waiting["status"], waiting["response_status"]) == ("PENDING", None)
    assert "public addresses" in waiting["error"]


def test_a_rival_gets_nothing_of_ours(
    owner: Member, rival_owner: Member, integrator: Integrator
) -> None:
    connect(rival_owner, integrator, streams=[])
    say(owner, "One")
    hand_out_webhooks()
    assert [one.event["kind"] for one in integrator.all()] == ["webhook_endpoint.created"]


def test_old_deliveries_are_forgotten_at_night_and_what_waits_is_kept(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [200, 200, 500]
    say(owner, "One", "Two", "Three")
    hand_out_webhooks()
    old = WebhookDelivery.objects.order_by("seq")[0]
    old.created_at = old.ended_at = utc_now() - timedelta(days=31)
    old.save()
    WebhookDelivery.objects.filter(status="PENDING").update(
        created_at=utc_now() - timedelta(days=40)
    )
    forget_deliveries()
    kept = [row["status"] for row in deliveries(owner, endpoint)]
    assert sorted(kept) == ["DELIVERED", "PENDING"]
    assert WebhookAttempt.objects.count() == 2


def test_a_task_for_an_endpoint_that_was_deleted_does_nothing(
    owner: Member, integrator: Integrator
) -> None:
    endpoint = connect(owner, integrator)
    integrator.statuses = [500]
    say(owner, "One")
    hand_out_webhooks()
    integrator.next()
    due_now()
    say(owner, "Two")
    owner.delete(f"webhook-endpoints/{endpoint['id']}/")
    deliver_webhooks(endpoint_id=endpoint["id"])
    hand_out_webhooks()
    assert integrator.all() == []
    assert WebhookDelivery.objects.get().status == "FAILED"


def test_a_delivery_says_what_came_of_it(owner: Member, integrator: Integrator) -> None:
    endpoint = connect(owner, integrator)
    say(owner, "One")
    hand_out_webhooks()
    (row,) = deliveries(owner, endpoint)
    assert row == {
        "id": ANY,
        "endpoint": endpoint["id"],
        "seq": ANY,
        "kind": "tax_rate.created",
        "status": "DELIVERED",
        "by_hand": False,
        "tries": 1,
        "created_at": ANY,
        "try_at": ANY,
        "ended_at": ANY,
        "response_status": 200,
        "response": "ok",
        "error": "",
        "latency_ms": ANY,
        "version": ANY,
    }
