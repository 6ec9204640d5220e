"""A provider that takes other fees than its price list says is noticed."""

from datetime import date
from typing import Any

import orjson
import pytest

from fynlo.events.reading import after
from fynlo.testing.cast import Member
from payments.models import FeeAlarm, FeeSchedule, PaymentSettings
from payments.sandbox.stripe.remote import RunningStripe
from payments.tasks import watch_fees
from payments.tests.conftest import order_of
from payments.tests.test_card_api import VISA, asked, confirmed
from pos.tests.admin_scene import office
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db(transaction=True)
REPORT = "payments/reports/fees/"


@pytest.fixture
def cheap_list(price_list: None, cards: RunningStripe) -> None:
    """Cards are expected to cost 1.4 %; Stripe takes 2.9 %."""
    FeeSchedule.objects.create(
        method="card",
        country="GB",
        valid_from=date(2021, 1, 1),
        provider_bps=140,
        provider_fixed=30,
        platform_bps=100,
    )


def buys(member: Member, menu: Menu, price: int) -> None:
    order = order_of(member, menu, price)
    assert confirmed(member, asked(member, order), VISA)["status"] == "CAPTURED"


def told(member: Member) -> list[dict[str, Any]]:
    rows = after(restaurant_id=member.restaurant.pk, seq=0, limit=99)
    events = [orjson.loads(row.envelope) for row in rows if row.stream == "payments"]
    return [event["data"] for event in events if event["kind"] == "fees.drifted"]


@pytest.mark.usefixtures("cheap_list")
def test_a_fee_that_is_off_alarms_once_and_the_alarm_grows_with_the_day(
    owner: Member, menu: Menu, caplog: pytest.LogCaptureFixture
) -> None:
    buys(owner, menu, 1000)
    watch_fees()
    watch_fees()
    (alarm,) = told(owner)
    assert (alarm["method"], alarm["payments"]) == ("card", 1)
    assert (alarm["expected"], alarm["actual"]) == (44, 59)
    assert "fees are not what was expected" in caplog.text
    buys(owner, menu, 2000)
    watch_fees()
    newest = told(owner)[-1]
    assert (newest["payments"], newest["expected"], newest["actual"]) == (2, 44 + 58, 59 + 88)
    assert FeeAlarm.objects.get().version == newest["version"] == 2
    assert said(owner.get(REPORT))["alarms"] == [newest]


@pytest.mark.usefixtures("cheap_list")
def test_what_the_restaurant_tolerates_alarms_nobody(owner: Member, menu: Menu) -> None:
    own: dict[str, Any] = {"restaurant": owner.restaurant, "fee_tolerance": 15}
    PaymentSettings.objects.create(**own)
    buys(owner, menu, 1000)
    watch_fees()
    assert told(owner) == []
    PaymentSettings.objects.update(fee_tolerance=14)
    watch_fees()
    assert len(told(owner)) == 1


@pytest.mark.usefixtures("cards")
def test_fees_as_expected_alarm_nobody(owner: Member, menu: Menu) -> None:
    buys(owner, menu, 1000)
    watch_fees()
    assert not FeeAlarm.objects.exists()


@pytest.mark.usefixtures("cheap_list")
def test_the_admin_shows_it_to_the_restaurant_and_to_no_rival(
    owner: Member, rival_owner: Member, menu: Menu
) -> None:
    buys(owner, menu, 1000)
    watch_fees()
    path = f"/admin/payments/feealarm/{FeeAlarm.objects.get().pk}/change/"
    shown = office(owner).get(path).content.decode()
    for text in ("£0.44", "£0.59", "£0.15"):
        assert text in shown, text
    assert office(rival_owner).get(path).status_code == 404
    assert said(rival_owner.get(REPORT))["alarms"] == []
