from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.db import durable
from payments.documents import PAYMENT_SETTINGS
from payments.selectors.fees import settings_document
from payments.serializers.settings import SettingsInput
from payments.services.settings import change_settings, make_settings


class Settings(Endpoint):
    """How a restaurant takes money: one document. Secrets go in and never come out."""

    @operation(Permission.EDIT_PAYMENT_SETTINGS, answers=PAYMENT_SETTINGS)
    def read(self, request: Request) -> HttpResponse:
        found = settings_document(self.actor.restaurant_id)
        if found is None:
            with durable():
                make_settings(self.actor.restaurant_id)
            return self.read(request)
        return self.answer(found[1], etag=f'"{found[0]}"')

    @operation(
        Permission.EDIT_PAYMENT_SETTINGS,
        body=SettingsInput,
        answers=PAYMENT_SETTINGS,
        versioned=True,
    )
    def change(self, request: Request) -> HttpResponse:
        data = self.body()
        version = self.expected_version(data)
        return self.write(change_settings, expected_version=version, **data)
