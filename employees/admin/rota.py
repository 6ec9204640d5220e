"""The rota of a week, as a table of people and days, and its publication."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date

from employees.models import Shift
from employees.selectors.rota import shifts
from employees.selectors.staff import staff
from employees.services.rota import conflicts, publish
from employees.services.timesheets import calendar_of
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.db import durable

if TYPE_CHECKING:
    from employees.admin.shifts import ShiftAdmin

DAYS = 7
A_DAY = timedelta(days=1)
# Far enough from where the calendar of Python ends.
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


def home_of(shift: Shift | None = None) -> str:
    """The address of the week that a shift is in; of this week without one."""
    address = reverse("admin:employees_rota")
    if shift is None:
        return address
    day = calendar_of(shift.restaurant_id).day_of(shift.starts_at)
    return f"{address}?week={day}&restaurant={shift.restaurant_id}"


def day_asked_for(request: HttpRequest, name: str) -> date | None:
    try:
        day = parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None


class RotaWeek:
    """`?week=` any day of it, `?restaurant=` for who governs several; by POST it is published."""

    def __init__(self, page: "ShiftAdmin", request: HttpRequest) -> None:
        """Raises Http404."""
        self.page, self.request = page, request
        self.restaurant_id = self._restaurant()
        self.calendar = calendar_of(self.restaurant_id)
        today = self.calendar.day_of(utc_now())
        self.monday = self.calendar.week_of(day_asked_for(request, "week") or today)
        self.days = [self.monday + place * A_DAY for place in range(DAYS)]
        self.since = self.calendar.start_of(self.monday)
        self.until = self.calendar.start_of(self.monday + DAYS * A_DAY)
        self.may_change = authority(request).may(Permission.MANAGE_TIME, self.restaurant_id)

    def _restaurant(self) -> UUID:
        known = authority(self.request)
        rows = known.restaurants()
        chosen = self.request.GET.get("restaurant")
        try:
            found = rows.filter(pk=UUID(chosen)).first() if chosen else rows.first()
        except ValueError as error:
            raise Http404 from error
        if found is None or not known.may(Permission.VIEW_STAFF, found.pk):
            raise Http404
        return found.pk

    def answer(self) -> HttpResponse:
        if self.request.method == "POST":
            return self._publish()
        rows = shifts(self.restaurant_id, since=self.since, until=self.until)
        planned = list(rows.select_related("member__user").order_by("starts_at", "pk"))
        shown = {
            **self.page.admin_site.each_context(self.request),
            "title": "Rota",
            "days": self.days,
            "people": self._people(planned),
            "drafts": sum(not shift.is_published_as_it_is for shift in planned),
            "conflicts": conflicts(self.restaurant_id, since=self.since, until=self.until),
            "before": self.monday - DAYS * A_DAY,
            "after": self.monday + DAYS * A_DAY,
            "today": self.calendar.day_of(utc_now()),
            "restaurant": self.restaurant_id,
            "may_change": self.may_change,
        }
        return TemplateResponse(self.request, "admin/employees/rota.html", shown)

    def _publish(self) -> HttpResponse:
        if not self.may_change:
            raise Http404
        by = authority(self.request).actor(self.restaurant_id)
        with durable():
            told = publish(by=by, now=utc_now(), since=self.since, until=self.until)
        count = orjson.loads(told)["published"]
        self.page.message_user(self.request, f"{count} published.", messages.SUCCESS)
        return HttpResponseRedirect(self.request.get_full_path())

    def _people(self, planned: list[Shift]) -> list[dict[str, Any]]:
        """By name, whoever works here or has a shift; what nobody has comes last."""
        here = staff(self.restaurant_id, is_active=True).values_list("pk", "user__name")
        names: dict[UUID | None, str] = dict(here)
        mine: dict[UUID | None, list[Shift]] = {}
        for shift in planned:
            names.setdefault(shift.member_id, str(shift.member.user) if shift.member else "")
            mine.setdefault(shift.member_id, []).append(shift)
        names[None] = "Nobody yet"
        ordered = sorted(names, key=lambda pk: (pk is None, names[pk], str(pk)))
        return [self._row(pk, names[pk], mine.get(pk, [])) for pk in ordered]

    def _row(self, member: UUID | None, name: str, planned: list[Shift]) -> dict[str, Any]:
        cells: dict[date, list[dict[str, Any]]] = {day: [] for day in self.days}
        for shift in planned:
            day = self.calendar.day_of(shift.starts_at)
            if day in cells:
                cells[day].append(_cell(shift, ZoneInfo(self.calendar.zone)))
        lengths = [one.ends_at - one.starts_at for one in planned if not one.is_cancelled]
        minutes = sum(lengths, timedelta()) // timedelta(minutes=1)
        return {
            "member": member or "",
            "name": name,
            "hours": "{}:{:02}".format(*divmod(minutes, 60)),
            "cells": [{"day": day, "shifts": found} for day, found in cells.items()],
        }


def _cell(shift: Shift, zone: ZoneInfo) -> dict[str, Any]:
    def wall(at: datetime) -> str:
        return at.astimezone(zone).strftime("%H:%M")

    return {
        "address": reverse("admin:employees_shift_change", args=[shift.pk]),
        "times": f"{wall(shift.starts_at)}–{wall(shift.ends_at)}",
        "job_title": shift.job_title,
        "note": shift.note,
        "is_cancelled": shift.is_cancelled,
        "is_draft": not shift.is_published_as_it_is,
    }
