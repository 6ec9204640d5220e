"""Terms of staff in the admin: wages, jobs, contracts."""

from typing import Any

import pytest

from employees.tests.calls import punch, said
from employees.tests.test_admin import office
from fynlo.accounts.models import Membership
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from fynlo.testing.forms import form_of

pytestmark = pytest.mark.django_db


def page_of(member: Member) -> str:
    return f"/admin/accounts/membership/{member.membership.pk}/change/"


def change(by: Member, member: Member, **values: str) -> Any:
    """The form as it is shown, with these values typed in."""
    client = office(by)
    return client.post(page_of(member), {**form_of(client, page_of(member)), **values})


def terms_of(member: Member) -> tuple[str, int, int]:
    row = Membership.objects.get(pk=member.membership.pk)
    return row.job_title, row.hourly_wage, row.contract_minutes


def test_a_manager_changes_terms_and_the_wage_counts_from_the_next_clock_in(
    manager: Member, server: Member
) -> None:
    before = said(punch(server, "clock-in"), 201)
    seq = last_seq(manager.restaurant.pk)
    answer = change(
        manager, server, job_title="Waiter", hourly_wage="12.50", contract_minutes="37.5"
    )
    assert answer.status_code == 302
    assert terms_of(server) == ("Waiter", 1250, 2250)
    assert last_seq(manager.restaurant.pk) == seq + 1
    assert said(punch(server, "clock-out"))["hourly_wage"] == before["hourly_wage"] == 0
    assert said(punch(server, "clock-in"), 201)["hourly_wage"] == 1250
    assert 'value="37.5"' in office(manager).get(page_of(server)).content.decode()


def test_nothing_typed_tells_nobody(manager: Member, server: Member) -> None:
    seq = last_seq(manager.restaurant.pk)
    assert change(manager, server).status_code == 302
    assert last_seq(manager.restaurant.pk) == seq


@pytest.mark.parametrize(
    ("field", "value"),
    [("hourly_wage", "-1"), ("hourly_wage", "many"), ("hourly_wage", ""),
     ("contract_minutes", "169"), ("contract_minutes", "NaN"), ("contract_minutes", "x")],
)  # fmt: skip
def test_terms_that_cannot_be(manager: Member, server: Member, field: str, value: str) -> None:
    assert change(manager, server, **{field: value}).status_code == 200
    assert terms_of(server) == ("", 0, 0)


def test_nobody_but_an_owner_sets_their_own_wage(manager: Member, owner: Member) -> None:
    assert change(manager, manager, hourly_wage="99").status_code == 302
    assert terms_of(manager) == ("", 0, 0)
    assert change(owner, owner, hourly_wage="99").status_code == 302
    assert terms_of(owner) == ("", 9900, 0)
