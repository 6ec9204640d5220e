from io import StringIO

import pytest
from cryptography.fernet import InvalidToken
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from fynlo.events.reading import after
from fynlo.testing.cast import Member
from payments.models import PaymentSettings
from pos.tests.conftest import said

SECRET = "sk_live_51H8kettle"


def stored(column: str) -> str:
    """As PostgreSQL holds it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM payments_paymentsettings")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_the_defaults_are_there_to_be_read(owner: Member) -> None:
    first = owner.get("payments/settings/")
    found = said(first)
    assert first["ETag"] == '"1"'
    assert found["methods"] == ["open_banking", "card", "apple_pay", "cash"]
    assert (found["fee_payer"], found["tip_presets_bps"]) == ("restaurant", [500, 1000, 2000])
    assert (found["takes_tips"], found["falls_back_to_card"]) == (True, True)
    assert owner.get("payments/settings/").content == first.content
    assert PaymentSettings.objects.count() == 1


@pytest.mark.django_db
def test_an_owner_changes_what_is_given_and_the_change_is_announced(owner: Member) -> None:
    changed = owner.patch(
        "payments/settings/",
        {"methods": ["cash", "card"], "tip_presets_bps": [1000], "version": 1},
    )
    document = said(changed)
    assert (document["methods"], document["version"]) == (["cash", "card"], 2)
    assert document["fee_payer"] == "restaurant"
    (event,) = after(restaurant_id=owner.restaurant.pk, seq=0, limit=9)
    assert event.payload == changed.content.decode()
    assert event.stream == "payments"


@pytest.mark.django_db
def test_a_stale_change_is_told_what_there_is_now(owner: Member) -> None:
    owner.patch("payments/settings/", {"refund_limit": 1, "version": 1})
    late = owner.patch("payments/settings/", {"refund_limit": 2, "version": 1})
    assert (late.status_code, said(late)["current"]["refund_limit"]) == (412, 1)
    unversioned = owner.patch("payments/settings/", {"refund_limit": 2})
    assert said(unversioned)["code"] == "version_required"


@pytest.mark.django_db
def test_who_confirms_the_bank_s_fee_is_kept_until_it_is_taken_back(owner: Member) -> None:
    given = said(owner.patch("payments/settings/", {"bank_fee_is_confirmed": True, "version": 1}))
    assert given["bank_fee_confirmed_by"] == str(owner.membership.pk)
    assert given["bank_fee_confirmed_at"]
    taken = said(owner.patch("payments/settings/", {"bank_fee_is_confirmed": False, "version": 2}))
    assert (taken["bank_fee_confirmed_at"], taken["bank_fee_confirmed_by"]) == (None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {"methods": []},
        {"methods": ["cash", "cash"]},
        {"methods": ["cheque"]},
        {"tip_presets_bps": [1, 2, 3, 4, 5, 6]},
        {"tip_presets_bps": [10_001]},
        {"refund_limit": -1},
        {"fee_payer": "nobody"},
    ],
)
def test_what_makes_no_sense_is_refused(owner: Member, body: dict[str, object]) -> None:
    refused = owner.patch("payments/settings/", {**body, "version": 1})
    assert (refused.status_code, said(refused)["code"]) == (400, "input_invalid")


@pytest.mark.django_db
def test_a_secret_goes_in_sealed_and_never_comes_out(owner: Member) -> None:
    changed = owner.patch("payments/settings/", {"stripe_secret_key": SECRET, "version": 1})
    assert SECRET not in changed.content.decode()
    assert SECRET not in owner.get("payments/settings/").content.decode()
    assert SECRET not in stored("stripe_secret_key")
    assert PaymentSettings.objects.get().stripe_secret_key == SECRET
    assert stored("stripe_webhook_secret") == ""


@pytest.mark.django_db(transaction=True)
def test_secrets_are_sealed_anew_before_a_key_is_taken_away(
    owner: Member, settings: Settings
) -> None:
    settings.FIELD_KEYS = ["winter"]
    owner.patch("payments/settings/", {"stripe_secret_key": SECRET, "version": 1})
    settings.FIELD_KEYS = ["spring", "winter"]
    call_command("reseal", stdout=StringIO())
    settings.FIELD_KEYS = ["spring"]
    assert PaymentSettings.objects.get().stripe_secret_key == SECRET
    settings.FIELD_KEYS = ["winter"]
    with pytest.raises(InvalidToken):
        PaymentSettings.objects.get()
