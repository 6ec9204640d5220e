"""Where events are sent to: endpoints, their secrets, their deliveries."""

from typing import Any

import orjson
import pytest
from django.db import connection

from fynlo.accounts.choices import Permission, Role
from fynlo.accounts.models import Restaurant
from fynlo.db import new_id
from fynlo.events.reading import after, last_seq
from fynlo.testing.cast import Member, hire, sign_in
from syncing.models import WebhookSecret

pytestmark = pytest.mark.django_db
URL = "https://hooks.kettle.example/fynlo"


def made(member: Member, **given: Any) -> dict[str, Any]:
    response = member.post("webhook-endpoints/", {"url": URL, **given})
    assert response.status_code == 201, response.content
    document: dict[str, Any] = orjson.loads(response.content)
    return document


def test_an_owner_makes_an_endpoint_and_is_shown_its_secret_once(owner: Member) -> None:
    endpoint = made(owner, description="Stock", streams=["orders"], kinds=["order.completed"])
    secret = endpoint.pop("secret")
    assert secret.startswith("whsec_")
    assert len(secret) > 40
    path = f"webhook-endpoints/{endpoint['id']}/"
    assert orjson.loads(owner.get(path).content) == endpoint
    assert endpoint["active"] is True
    everything = [owner.get("webhook-endpoints/").content, *log_of(owner.restaurant)]
    assert not any(secret.encode() in text for text in everything)


def log_of(restaurant: Restaurant) -> list[bytes]:
    rows = after(restaurant_id=restaurant.pk, seq=0, limit=100)
    return [row.envelope.encode() for row in rows]


def test_the_secret_is_sealed_in_the_database(owner: Member) -> None:
    secret = made(owner)["secret"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM syncing_webhooksecret")
        ((stored,),) = cursor.fetchall()
    assert secret not in stored
    assert WebhookSecret.objects.get().secret == secret


def test_a_repeated_request_makes_one_endpoint_and_shows_no_secret_again(owner: Member) -> None:
    body = {"url": URL, "id": str(new_id())}
    first = owner.post("webhook-endpoints/", body, idempotency_key="one")
    again = owner.post("webhook-endpoints/", body, idempotency_key="one")
    by_id = owner.post("webhook-endpoints/", body)
    assert [one.status_code for one in (first, again, by_id)] == [201, 201, 200]
    shown = [b"whsec_" in one.content for one in (first, again, by_id)]
    assert shown == [True, False, False]
    assert again["Idempotency-Replayed"] == "true"
    assert len(orjson.loads(owner.get("webhook-endpoints/").content)["results"]) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM api_storedresponse WHERE body LIKE '%whsec_%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/", "https://127.0.0.1/", "https://u:p@hooks.example/",
     "https://hooks.example:25/", "https://[::ffff:10.0.0.1]/", "https://redis:8443/"],
)  # fmt: skip
def test_an_address_inside_is_refused_in_words(owner: Member, url: str) -> None:
    endpoint = made(owner)
    before = last_seq(owner.restaurant.pk)
    for refused in (
        owner.post("webhook-endpoints/", {"url": url}),
        owner.patch(f"webhook-endpoints/{endpoint['id']}/", {"url": url, "version": 1}),
    ):
        problem = orjson.loads(refused.content)
        assert (problem["status"], problem["code"]) == (422, "address_refused")
        assert problem["errors"][0]["field"] == "url"
    assert last_seq(owner.restaurant.pk) == before


def test_a_change_asks_for_the_version_that_was_read(owner: Member) -> None:
    path = f"webhook-endpoints/{made(owner)['id']}/"
    assert owner.patch(path, {"active": False}).status_code == 400
    changed = owner.patch(path, {"active": False, "kinds": ["order.created"]}, if_match='"1"')
    document = orjson.loads(changed.content)
    assert (document["active"], document["version"]) == (False, 2)
    assert document["kinds"] == ["order.created"]
    stale = owner.patch(path, {"active": True}, if_match='"1"')
    assert stale.status_code == 412
    assert orjson.loads(stale.content)["current"] == document
    assert owner.get(path, if_none_match='"2"').status_code == 304


