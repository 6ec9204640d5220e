"""The fleet. Pairing answers hold secrets: nothing is stored of them, so an Idempotency-Key has
no effect there."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.actor import DeviceActor
from fynlo.accounts.choices import Permission
from fynlo.accounts.documents import DEVICE
from fynlo.accounts.selectors import devices_of
from fynlo.accounts.services.devices import (
    check_app_version,
    make_pairing_code,
    pair_device,
    record_heartbeat,
    revoke_device,
)
from fynlo.api.accounts.answers import PAIRED, PAIRING_CODE, paired, pairing_code
from fynlo.api.accounts.serializers import Heartbeat, Nothing, PairingCodeInput, PairingInput
from fynlo.api.operations import Access, operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from fynlo.db import durable


class Devices(Endpoint):
    @operation(Permission.VIEW_STAFF, query=PageQuery, answers=DEVICE, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = devices_of(self.actor.restaurant_id)
        return self.page(DEVICE, rows, order=("-paired_at", "-id"))

    @operation(Permission.VIEW_STAFF, answers=DEVICE)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """Without an ETag: a heartbeat changes the document and leaves its version."""
        response = self.one(DEVICE, devices_of(self.actor.restaurant_id), pk)
        del response["ETag"]
        return response

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_DEVICES, body=Nothing, answers=DEVICE)
    def revoke(self, request: Request, pk: UUID) -> HttpResponse:
        self.body()
        return self.write(revoke_device, pk=pk)


class PairingCodes(Endpoint):
    @operation(Permission.MANAGE_DEVICES, body=PairingCodeInput, answers=PAIRING_CODE, status=201)
    def create(self, request: Request) -> HttpResponse:
        with durable():
            offer = make_pairing_code(by=self.actor, now=self.now, **self.body())
        return _secret(self.answer(pairing_code(offer), status=201))


class Pairing(Endpoint):
    rate = "sign_in"

    @operation(Access.PUBLIC, body=PairingInput, answers=PAIRED, status=201)
    def create(self, request: Request) -> HttpResponse:
        given = self.body()
        check_app_version(given["app_version"], minimum=settings.MINIMUM_APP_VERSION)
        with durable():
            device = pair_device(now=self.now, **given)
        return _secret(self.answer(paired(device), status=201))


class Heartbeats(Endpoint):
    @operation(Access.DEVICE, body=Heartbeat, answers=DEVICE)
    def create(self, request: Request) -> HttpResponse:
        """Recorded also for an app that is too old: the fleet list must show what to update."""
        given = self.body()
        device: DeviceActor = request.user  # type: ignore[assignment]
        with durable():
            text = record_heartbeat(by=device, now=self.now, **given)
        check_app_version(given["app_version"], minimum=settings.MINIMUM_APP_VERSION)
        return self.answer(text)


def _secret(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
