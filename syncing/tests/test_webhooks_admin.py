"""Owners look after webhooks in the admin; managers look; nobody sees a secret."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from fynlo.testing.cast import Member
from pos.tests.admin_scene import office
from syncing.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from syncing.tests.integrators import Integrator, integrating

pytestmark = pytest.mark.django_db(transaction=True)
ENDPOINTS = "/admin/syncing/webhookendpoint/"
DELIVERIES = "/admin/syncing/webhookdelivery/"


@pytest.fixture
def integrator(settings: Settings) -> Iterator[Integrator]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with integrating() as found:
        yield found


@pytest.fixture
def endpoint(owner: Member, integrator: Integrator) -> WebhookEndpoint:
    """It rests, so that nothing is sent."""
    body = {"url": integrator.url, "streams": ["staff"], "active": False}
    made = orjson.loads(owner.post("webhook-endpoints/", body).content)
    return WebhookEndpoint.objects.get(pk=made["id"])


@pytest.fixture
def delivery(endpoint: WebhookEndpoint) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        restaurant_id=endpoint.restaurant_id,
        endpoint=endpoint,
        seq=1,
        kind="webhook_endpoint.created",
        status="FAILED",
        created_at=endpoint.created_at,
        try_at=endpoint.created_at,
        ended_at=endpoint.created_at,
        response_status=500,
        response="<b>broken</b>",
    )


def act(member: Member, page: str, action: str, row: Any) -> Any:
    given = {"action": action, "_selected_action": [str(row.pk)]}
    return office(member).post(page, given, follow=True)


def test_pages_show_what_was_sent_and_no_secret(
    owner: Member, endpoint: WebhookEndpoint, delivery: WebhookDelivery
) -> None:
    secret = WebhookSecret.objects.get().secret
    for page in (ENDPOINTS, DELIVERIES):
        for path in (page, f"{page}{(endpoint if page == ENDPOINTS else delivery).pk}/change/"):
            text = office(owner).get(path).content.decode()
            assert endpoint.url in text
            assert secret not in text
            assert "<b>broken</b>" not in text


def test_a_delivery_shows_all_of_its_attempts(owner: Member, delivery: WebhookDelivery) -> None:
    now = delivery.created_at
    delivery.attempts.create(number=1, tried_at=now, error="Nobody was there.", latency_ms=3)
    delivery.attempts.create(number=2, tried_at=now, response_status=418, latency_ms=4321)
    delivery.attempts.create(number=3, tried_at=now)
    text = office(owner).get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    for shown in ("Nobody was there.", "418", "4321 ms", "Not known yet"):
        assert shown in text


def test_an_endpoint_that_takes_nothing_says_since_when(
    owner: Member, endpoint: WebhookEndpoint
) -> None:
    WebhookEndpoint.objects.update(is_active=True, failing_since=endpoint.created_at)
    assert b"Fails since" in office(owner).get(ENDPOINTS).content


def test_an_owner_activates_and_pauses_and_the_log_says_so(
    owner: Member, endpoint: WebhookEndpoint
) -> None:
    for action, is_active in (("activate", True), ("pause", False)):
        assert act(owner, ENDPOINTS, action, endpoint).status_code == 200
        endpoint.refresh_from_db()
        assert endpoint.is_active is is_active
    assert endpoint.version == 3


def test_a_manager_looks_and_changes_nothing(
    manager: Member, endpoint: WebhookEndpoint, delivery: WebhookDelivery
) -> None:
    page = office(manager).get(ENDPOINTS)
    assert page.status_code == 200
    assert b"Pause: send nothing" not in page.content
    act(manager, ENDPOINTS, "activate", endpoint)
    act(manager, DELIVERIES, "send_again", delivery)
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert WebhookDelivery.objects.count() == 1


def test_an_owner_sends_again_what_failed(
    owner: Member, integrator: Integrator, delivery: WebhookDelivery
) -> None:
    assert b"Sent again: 1." in act(owner, DELIVERIES, "send_again", delivery).content
    again = WebhookDelivery.objects.exclude(pk=delivery.pk).get()
    assert (again.seq, again.is_by_hand, again.status) == (1, True, "DELIVERED")
    assert integrator.next().headers["Fynlo-Delivery"] == str(again.pk)