def test_a_deleted_endpoint_is_gone_with_its_deliveries_and_secrets(owner: Member) -> None:
    endpoint = made(owner)
    path = f"webhook-endpoints/{endpoint['id']}/"
    ping = orjson.loads(owner.post(f"{path}test/").content)
    assert owner.delete(path, if_match='"7"').status_code == 412
    assert owner.delete(path).status_code == 204
    for gone in (path, f"{path}deliveries/", f"webhook-deliveries/{ping['id']}/"):
        assert owner.get(gone).status_code == 404
    assert owner.post(f"webhook-deliveries/{ping['id']}/redeliver/").status_code == 404
    assert orjson.loads(owner.get("webhook-endpoints/").content)["results"] == []
    assert not WebhookSecret.objects.exists()
    assert b'"webhook_endpoint.deleted"' in log_of(owner.restaurant)[-1]


def test_a_restaurant_has_at_most_twenty(owner: Member, rival_owner: Member) -> None:
    for _ in range(20):
        made(owner)
    refused = owner.post("webhook-endpoints/", {"url": URL})
    assert orjson.loads(refused.content)["code"] == "too_many_endpoints"
    made(rival_owner)


def test_a_ping_waits_to_be_sent_and_is_seen_among_the_deliveries(owner: Member) -> None:
    path = f"webhook-endpoints/{made(owner)['id']}/"
    ping = orjson.loads(owner.post(f"{path}test/").content)
    assert (ping["kind"], ping["status"], ping["seq"]) == ("webhook.ping", "PENDING", None)
    listed = orjson.loads(owner.get(f"{path}deliveries/?status=PENDING").content)
    assert listed["results"] == [ping]
    assert orjson.loads(owner.get(f"{path}deliveries/?status=FAILED").content)["results"] == []
    assert owner.get(f"{path}deliveries/?status=LOST").status_code == 400
    assert orjson.loads(owner.get(f"webhook-deliveries/{ping['id']}/").content) == ping


def test_a_secret_that_is_rotated_is_shown_once(owner: Member) -> None:
    endpoint = made(owner)
    path = f"webhook-endpoints/{endpoint['id']}/rotate-secret/"
    rotated = orjson.loads(owner.post(path, {"version": 1}, idempotency_key="one").content)
    again = owner.post(path, {"version": 1}, idempotency_key="one")
    assert rotated["secret"] != endpoint["secret"]
    assert rotated["version"] == 2
    assert b"whsec_" not in again.content
    assert owner.post(path, {"version": 1}).status_code == 412


def test_nobody_has_sent_what_they_may_not_see(owner: Member, restaurant: Restaurant) -> None:
    cashier = hire(restaurant, Role.CASHIER)
    cashier.membership.granted = [Permission.MANAGE_WEBHOOKS]
    cashier.membership.save()
    granted = sign_in(cashier.membership)
    assert granted.post("webhook-endpoints/", {"url": URL}).status_code == 403
    assert granted.post("webhook-endpoints/", {"url": URL, "streams": ["staff"]}).status_code == 403
    made(granted, streams=["orders"])
    path = f"webhook-endpoints/{made(owner)['id']}/"
    change = {"url": "https://elsewhere.example/", "version": 1}
    assert granted.patch(path, change).status_code == 403
    assert owner.patch(path, change).status_code == 200


def test_a_rival_finds_nothing(owner: Member, rival_owner: Member) -> None:
    endpoint = made(owner)
    ping = orjson.loads(owner.post(f"webhook-endpoints/{endpoint['id']}/test/").content)
    taken = rival_owner.post("webhook-endpoints/", {"url": URL, "id": endpoint["id"]})
    assert taken.status_code == 409
    for path in (
        f"webhook-endpoints/{endpoint['id']}/test/",
        f"webhook-endpoints/{endpoint['id']}/rotate-secret/",
        f"webhook-deliveries/{ping['id']}/redeliver/",
    ):
        assert rival_owner.post(path).status_code == 404
