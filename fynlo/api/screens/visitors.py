"""Who stands at a page: a session like any till's, named by Django's session cookie.

The cookie opens pages and `screens/token/` alone. What a page changes goes through the API with
the bearer token that it gets there; the API itself takes no cookie.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from fynlo.accounts.actor import Actor, DeviceActor
from fynlo.accounts.choices import Permission
from fynlo.accounts.errors import DeviceRefused
from fynlo.accounts.models import Session
from fynlo.accounts.selectors import device_of_token, live_session
from fynlo.accounts.services.sessions import actor_of
from fynlo.clock import utc_now

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]
SESSION_KEY = "screen_session"
DEVICE_COOKIE = "fynlo_screen"


def remember_session(request: HttpRequest, session: Session) -> None:
    """With a new cookie, so that one planted beforehand is worth nothing."""
    request.session.cycle_key()
    request.session[SESSION_KEY] = str(session.pk)


def forget_session(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)
    request.session.cycle_key()


def session_at(request: HttpRequest) -> Session | None:
    """The live session of whoever signed in at this browser."""
    known = request.session.get(SESSION_KEY)
    return live_session(UUID(known), now=utc_now()) if known else None


def device_at(request: HttpRequest) -> DeviceActor | None:
    """The paired device that this browser is, if it is one."""
    token = request.COOKIES.get(DEVICE_COOKIE)
    try:
        return device_of_token(token) if token else None
    except DeviceRefused:
        return None


def screen(permission: Permission) -> Callable[[Page[P]], Callable[..., HttpResponseBase]]:
    """A page, or a piece of one, for members with this permission; others sign in first."""

    def guard(view: Page[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            session = session_at(request)
            if session is None:
                return _to_sign_in(request)
            actor = actor_of(session)
            if not actor.may(permission):
                return secured(render(request, "screens/refused.html", status=403))
            return secured(view(request, actor, *args, **kwargs))

        return guarded

    return guard


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """HTMX follows a header, or it would put the form into a corner of the page."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    address = f"{reverse('screen-sign-in')}?next={quote(request.get_full_path())}"
    return HttpResponse(status=302, headers={"Location": address})


def secured(response: HttpResponseBase) -> HttpResponseBase:
    """Nothing foreign, nothing inline; the one other address is that of the events."""
    events = urlsplit(settings.WEBSOCKET_URL)
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        f" connect-src 'self' {events.scheme}://{events.netloc};"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response["Cache-Control"] = "no-store"
    return response
