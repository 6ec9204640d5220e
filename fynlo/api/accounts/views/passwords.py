"""Bodies here hold passwords: no fingerprint of them is stored, so an Idempotency-Key has no
effect."""

from django.http import HttpResponse
from kombu.exceptions import OperationalError
from redis import RedisError
from rest_framework.request import Request

from fynlo.accounts.services.passwords import (
    change_password,
    hash_new_password,
    hash_reset_password,
    reset_password,
)
from fynlo.accounts.tasks import send_reset_link
from fynlo.api.accounts.serializers import (
    PasswordChange,
    PasswordResetConfirmation,
    PasswordResetInput,
)
from fynlo.api.operations import Access, operation
from fynlo.api.views import Endpoint
from fynlo.db import durable
from fynlo.errors import DependencyDown
from fynlo.redis import asking


class Password(Endpoint):
    rate = "sign_in"

    @operation(Access.SIGNED_IN, body=PasswordChange, status=204)
    def create(self, request: Request) -> HttpResponse:
        hashed = hash_new_password(user_id=self.actor.user_id, **self.body())
        with durable():
            change_password(by=self.actor, now=self.now, password_hash=hashed)
        return HttpResponse(status=204)


class PasswordReset(Endpoint):
    rate = "sign_in"

    @operation(Access.PUBLIC, body=PasswordResetInput, status=202)
    def create(self, request: Request) -> HttpResponse:
        """The same answer, in the same time, whether or not anybody has this address."""
        try:
            with asking():
                send_reset_link.delay(**self.body())
        except (OperationalError, RedisError) as error:
            raise DependencyDown from error
        return HttpResponse(status=202)


class PasswordResetConfirm(Endpoint):
    rate = "sign_in"

    @operation(Access.PUBLIC, body=PasswordResetConfirmation, status=204)
    def create(self, request: Request) -> HttpResponse:
        given = self.body()
        hashed = hash_reset_password(**given)
        with durable():
            reset_password(token=given["token"], password_hash=hashed, now=self.now)
        return HttpResponse(status=204)
