"""The door of the screens: pair, sign in, fetch a token for the API, sign out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fynlo.accounts.choices import Role
from fynlo.accounts.errors import RestaurantRequired
from fynlo.accounts.services.devices import pair_device
from fynlo.accounts.services.sessions import Proof, actor_of, end_session, start_session
from fynlo.accounts.services.sign_in import prove_by_password, prove_by_pin
from fynlo.api import tokens
from fynlo.api.accounts.origins import origin_of
from fynlo.api.rates import limited_sign_in
from fynlo.api.screens.forms import PairingForm, PasswordForm, PinForm
from fynlo.api.screens.visitors import (
    DEVICE_COOKIE,
    device_at,
    forget_session,
    remember_session,
    secured,
    session_at,
)
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import durable
from fynlo.errors import DomainError

A_YEAR = 365 * 24 * 60 * 60
# Where somebody goes who asked for no page in particular.
FIRST_PAGES = {Role.KITCHEN: "/kitchen/"}
PAGES = ("/kitchen/", "/floor/", "/till/", "/perf/")


@dataclass
class Door:
    """One form: what it is called, what it asks, what happens with the answers."""

    title: str
    form: forms.Form
    action: str
    enter: Callable[[dict[str, Any]], HttpResponse]


@limited_sign_in
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """By code and PIN on a paired screen, else by e-mail and password."""
    device = None if "password" in request.GET else device_at(request)
    form_class = PinForm if device else PasswordForm

    def enter(typed: dict[str, Any]) -> HttpResponse:
        if device:
            return _let_in(request, prove_by_pin(device=device, now=utc_now(), **typed))
        return _let_in(request, prove_by_password(**typed))

    door = Door("Sign in", form_class(request.POST or None), "Sign in", enter)
    return _answer(request, door, is_paired=device is not None)


def _let_in(request: HttpRequest, proof: Proof) -> HttpResponse:
    now = utc_now()
    with durable():
        session = start_session(
            proof=proof,
            origin=origin_of(request),
            now=now,
            expires_at=now + settings.SESSION_LIFETIME,
        )
    remember_session(request, session)
    wanted = request.GET.get("next")
    first = FIRST_PAGES.get(Role(session.membership.role), "/till/")
    return redirect(wanted if wanted and _is_ours(wanted) else first)


def _is_ours(address: str) -> bool:
    return address in PAGES or address.startswith("/perf/")


@limited_sign_in
@require_http_methods(["GET", "POST"])
def pair(request: HttpRequest) -> HttpResponseBase:
    """This browser becomes a screen of the restaurant that the code is of."""

    def enter(typed: dict[str, Any]) -> HttpResponse:
        with durable():
            paired = pair_device(**typed, model="Browser", app_version="1.0.0", now=utc_now())
        response = redirect(reverse("screen-sign-in"))
        response.set_cookie(
            DEVICE_COOKIE,
            paired.token,
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    form = PairingForm(request.POST or None)
    return _answer(request, Door("Pair this screen", form, "Pair", enter), is_pairing=True)


def _answer(request: HttpRequest, door: Door, **context: bool) -> HttpResponseBase:
    refusal, status = "", 200
    if request.method == "POST" and door.form.is_valid():
        try:
            return secured(door.enter(door.form.cleaned_data))
        except RestaurantRequired as error:
            door.form.offer(error.extra["restaurants"])  # type: ignore[attr-defined]
            refusal, status = "Choose the restaurant and type your password again.", error.status
        except DomainError as error:
            refusal, status = error.detail, error.status
    shown = {"door": door, "refusal": refusal, **context}
    return secured(render(request, "screens/door.html", shown, status=status))


@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """A token for the API and the WebSocket, for the page of whoever is signed in here."""
    session = session_at(request)
    if session is None:
        return HttpResponse(status=401)
    now = utc_now()
    answer = {
        "access": tokens.access_token(session, now=now),
        "expires_at": as_utc_text(tokens.expiry_of(session, now=now)),
        "websocket_url": settings.WEBSOCKET_URL,
        "permissions": sorted(actor_of(session).permissions),
    }
    response = HttpResponse(orjson.dumps(answer), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    session = session_at(request)
    if session is not None:
        with durable():
            end_session(by=actor_of(session), now=utc_now(), pk=session.pk)
    forget_session(request)
    return redirect("screen-sign-in")
