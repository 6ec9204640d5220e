"""`/clock/`: the time clock on a paired screen. Code and PIN, then one button.

The page that shows somebody's buttons holds a signed proof of their PIN, good for a minute on
this device; each button sends it back.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from employees.choices import Punch, WorkState
from employees.documents import BREAK_TYPE
from employees.selectors.entries import break_types
from employees.selectors.staff import staff
from employees.services import clock as clock_service
from employees.services.board import my_status
from employees.services.evidence import Told
from fynlo.accounts.actor import Actor, DeviceActor
from fynlo.accounts.selectors import member_rows, restaurant_profile
from fynlo.accounts.services.sign_in import actor_by_pin, actor_without_session
from fynlo.api.rates import address_of, limited
from fynlo.api.screens.visitors import device_at, secured
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.errors import DomainError

PROOF_S = 60
SALT = "employees.clock"
Page = Callable[[HttpRequest, DeviceActor], HttpResponse]
DONE = {
    Punch.CLOCK_IN: "Clocked in",
    Punch.CLOCK_OUT: "Clocked out",
    Punch.BREAK_START: "On a break",
    Punch.BREAK_END: "Back at work",
}


def on_paired_screen(page: Page) -> Callable[[HttpRequest], HttpResponseBase]:
    """Other browsers are asked to be paired first."""

    @wraps(page)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        device = device_at(request)
        return secured(page(request, device) if device else redirect("screen-pair"))

    return guarded


@require_safe
@on_paired_screen
def pad(request: HttpRequest, device: DeviceActor) -> HttpResponse:
    return _pad(request, device)


def _pad(request: HttpRequest, device: DeviceActor, **shown: Any) -> HttpResponse:
    house = restaurant_profile(device.restaurant_id)
    status = shown.pop("status", 200)
    return render(request, "screens/clock/pad.html", {"restaurant": house, **shown}, status=status)


@limited("clock")
@require_POST
@on_paired_screen
def person(request: HttpRequest, device: DeviceActor) -> HttpResponse:
    """Who has proven their PIN: how they stand, and what they can do."""
    code, now = request.POST.get("employee_code", "")[:12], utc_now()
    try:
        by = actor_by_pin(
            device=device, employee_code=code, pin=request.POST.get("pin", "")[:8], now=now
        )
    except DomainError as refusal:
        told = Told(Punch.CLOCK_IN, employee_code=code, address=address_of(request) or None)
        _record(device, None, told, refusal, now)
        return _pad(request, device, refusal=refusal.detail, code=code, status=refusal.status)
    return _buttons(request, by, now)


def _buttons(request: HttpRequest, by: Actor, now: datetime, refusal: str = "") -> HttpResponse:
    status = orjson.loads(my_status(by=by, now=now))
    house = restaurant_profile(by.restaurant_id)
    kinds = break_types(by.restaurant_id).order_by("name", "pk")
    proof = {"member": str(by.membership_id), "device": str(by.device_id), "punch": str(new_id())}
    shown = {
        "restaurant": house,
        "name": member_rows(by.membership_id).values_list("user__name", flat=True).get(),
        "status": status,
        "state": WorkState(status["state"]).label,
        "since": parse_datetime(status["since"]) if status["since"] else None,
        "due_at": _instant(status["next_break_due_at"]),
        "worked": "{}:{:02}".format(*divmod(status["minutes_today"], 60)),
        "kinds": [orjson.loads(text) for text in BREAK_TYPE.read(kinds)],
        "proof": signing.dumps(proof, salt=SALT),
        "refusal": refusal,
    }
    return render(request, "screens/clock/person.html", shown)


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


@require_POST
@on_paired_screen
def punch(request: HttpRequest, device: DeviceActor) -> HttpResponse:
    """What a button does. The same page sent twice does it once, or is refused."""
    try:
        proof = signing.loads(request.POST.get("proof", ""), salt=SALT, max_age=PROOF_S)
        kind = Punch(request.POST.get("punch", ""))
    except (signing.BadSignature, ValueError):
        return redirect("clock")
    member = staff(device.restaurant_id, is_active=True).filter(pk=proof["member"]).first()
    if member is None or proof["device"] != str(device.device_id):
        return redirect("clock")
    by, now = actor_without_session(member, device_id=device.device_id), utc_now()
    told = Told(kind, break_type=_id(request.POST.get("break_type")),
                address=address_of(request) or None)  # fmt: skip
    try:
        with durable():
            _do(by, told, UUID(proof["punch"]), now)
    except DomainError as refusal:
        _record(device, by.membership_id, told, refusal, now)
        return _buttons(request, by, now, refusal.detail)
    house = restaurant_profile(device.restaurant_id)
    shown = {"restaurant": house, "done": DONE[kind], "at": now}
    return render(request, "screens/clock/done.html", shown)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _do(by: Actor, told: Told, pk: UUID, now: datetime) -> None:
    if told.punch == Punch.CLOCK_IN:
        clock_service.clock_in(by=by, now=now, pk=pk, fingerprint=SALT, told=told)
    elif told.punch == Punch.CLOCK_OUT:
        clock_service.clock_out(by=by, now=now, told=told)
    elif told.punch == Punch.BREAK_START:
        clock_service.start_break(by=by, now=now, told=told)
    else:
        clock_service.end_break(by=by, now=now, told=told)


def _record(
    device: DeviceActor, member_id: UUID | None, told: Told, refusal: DomainError, now: datetime
) -> None:
    with durable():
        clock_service.record_refusal(
            restaurant_id=device.restaurant_id,
            device_id=device.device_id,
            member_id=member_id,
            now=now,
            told=told,
            refusal=refusal,
        )
