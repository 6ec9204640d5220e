import csv
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import Error, IntegrityError, transaction

from employees.choices import RULE_PACKS
from employees.models import TipCredit
from employees.services.payroll import COLUMNS
from employees.services.tips import credit_tip
from employees.tests.calls import refusal, said, shift_worked
from fynlo.accounts.models import Membership
from fynlo.clock import utc_now
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def monday() -> datetime:
    """Nine o'clock of last week's."""
    now = utc_now()
    last = now - timedelta(days=now.isoweekday() + 6)
    return last.replace(hour=9, minute=0, second=0, microsecond=0)


def week_of(monday: datetime) -> str:
    return f"from={monday.date()}&to={(monday + timedelta(days=6)).date()}"


def work_a_week(member: Member, monday: datetime, hours: int) -> None:
    Membership.objects.filter(pk=member.membership.pk).update(hourly_wage=1201)
    for day in range(5):
        start = monday + timedelta(days=day)
        shift_worked(member, start, start + hours * HOUR)


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.content
    return list(csv.DictReader(StringIO(response.content.decode())))


def test_a_week_is_paid_with_its_overtime(
    manager: Member, server: Member, monday: datetime
) -> None:
    said(manager.patch("labour-policy/", {"pack": "us_federal", "version": 1}))
    work_a_week(server, monday, 9)
    (row,) = said(manager.get(f"payroll/?{week_of(monday)}"))["results"]
    assert (row["regular_seconds"], row["overtime_seconds"]) == (40 * 3600, 5 * 3600)
    assert row["pay"] == 40 * 1201 + 9008  # 9007.5, the half up


def test_part_of_a_week_has_the_overtime_of_its_days(
    manager: Member, server: Member, monday: datetime
) -> None:
    said(manager.patch("labour-policy/", {"pack": "us_federal", "version": 1}))
    work_a_week(server, monday, 9)
    first, friday = monday.date(), (monday + timedelta(days=4)).date()
    early = said(manager.get(f"payroll/?from={first}&to={friday - timedelta(days=1)}"))["total"]
    late = said(manager.get(f"payroll/?from={friday}&to={friday}"))["total"]
    assert (early["overtime_seconds"], late["overtime_seconds"]) == (0, 5 * 3600)


def test_the_export_is_the_same_figures(
    manager: Member, server: Member, cashier: Member, monday: datetime
) -> None:
    Membership.objects.filter(pk=cashier.membership.pk).update(job_title="=cmd()")
    for member in (server, cashier):
        work_a_week(member, monday, 7)
    known = said(manager.get(f"payroll/?{week_of(monday)}"))["results"]
    exported = rows_of(manager.get(f"payroll/export/?{week_of(monday)}"))
    shown = [{name: str(row[name]) for name in COLUMNS} for row in known]
    for row in shown:
        row["job_title"] = row["job_title"].replace("=", "'=")
    assert exported == shown


def test_tips_are_in_it_and_can_be_exported(
    manager: Member, server: Member, monday: datetime
) -> None:
    for amount, source in ((500, "payment:1"), (-100, "refund:1")):
        tip(server, monday, amount, source)
    (row,) = said(manager.get(f"payroll/?{week_of(monday)}"))["results"]
    assert (row["tips"], row["pay"]) == (400, 0)
    exported = rows_of(manager.get(f"payroll/tips/export/?{week_of(monday)}"))
    assert [(one["amount"], one["source"]) for one in exported] == [
        ("500", "payment:1"),
        ("-100", "refund:1"),
    ]


def tip(member: Member, at: datetime, amount: int, source: str) -> None:
    with transaction.atomic():
        credit_tip(
            restaurant_id=member.restaurant.pk,
            member_id=member.membership.pk,
            business_date=at.date(),
            amount=amount,
            currency="GBP",
            source_key=source,
            now=utc_now(),
        )


def test_a_tip_is_credited_once_and_stays(server: Member, monday: datetime) -> None:
    tip(server, monday, 500, "payment:1")
    with pytest.raises(IntegrityError):
        tip(server, monday, 500, "payment:1")
    for change in (lambda: TipCredit.objects.update(amount=1), TipCredit.objects.all().delete):
        with pytest.raises(Error), transaction.atomic():
            change()
    tip(server, monday, 0, "payment:2")
    assert TipCredit.objects.count() == 1


def test_other_rules_for_past_hours(manager: Member, server: Member, monday: datetime) -> None:
    work_a_week(server, monday, 9)
    days = {"from": str(monday.date()), "to": str((monday + timedelta(days=6)).date())}

    def what_if(**rules: Any) -> Any:
        (row,) = said(manager.post("overtime/what-if/", {**days, **rules}))["results"]
        return row

    same, other = what_if(rules=RULE_PACKS["uk"]), what_if(pack="california")
    assert same["present"] == same["proposed"]
    assert other["present"] == same["present"]
    assert other["proposed"]["overtime_seconds"] == 5 * 3600
    assert other["proposed"]["pay"] > other["present"]["pay"]


def test_double_time_is_paid_and_told(manager: Member, server: Member, monday: datetime) -> None:
    said(manager.patch("labour-policy/", {"pack": "california", "version": 1}))
    work_a_week(server, monday, 13)
    (row,) = said(manager.get(f"payroll/?{week_of(monday)}"))["results"]
    told = [row[f"{name}_seconds"] // 3600 for name in ("regular", "overtime", "double_time")]
    assert told == [40, 25, 5]
    assert row["pay"] == 1201 * (40 + 30 + 10)


@pytest.mark.parametrize("days", ["from=2026-02-02&to=2026-02-01", "from=2024-01-01&to=2026-01-01"])
def test_a_range_that_is_none(manager: Member, days: str) -> None:
    for path in ("payroll/", "payroll/export/", "payroll/tips/export/"):
        assert refusal(manager.get(f"{path}?{days}")) == (422, "too_many_days")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_that_no_calendar_reaches(manager: Member, day: str) -> None:
    for path in ("payroll/", "payroll/export/", "payroll/tips/export/"):
        assert refusal(manager.get(f"{path}?from={day}&to={day}")) == (400, "input_invalid")
    body = {"starts_on": day, "ends_on": day}
    assert refusal(manager.post("payroll/periods/", body)) == (400, "input_invalid")


def test_a_rival_is_paid_by_somebody_else(
    rival_owner: Member, server: Member, monday: datetime
) -> None:
    work_a_week(server, monday, 1)
    assert said(rival_owner.get(f"payroll/?{week_of(monday)}"))["results"] == []


def test_payroll_takes_as_many_statements_for_many_as_for_one(
    manager: Member, server: Member, cashier: Member, monday: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for member in (server, cashier, manager):
        work_a_week(member, monday, 3)
    with django_assert_max_num_queries(10):
        said(manager.get(f"payroll/?{week_of(monday)}"))
