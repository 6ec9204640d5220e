"""The price list in the admin: the platform enters what is to come, restaurants see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from fynlo.accounts.models import User
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from fynlo.testing.forms import form_of
from payments.models import FeeSchedule
from pos.tests.admin_scene import office

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/feeschedule/"
SOON, NOW = timedelta(days=10), timedelta(days=0)


def price(country: str, currency: str, *, ahead: timedelta) -> FeeSchedule:
    return FeeSchedule.objects.create(
        method="card",
        country=country,
        currency=currency,
        valid_from=utc_now().date() + ahead,
        provider_bps=140,
        platform_bps=100,
    )


@pytest.fixture
def platform(db: None) -> Client:
    User.objects.create_superuser("root@fynlo.example", "a-long-password", name="Root")
    client = Client()
    client.force_login(User.objects.get(email="root@fynlo.example"))
    return client


def typed(ahead: timedelta, **fields: Any) -> dict[str, Any]:
    day = (utc_now() + ahead).date().isoformat()
    given = {"method": "card", "valid_from": day, "country": "gb", "currency": "gbp"}
    rates = {"provider_bps": 150, "provider_fixed": 20, "platform_bps": 100, "minimum": 30}
    return {**given, **rates, "maximum": "", **fields}


def change(row: FeeSchedule) -> str:
    return f"{LIST}{row.pk}/change/"


def test_the_platform_enters_a_price_that_is_to_come(platform: Client) -> None:
    assert platform.post(f"{LIST}add/", typed(SOON)).status_code == 302
    row = FeeSchedule.objects.get(country="GB", currency="GBP")
    assert (row.provider_bps, row.provider_fixed) == (150, 20)
    sent = form_of(platform, change(row)) | {"provider_bps": "160"}
    assert platform.post(change(row), sent).status_code == 302
    row.refresh_from_db()
    assert row.provider_bps == 160
    assert platform.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not FeeSchedule.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_what_holds_already_is_not_entered_afterwards(platform: Client, days: int) -> None:
    shown = platform.post(f"{LIST}add/", typed(timedelta(days=days))).content.decode()
    assert "What holds already stays as it is." in shown
    assert not FeeSchedule.objects.filter(country="GB", currency="GBP").exists()


def test_nonsense_is_refused_in_words(platform: Client) -> None:
    for wrong in ({"provider_bps": 5001}, {"minimum": 0}, {"maximum": 29}, {"valid_from": "soon"}):
        assert platform.post(f"{LIST}add/", typed(SOON, **wrong)).status_code == 200, wrong
    assert not FeeSchedule.objects.filter(country="GB", currency="GBP").exists()


@pytest.mark.parametrize("days", [-9, 0, 1])
def test_what_holds_is_never_rewritten(platform: Client, days: int) -> None:
    """Not in the admin, and not by any other way into the database."""
    row = price("GB", "GBP", ahead=timedelta(days=days))
    assert platform.get(change(row)).status_code == 200
    assert platform.post(change(row), typed(SOON, provider_bps=1)).status_code == 403
    assert platform.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    mine = FeeSchedule.objects.filter(pk=row.pk)
    for write in (lambda: mine.update(provider_bps=1), mine.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()
    assert mine.get().provider_bps == 140


def test_a_price_to_come_cannot_be_moved_into_the_past(platform: Client) -> None:
    row = price("GB", "GBP", ahead=SOON)
    sent = form_of(platform, change(row)) | {"valid_from": utc_now().date().isoformat()}
    assert platform.post(change(row), sent).status_code == 200
    with pytest.raises(DatabaseError), transaction.atomic():
        FeeSchedule.objects.filter(pk=row.pk).update(valid_from=utc_now().date())


def test_a_restaurant_sees_what_is_for_it_and_changes_nothing(
    owner: Member, rival_owner: Member
) -> None:
    ours, theirs = price("GB", "GBP", ahead=SOON), price("IE", "EUR", ahead=SOON)
    client = office(owner)
    listed = client.get(LIST).content.decode()
    assert change(ours) in listed
    assert change(theirs) not in listed
    assert client.get(change(ours)).status_code == 200
    assert client.get(change(theirs)).status_code == 404
    assert client.post(change(ours), typed(SOON, provider_bps=1)).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert office(rival_owner).get(change(theirs)).status_code == 200
    owner.membership.withheld = ["view_reports"]
    owner.membership.save()
    assert office(owner).get(LIST).status_code == 403
