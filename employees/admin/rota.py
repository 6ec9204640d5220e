"""The rota of a week, as a table of people and days."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from employees.models import Shift
from employees.selectors.rota import shifts
from employees.services.hours import Calendar
from employees.services.rota import conflicts
from employees.services.timesheets import calendar_of
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now

DAYS = 7
A_DAY = timedelta(days=1)


def rota_week(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """`?week=` any day of it, `?restaurant=` for who governs several. Raises Http404."""
    restaurant_id = _restaurant(request)
    calendar = calendar_of(restaurant_id)
    monday = calendar.week_of(_day(request) or calendar.day_of(utc_now()))
    days = [monday + place * A_DAY for place in range(DAYS)]
    since, until = calendar.start_of(monday), calendar.start_of(monday + DAYS * A_DAY)
    rows = shifts(restaurant_id, since=since, until=until).select_related("member__user")
    shown = {
        **context,
        "title": "Rota",
        "days": days,
        "people": _people(rows.order_by("starts_at", "pk"), days, calendar),
        "conflicts": conflicts(restaurant_id, since=since, until=until),
        "before": monday - DAYS * A_DAY,
        "after": monday + DAYS * A_DAY,
        "restaurant": restaurant_id,
    }
    return TemplateResponse(request, "admin/employees/rota.html", shown)


def _restaurant(request: HttpRequest) -> UUID:
    known = authority(request)
    rows = known.restaurants()
    chosen = request.GET.get("restaurant")
    try:
        found = rows.filter(pk=UUID(chosen)).first() if chosen else rows.first()
    except ValueError as error:
        raise Http404 from error
    if found is None or not known.may(Permission.VIEW_STAFF, found.pk):
        raise Http404
    return found.pk


def _day(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return None


def _people(rows: Any, days: list[date], calendar: Calendar) -> list[dict[str, Any]]:
    """By name, whoever has a shift; what nobody has comes last."""
    found: dict[str, dict[date, list[dict[str, Any]]]] = {}
    for shift in rows:
        name = str(shift.member.user) if shift.member else ""
        cells = found.setdefault(name, {day: [] for day in days})
        day = calendar.day_of(shift.starts_at)
        if day in cells:
            cells[day].append(_cell(shift, ZoneInfo(calendar.zone)))
    ordered = sorted(found, key=lambda name: (not name, name))
    return [{"name": name or "Nobody yet", "days": list(found[name].values())} for name in ordered]


def _cell(shift: Shift, zone: ZoneInfo) -> dict[str, Any]:
    def wall(at: datetime) -> str:
        return at.astimezone(zone).strftime("%H:%M")

    return {
        "times": f"{wall(shift.starts_at)}–{wall(shift.ends_at)}",
        "job_title": shift.job_title,
        "is_cancelled": shift.is_cancelled,
        "is_draft": not shift.is_published_as_it_is,
    }
