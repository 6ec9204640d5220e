"""What people have worked and are owed in a range of business days. Figures for people to check:
`pay` is wages for hours, before tax and anything that is deducted."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from employees.errors import TooManyDays
from employees.selectors.payroll import locked_period, tips, tips_by_member
from employees.selectors.staff import staff
from employees.services.hours import Calendar, Hours, Rules, Work, by_day, total, under
from employees.services.timesheets import calendar_of, works_between
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import as_utc_text
from fynlo.money import divide_half_up

LONGEST = timedelta(days=366)
# Hours.pay_units in one minor unit: seconds of an hour times basis points of one.
UNITS = 36_000_000
FIGURES = (
    "regular_seconds",
    "overtime_seconds",
    "double_time_seconds",
    "paid_break_seconds",
    "unpaid_break_seconds",
    "pay",
    "tips",
)
COLUMNS = ("member", "name", "employee_code", "job_title", *FIGURES, "currency")
Row = dict[str, Any]


def payroll(restaurant_id: UUID, *, first: date, last: date, now: datetime) -> Row:
    """`{"from", "to", "currency", "results": [row of COLUMNS], "total"}`, by name.

    Money in minor units, rounded once a person. Seven statements, however many they are.
    Raises TooManyDays.
    """
    _check_range(first, last)
    hours = _hours_of(_works(restaurant_id, first, last, now), calendar_of(restaurant_id),
                      first, last)  # fmt: skip
    rows = _rows(restaurant_id, hours, tips_by_member(restaurant_id, first, last))
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "currency": restaurant_profile(restaurant_id).currency,
        "results": rows,
        "total": {name: sum(row[name] for row in rows) for name in FIGURES},
    }


def _check_range(first: date, last: date) -> None:
    if not timedelta() <= last - first < LONGEST:
        raise TooManyDays(field="to")


def _works(restaurant_id: UUID, first: date, last: date, now: datetime) -> dict[UUID, list[Work]]:
    """Of whole weeks: overtime depends on all of a week."""
    calendar = calendar_of(restaurant_id)
    since = calendar.start_of(calendar.week_of(first))
    until = calendar.start_of(calendar.week_of(last) + timedelta(days=7))
    return works_between(restaurant_id, since=since, until=until, now=now)


def _hours_of(
    works: dict[UUID, list[Work]], calendar: Calendar, first: date, last: date
) -> dict[UUID, Hours]:
    found = {}
    for member, rows in works.items():
        days = by_day(rows, calendar).items()
        hours = total(hours for day, hours in days if first <= day <= last)
        if hours != Hours():
            found[member] = hours
    return found


def _rows(restaurant_id: UUID, hours: dict[UUID, Hours], tips: dict[UUID, int]) -> list[Row]:
    people = staff(restaurant_id).filter(pk__in={*hours, *tips}).order_by("user__name", "pk")
    currency = restaurant_profile(restaurant_id).currency
    known = people.values_list("pk", "user__name", "employee_code", "job_title")
    return [
        {
            "member": str(pk),
            "name": name,
            "employee_code": code,
            "job_title": job_title,
            **figures(hours.get(pk, Hours())),
            "tips": tips.get(pk, 0),
            "currency": currency,
        }
        for pk, name, code, job_title in known
    ]


def figures(hours: Hours) -> dict[str, int]:
    """Whole seconds and minor units. Double time is in the overtime, too."""
    second = timedelta(seconds=1)
    return {
        "regular_seconds": hours.regular // second,
        "overtime_seconds": hours.overtime // second,
        "double_time_seconds": hours.double_time // second,
        "paid_break_seconds": hours.paid_breaks // second,
        "unpaid_break_seconds": hours.unpaid_breaks // second,
        "pay": divide_half_up(hours.pay_units, UNITS),
    }


def payroll_with_corrections(restaurant_id: UUID, *, first: date, last: date, now: datetime) -> Row:
    """As `payroll`. `locked_at` and `corrections` say when exactly these days were locked, and what
    has changed since: `[{"member", "name", …FIGURES}]`, present figures minus locked ones."""
    present = payroll(restaurant_id, first=first, last=last, now=now)
    period = locked_period(restaurant_id, first, last)
    locked_at = as_utc_text(period.locked_at) if period and period.locked_at else None
    corrections = _differences(present, period.figures) if period and period.figures else []
    return {**present, "locked_at": locked_at, "corrections": corrections}


def _differences(present: Row, locked: Row) -> list[Row]:
    before = {row["member"]: row for row in locked["results"]}
    after = {row["member"]: row for row in present["results"]}
    found = []
    for member in sorted(before.keys() | after.keys()):
        old, new = before.get(member, {}), after.get(member, {})
        change = {name: new.get(name, 0) - old.get(name, 0) for name in FIGURES}
        if any(change.values()):
            found.append({"member": member, "name": (new or old)["name"], **change})
    return found


def what_if(restaurant_id: UUID, *, first: date, last: date, rules: Rules, now: datetime) -> Row:
    """The same hours as other rules would judge them: `{"results": [{"member", "name", "present",
    "proposed"}]}`, each with the figures of time and pay. Raises TooManyDays."""
    _check_range(first, last)
    works, calendar = _works(restaurant_id, first, last, now), calendar_of(restaurant_id)
    present = _hours_of(works, calendar, first, last)
    judged = {member: under(rows, rules) for member, rows in works.items()}
    proposed = _hours_of(judged, calendar, first, last)
    names = dict(staff(restaurant_id).filter(pk__in=present).values_list("pk", "user__name"))
    rows = [
        {
            "member": str(member),
            "name": names[member],
            "present": figures(present[member]),
            "proposed": figures(proposed[member]),
        }
        for member in sorted(present, key=lambda member: (names[member], member))
    ]
    return {"results": rows}


def payroll_csv(restaurant_id: UUID, *, first: date, last: date, now: datetime) -> str:
    """The rows of `payroll`. Raises TooManyDays."""
    rows = payroll(restaurant_id, first=first, last=last, now=now)["results"]
    return _csv(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


def tips_csv(restaurant_id: UUID, *, first: date, last: date) -> str:
    """Every tip of these days, as it was credited. Raises TooManyDays."""
    _check_range(first, last)
    columns = ("business_date", "created_at", "member_id", "member__user__name", "amount",
               "currency", "source_key")  # fmt: skip
    titles = ("business_date", "credited_at", "member", "name", "amount", "currency", "source")
    rows = tips(restaurant_id, first, last).values_list(*columns)
    return _csv(titles, _shown_tips(rows))


def _shown_tips(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    for day, credited_at, *rest in rows:
        yield [day.isoformat(), as_utc_text(credited_at), *rest]


def _csv(titles: Iterable[str], rows: Iterable[list[Any]]) -> str:
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(titles)
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return file.getvalue()


def _guarded(cell: Any) -> Any:
    """A spreadsheet takes a text that begins like this for a formula, and runs it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in set("=+-@\t\r") and cell else cell
