"""How money is taken, as an owner changes it in the admin."""

from typing import Any

import pytest

from fynlo.events.reading import after
from fynlo.testing.cast import Member
from fynlo.testing.forms import form_of
from payments.models import PaymentSettings
from pos.tests.admin_scene import office

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(owner: Member) -> str:
    own: dict[str, Any] = {"restaurant": owner.restaurant, "stripe_secret_key": "sk_old"}
    row = PaymentSettings.objects.create(**own)
    return f"/admin/payments/paymentsettings/{row.pk}/change/"


def test_an_owner_changes_a_limit_and_a_secret_that_is_never_shown(
    owner: Member, path: str
) -> None:
    client = office(owner)
    sent = form_of(client, path) | {"refund_limit": "75.00", "new_webhook_secret": "whsec_new"}
    sent.pop("takes_tips", None)
    assert client.post(path, sent).status_code == 302
    row = PaymentSettings.objects.get()
    assert (row.refund_limit, row.stripe_webhook_secret) == (7500, "whsec_new")
    assert (row.stripe_secret_key, row.takes_tips, row.version) == ("sk_old", False, 2)
    shown = client.get(path).content
    assert b"sk_old" not in shown
    assert b"whsec_new" not in shown
    told = str(after(restaurant_id=owner.restaurant.pk, seq=0, limit=9))
    assert "payment_settings.updated" in told
    assert "whsec_new" not in told


def test_a_manager_only_looks(manager: Member, path: str) -> None:
    client = office(manager)
    assert client.get(path).status_code == 200
    assert client.post(path, {"refund_limit": "75.00"}).status_code == 403


def test_a_rival_finds_nothing(rival_owner: Member, path: str) -> None:
    assert office(rival_owner).get(path).status_code == 404
