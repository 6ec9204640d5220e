"""Ways in, and the way on to the next token. These answers hold secrets: nothing is stored of
them, so an Idempotency-Key has no effect here."""

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.actor import DeviceActor
from fynlo.accounts.errors import RefreshReused
from fynlo.accounts.models import Session
from fynlo.accounts.services.devices import check_app_version
from fynlo.accounts.services.sessions import Origin, Proof, renew_session, start_session
from fynlo.accounts.services.sign_in import prove_by_password, prove_by_pin, switch_restaurant
from fynlo.api.accounts.answers import SIGNED_IN, signed_in
from fynlo.api.accounts.origins import origin_of
from fynlo.api.accounts.serializers import LoginInput, PinInput, RefreshInput, SwitchInput
from fynlo.api.operations import Access, operation
from fynlo.api.tokens import refresh_claims
from fynlo.api.views import Endpoint
from fynlo.db import durable


class SignIn(Endpoint):
    """What the ways in share."""

    rate = "sign_in"

    @property
    def origin(self) -> Origin:
        return origin_of(self.request._request)

    def let_in(self, proof: Proof) -> HttpResponse:
        with durable():
            session = start_session(
                proof=proof,
                origin=self.origin,
                now=self.now,
                expires_at=self.now + settings.SESSION_LIFETIME,
            )
        return self.tokens_of(session)

    def tokens_of(self, session: Session) -> HttpResponse:
        response = self.answer(signed_in(session, now=self.now))
        response["Cache-Control"] = "no-store"
        return response


class Login(SignIn):
    @operation(Access.PUBLIC, body=LoginInput, answers=SIGNED_IN)
    def create(self, request: Request) -> HttpResponse:
        return self.let_in(prove_by_password(**self.body()))


class Pin(SignIn):
    @operation(Access.DEVICE, body=PinInput, answers=SIGNED_IN)
    def create(self, request: Request) -> HttpResponse:
        version = request.headers.get("X-App-Version")
        if version is not None:
            check_app_version(version, minimum=settings.MINIMUM_APP_VERSION)
        device: DeviceActor = request.user  # type: ignore[assignment]
        return self.let_in(prove_by_pin(device=device, now=self.now, **self.body()))


class Refresh(SignIn):
    """Not a guess at anything, and after an outage all tills of a restaurant come at once."""

    rate = ""

    @operation(Access.PUBLIC, body=RefreshInput, answers=SIGNED_IN)
    def create(self, request: Request) -> HttpResponse:
        session_id, refresh_id = refresh_claims(self.body()["refresh"])
        with durable():
            session = renew_session(session_id=session_id, refresh_id=refresh_id, now=self.now)
        if session is None:
            raise RefreshReused
        return self.tokens_of(session)


class Switch(SignIn):
    @operation(Access.SIGNED_IN, body=SwitchInput, answers=SIGNED_IN)
    def create(self, request: Request) -> HttpResponse:
        wanted = self.body()
        with durable():
            session = switch_restaurant(by=self.actor, now=self.now, origin=self.origin, **wanted)
        return self.tokens_of(session)
