"""The rota in the admin: planned, changed, cancelled and published from the week."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from employees.models import Shift
from employees.tests.calls import said
from employees.tests.test_admin import ROTA, office
from employees.tests.test_rota_api import planned, published, seen_by
from fynlo.accounts.models import Membership, Restaurant
from fynlo.clock import as_utc_text, utc_now
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from fynlo.testing.forms import form_of

pytestmark = pytest.mark.django_db
SHIFTS = "/admin/employees/shift/"
HOUR = timedelta(hours=1)


@pytest.fixture
def noon() -> datetime:
    """Of a day next week."""
    return (utc_now() + timedelta(days=8)).replace(hour=12, minute=0, second=0, microsecond=0)


def send(client: Client, path: str, **typed: str) -> Any:
    """The form as it is shown, with this typed in: dates and times have a field each."""
    shown = form_of(client, path)
    for name in ("starts_at", "ends_at"):
        at = shown.pop(name)
        shown |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M}"}
    return client.post(path, {**shown, **typed})


def times(**typed: str) -> dict[str, str]:
    return {f"{name}_{part}": value for name, pair in typed.items()
            for part, value in enumerate(pair.split())}  # fmt: skip


def test_a_shift_is_planned_from_its_cell_and_published(
    manager: Member, server: Member, noon: datetime
) -> None:
    client, who = office(manager), server.membership.pk
    assert (
        f"?member={who}&amp;day={noon.date()}"
        in client.get(f"{ROTA}?week={noon.date()}").content.decode()
    )
    answer = send(client, f"{SHIFTS}add/?member={who}&day={noon.date()}", job_title="Bar")
    week = f"{ROTA}?week={noon.date()}&restaurant={manager.restaurant.pk}"
    assert (answer.status_code, answer["Location"]) == (302, week)
    shift = Shift.objects.get()
    zone = ZoneInfo(manager.restaurant.time_zone)
    assert (shift.member_id, shift.job_title) == (who, "Bar")
    assert shift.starts_at.astimezone(zone).hour == 12
    assert shift.ends_at - shift.starts_at == 8 * HOUR
    assert seen_by(server) == []
    assert "1 published." in client.post(week, follow=True).content.decode()
    assert seen_by(server) == [as_utc_text(shift.starts_at)]


def test_a_change_is_a_draft_until_it_is_published_again(
    manager: Member, server: Member, cashier: Member, noon: datetime
) -> None:
    shift = planned(manager, server, noon)
    published(manager, noon)
    seq = last_seq(manager.restaurant.pk)
    client, path = office(manager), f"{SHIFTS}{shift['id']}/change/"
    assert send(client, path, member=str(cashier.membership.pk)).status_code == 302
    assert last_seq(manager.restaurant.pk) == seq + 1
    assert len(seen_by(server)) == 1
    page = client.get(f"{ROTA}?week={noon.date()}").content.decode()
    assert "Publish 1 change" in page
    client.post(f"{ROTA}?week={noon.date()}")
    (row,) = said(server.get("shifts/published/"))["results"]
    assert row["member"] == str(cashier.membership.pk)


def test_a_shift_is_cancelled_with_a_question_first(
    manager: Member, server: Member, noon: datetime
) -> None:
    shift, draft = planned(manager, server, noon), planned(manager, None, noon)
    client = office(manager)
    client.post(f"{SHIFTS}{draft['id']}/delete/", {"post": "yes"})
    published(manager, noon)
    assert client.get(f"{SHIFTS}{shift['id']}/delete/").status_code == 200
    client.post(f"{SHIFTS}{shift['id']}/delete/", {"post": "yes"})
    assert Shift.objects.filter(is_cancelled=True).count() == 2
    assert len(seen_by(server)) == 1
    client.post(f"{ROTA}?week={noon.date()}")
    assert seen_by(server) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (times(ends_at="2000-01-01 10:00"), "A shift ends after it begins, and within 24 hours."),
        (times(ends_at="2090-01-01 10:00"), "A shift ends after it begins, and within 24 hours."),
        (times(starts_at="soon 12:00"), "Enter a valid date."),
        ({"member": "nobody"}, "is not a valid"),
    ],
)
def test_a_shift_that_cannot_be_is_explained(
    manager: Member, noon: datetime, typed: dict[str, str], words: str
) -> None:
    answer = send(office(manager), f"{SHIFTS}add/", **typed)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Shift.objects.exists()


def test_somebody_who_left_or_works_elsewhere_gets_no_shift(
    manager: Member, cashier: Member, rival_owner: Member
) -> None:
    Membership.objects.filter(pk=cashier.membership.pk).update(is_active=False)
    for member in (cashier, rival_owner):
        answer = send(office(manager), f"{SHIFTS}add/", member=str(member.membership.pk))
        assert answer.status_code == 200
    assert not Shift.objects.exists()


def test_a_rival_neither_edits_nor_publishes(
    manager: Member, server: Member, rival_owner: Member, noon: datetime
) -> None:
    shift = planned(manager, server, noon)
    rival = office(rival_owner)
    foreign = f"week={noon.date()}&restaurant={manager.restaurant.pk}"
    assert rival.post(f"{ROTA}?{foreign}").status_code == 404
    rival.post(f"{ROTA}?week={noon.date()}")
    assert rival.post(f"{SHIFTS}{shift['id']}/delete/", {"post": "yes"}).status_code == 404
    assert rival.get(f"{SHIFTS}add/?restaurant={manager.restaurant.pk}").status_code == 404
    assert seen_by(server) == []


def test_who_may_not_manage_time_looks_at_it_only(
    manager: Member, server: Member, noon: datetime
) -> None:
    planned(manager, server, noon)
    Membership.objects.filter(pk=manager.membership.pk).update(withheld=["manage_time"])
    client, path = office(manager), f"{ROTA}?week={noon.date()}"
    page = client.get(path).content.decode()
    assert "(draft)" in page
    assert "Publish" not in page
    assert client.post(path).status_code == 404
    assert client.get(f"{SHIFTS}add/").status_code == 403


def test_an_owner_of_two_zones_edits_in_the_time_of_each(
    owner: Member, server: Member, rival_restaurant: Restaurant
) -> None:
    Restaurant.objects.filter(pk=rival_restaurant.pk).update(time_zone="America/New_York")
    Membership.objects.create(
        restaurant=rival_restaurant, user=owner.membership.user, role="owner", employee_code="o2"
    )
    path = f"{SHIFTS}add/?restaurant={rival_restaurant.pk}&day=2026-07-01"
    assert send(office(owner), path).status_code == 302
    assert as_utc_text(Shift.objects.get().starts_at).startswith("2026-07-01T16:00:00")
    path = f"{SHIFTS}{Shift.objects.get().pk}/change/"
    assert send(office(owner), path, **times(starts_at="2026-07-01 13:00")).status_code == 302
    assert as_utc_text(Shift.objects.get().starts_at).startswith("2026-07-01T17:00:00")


@pytest.mark.parametrize("week", ["soon", "0001-01-01", "9999-12-31", "2026-02-31", ""])
def test_any_week_can_be_asked_for(manager: Member, week: str) -> None:
    assert office(manager).get(f"{ROTA}?week={week}").status_code == 200
    assert office(manager).get(f"{SHIFTS}add/?day={week}&member=x").status_code == 200
