"""A restaurant with keys of its own at Stripe: its webhooks come to its own address."""

import json
from typing import Any

import pytest
from stripe import WebhookSignature

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from payments.models import PaymentSettings, WebhookEvent
from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.asking import deliver, last, look, states
from payments.tests.stripe_calls import webhook
from payments.tests.test_card_api import HOOK, asked
from pos.tests.admin_scene import office

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "whsec_the_restaurants_own"


@pytest.fixture
def own_keys(cashier: Member, cards: RunningStripe, settings: Any) -> str:
    """The address of a restaurant that has keys; the deployment has others."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "", ["whsec_the_deployments"]
    keep_keys(cashier, cards, secret=OWN)
    return address(cashier)


def keep_keys(member: Member, cards: RunningStripe, *, secret: str) -> None:
    PaymentSettings.objects.create(
        restaurant=member.restaurant,
        stripe_secret_key=cards.credentials.secret_key,
        stripe_webhook_secret=secret,
    )


def address(member: Member) -> str:
    return f"{HOOK}{member.restaurant.pk}/"


def tell(payment: dict[str, Any], path: str, *, secret: str) -> int:
    about = {"object": "payment_intent", "id": last(payment)["provider_id"]}
    body, header = webhook(about, secret=secret)
    return deliver(body, {"Stripe-Signature": header}, path=path)


def pays(cards: RunningStripe, payment: dict[str, Any]) -> None:
    path = f"/v1/payment_intents/{last(payment)['provider_id']}/confirm"
    answer = cards.ask("POST", path, data={"payment_method": "pm_card_visa"})
    assert answer.status_code == 200, answer.text


def test_its_own_secret_opens_its_own_address(
    cashier: Member, order: dict[str, Any], cards: RunningStripe, own_keys: str
) -> None:
    payment = asked(cashier, order)
    pays(cards, payment)
    assert tell(payment, own_keys, secret=OWN) == 200
    assert tell(payment, own_keys, secret=OWN) == 200
    assert look(cashier, payment)["status"] == "CAPTURED"
    event = WebhookEvent.objects.get()
    assert event.restaurant_id == event.addressee_id == cashier.restaurant.pk


def test_no_other_secret_and_no_other_address_will_do(
    cashier: Member, rival_owner: Member, order: dict[str, Any], cards: RunningStripe, own_keys: str
) -> None:
    payment = asked(cashier, order)
    pays(cards, payment)
    for path, secret in (
        (own_keys, "whsec_the_deployments"),
        (own_keys, ""),
        (HOOK, OWN),
        (address(rival_owner), OWN),
        (address(rival_owner), "whsec_the_deployments"),
        (f"{HOOK}{new_id()}/", OWN),
        (f"{HOOK}{new_id()}/", ""),
    ):
        assert tell(payment, path, secret=secret) == 401, (path, secret)
    assert not WebhookEvent.objects.exists()
    assert look(cashier, payment)["status"] == "PENDING"


def test_keys_without_a_signing_secret_let_nobody_in(
    cashier: Member, order: dict[str, Any], cards: RunningStripe, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    keep_keys(cashier, cards, secret="")
    payment = asked(cashier, order)
    for secret in ("", "whsec_", "None"):
        assert tell(payment, address(cashier), secret=secret) == 401
    assert not WebhookEvent.objects.exists()


def test_a_rivals_secret_moves_nothing_of_ours(
    cashier: Member, rival_owner: Member, order: dict[str, Any], cards: RunningStripe, own_keys: str
) -> None:
    """Nor can it take the name of a message that is still to come."""
    keep_keys(rival_owner, cards, secret="whsec_rival")
    payment = asked(cashier, order)
    pays(cards, payment)
    assert tell(payment, address(rival_owner), secret="whsec_rival") == 200
    assert look(cashier, payment)["status"] == "PENDING"
    assert states() == ["IGNORED"]
    assert tell(payment, own_keys, secret=OWN) == 200
    assert look(cashier, payment)["status"] == "CAPTURED"


def test_what_the_address_is_stands_on_the_settings_page(owner: Member, own_keys: str) -> None:
    row = PaymentSettings.objects.get()
    shown = office(owner).get(f"/admin/payments/paymentsettings/{row.pk}/change/")
    assert own_keys in shown.content.decode()


def told(**changed: Any) -> str:
    about = {"object": "payment_intent", "id": "pi_1"}
    event = {"id": "evt_1", "type": "x.y", "created": 1_790_000_000, "data": {"object": about}}
    return json.dumps({**event, **changed})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "nonsense",
        "[" * 100_000,
        told(id=None),
        told(id={"a": 1}),
        told(id="evt\0"),
        told(id="evt\ud800"),
        told(type=7),
        told(created="now"),
        told(created=10**30),
        told(data=[]),
        told(data={"object": "payment_intent"}),
        told(data={"object": {"object": "refund", "id": ["re_1"]}}),
    ],
)
def test_a_restaurant_that_signs_nonsense_is_refused_and_breaks_nothing(
    own_keys: str, body: str
) -> None:
    at = int(utc_now().timestamp())
    header = WebhookSignature.generate_signature_header(body, OWN, at)
    assert deliver(body, {"Stripe-Signature": header}, path=own_keys) == 401
    assert not WebhookEvent.objects.exists()


def test_ten_megabytes_are_too_many(own_keys: str) -> None:
    assert deliver("x" * 10_000_000, {"Stripe-Signature": "t=1,v1=a"}, path=own_keys) == 413
