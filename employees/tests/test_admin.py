from datetime import datetime, timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from employees.models import Adjustment, TimeEntry
from employees.tests.calls import punch, said, shift_worked
from employees.tests.test_adjustments_api import asked, proposal
from employees.tests.test_rota_api import planned, published
from fynlo.accounts.models import User
from fynlo.clock import utc_now
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
ENTRIES = "/admin/employees/timeentry/"
ROTA = "/admin/employees/shift/rota/"
HOUR = timedelta(hours=1)


def office(member: Member) -> Client:
    user = member.membership.user
    user.is_staff = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def page_of(member: Member, path: str) -> str:
    answer = office(member).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def noon() -> datetime:
    return (utc_now() - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)


def test_the_staff_list_says_who_is_at_work(
    manager: Member, server: Member, cashier: Member
) -> None:
    punch(server, "clock-in")
    punch(cashier, "clock-in")
    punch(cashier, "breaks/start")
    page = page_of(manager, "/admin/accounts/membership/")
    for state in ("At work", "On a break", "Not clocked in"):
        assert state in page


def test_hours_are_reviewed_with_their_evidence(manager: Member, server: Member) -> None:
    entry = said(punch(server, "clock-in"), 201)
    assert "Server" in page_of(manager, f"{ENTRIES}?review=open")
    page = page_of(manager, f"{ENTRIES}{entry['id']}/change/")
    assert "Not on a device that is paired here." in page
    assert "Not on a device" in page_of(manager, "/admin/employees/clockattempt/?min_risk=1")


def approve(member: Member) -> str:
    ids = [str(pk) for pk in TimeEntry.objects.values_list("pk", flat=True)]
    sent = {"action": "approve_waiting", ACTION_CHECKBOX_NAME: ids}
    return office(member).post(ENTRIES, sent, follow=True).content.decode()


def test_what_waits_is_approved_in_bulk_but_not_ones_own(
    manager: Member, server: Member, cashier: Member, noon: datetime
) -> None:
    for member in (server, cashier, manager):
        entry = shift_worked(member, noon, noon + HOUR)
        asked(member, entry, proposal(noon, noon + 2 * HOUR))
    page = approve(manager)
    assert "2 approved." in page
    assert "Nobody approves their own hours" in page
    assert Adjustment.objects.filter(state="PENDING").count() == 1


def test_a_rival_approves_nothing_here(rival_owner: Member, server: Member, noon: datetime) -> None:
    entry = shift_worked(server, noon, noon + HOUR)
    asked(server, entry, proposal(noon, noon + 2 * HOUR))
    approve(rival_owner)
    assert Adjustment.objects.get().state == "PENDING"


def test_the_platform_without_a_place_there_approves_nothing(
    server: Member, noon: datetime
) -> None:
    """Who decided is written down: it must be somebody of the house."""
    entry = shift_worked(server, noon, noon + HOUR)
    asked(server, entry, proposal(noon, noon + 2 * HOUR))
    client = Client()
    client.force_login(User.objects.create_superuser("root@x.example", "a-long-one", name="Root"))
    sent = {"action": "approve_waiting", ACTION_CHECKBOX_NAME: [entry["id"]]}
    page = client.post(ENTRIES, sent, follow=True).content.decode()
    assert "Only somebody who works there approves hours." in page
    assert Adjustment.objects.get().state == "PENDING"


def test_the_rota_of_a_week(manager: Member, server: Member, rival_owner: Member) -> None:
    start = (utc_now() + timedelta(days=8)).replace(hour=12, minute=0, second=0, microsecond=0)
    planned(manager, server, start)
    path = f"{ROTA}?week={start.date()}"
    assert "(draft)" in page_of(manager, path)
    published(manager, start)
    planned(manager, server, start + HOUR)
    page = page_of(manager, path)
    assert "two shifts overlap by 180 minutes" in page
    assert page.count("(draft)") == 1
    assert "Server" not in page_of(rival_owner, path)
    foreign = office(rival_owner).get(f"{path}&restaurant={manager.restaurant.pk}")
    assert foreign.status_code == 404
