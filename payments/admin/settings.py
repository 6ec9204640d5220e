from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminPasswordWidget

from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin.display import display
from fynlo.accounts.admin.forms import TenantForm
from fynlo.accounts.choices import Permission
from payments.documents import PAYMENT_SETTINGS
from payments.models import PaymentSettings

SECRETS = {"new_secret_key": "stripe_secret_key", "new_webhook_secret": "stripe_webhook_secret"}


def _secret(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=255,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text="Never shown. Leave it empty to keep what is there.",
    )


class SettingsForm(TenantForm):
    new_secret_key = _secret("New secret key of Stripe")
    new_webhook_secret = _secret("New webhook secret of Stripe")


@admin.register(PaymentSettings)
class PaymentSettingsAdmin(TenantAdmin):
    """How a restaurant takes money. Owners change it; secrets go in and never come out."""

    document = PAYMENT_SETTINGS
    may_view = Permission.VIEW_PAYMENTS
    may_change = Permission.EDIT_PAYMENT_SETTINGS
    form = SettingsForm
    list_display = ("__str__", "fee_payer", "takes_tips")
    list_select_related = ("restaurant",)
    ordering = ("pk",)
    readonly_fields = ("webhook_address",)
    money = ("refund_limit", "drawer_tolerance", "fee_tolerance")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("takes_tips", "falls_back_to_card"),
                    ("fee_payer", "accept_at"),
                    ("refund_limit", "drawer_tolerance", "fee_tolerance"),
                )
            },
        ),
        (
            "Providers",
            {
                "fields": (
                    ("truelayer_merchant_account", "stripe_account"),
                    "stripe_publishable_key",
                    tuple(SECRETS),
                    "webhook_address",
                )
            },
        ),
    )

    @display(description="Where your own Stripe account sends its webhooks")
    def webhook_address(self, chosen: PaymentSettings) -> str:
        path = reverse("own-stripe-webhook", args=[chosen.restaurant_id])
        return f"{settings.PUBLIC_PAY_BASE_URL}{path}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Who only looks has nothing to type."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if self.has_change_permission(request, obj) else fieldsets[:1]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        for typed, column in SECRETS.items():
            if form.cleaned_data.get(typed):
                setattr(obj, column, form.cleaned_data[typed])
        super().save_model(request, obj, form, change)
