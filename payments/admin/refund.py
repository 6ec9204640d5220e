"""Giving money back from the payment's page, in phases as the API does it: no transaction is open
while the provider is asked."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from fynlo.accounts.admin.fields import MoneyField
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.accounts.services.approvals import approve
from fynlo.api.idempotency import fingerprint_of
from fynlo.api.phases import run_in_phases
from fynlo.clock import utc_now
from fynlo.db import Intent, durable, new_id
from fynlo.errors import DomainError
from fynlo.money import for_people
from payments.choices import RefundStatus
from payments.models import Payment, Refund
from payments.services.calls import Outcome, call_provider
from payments.services.refunds import Wish, finish_refund, prepare_refund

if TYPE_CHECKING:
    from payments.admin.payments import PaymentAdmin


class RefundForm(forms.Form):
    """The rules of `POST payments/{id}/refunds/`. `refund` is the id of what this form makes:
    sent twice, it is made once."""

    refund = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    employee_code = forms.CharField(
        label="Approved by",
        required=False,
        max_length=12,
        widget=UnfoldAdminTextInputWidget,
        help_text="The employee code of whoever approves it, when you may not do so yourself.",
    )
    pin = forms.CharField(
        label="Their PIN",
        required=False,
        max_length=8,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )
    field_order = ("refund", "amount", "reason", "employee_code", "pin")

    def __init__(self, payment: Payment, data: Any = None) -> None:
        self.left = payment.captured - payment.refunded - payment.refunding
        super().__init__(data, initial={"refund": new_id()})
        self.fields["amount"] = MoneyField(
            currency=payment.currency,
            required=False,
            help_text=f"Up to {for_people(self.left, payment.currency)}. Empty: all of that.",
        )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("amount") == 0:
            self.add_error("amount", "Give back something.")
        if bool(cleaned.get("employee_code")) != bool(cleaned.get("pin")):
            self.add_error("pin", "An approval takes both the code and the PIN.")
        return cleaned


def refund_page(page: "PaymentAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """The form, or the refund. Raises Http404, PermissionDenied."""
    payment = ModelAdmin.get_object(page, request, object_id)
    if payment is None:
        raise Http404
    if not authority(request).may(Permission.REFUND_PAYMENT, payment.restaurant_id):
        raise PermissionDenied
    form = RefundForm(payment, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show(page, request, payment, form)
    try:
        _give_back(request, payment, form.cleaned_data)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.detail)
        return _show(page, request, payment, form)
    _tell(page, request, payment, form.cleaned_data["refund"])
    return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[payment.pk]))


def _give_back(request: HttpRequest, payment: Payment, given: dict[str, Any]) -> None:
    by = authority(request).actor(payment.restaurant_id)
    approver = _approver(by.membership_id, payment, given)
    wish = Wish(reason=given["reason"], amount=given["amount"])

    def prepare() -> Intent:
        return prepare_refund(
            by=by,
            now=utc_now(),
            pk=given["refund"],
            fingerprint=fingerprint_of({"wish": [given["amount"], given["reason"]]}),
            payment=payment.pk,
            wish=wish,
            approver=approver,
        )

    def finish(intent: Intent, outcome: Outcome | None) -> HttpResponse:
        return HttpResponse(finish_refund(intent=intent, outcome=outcome, by=by, now=utc_now()))

    run_in_phases(
        None,
        prepare=prepare,
        call=lambda intent: call_provider(intent=intent, now=utc_now()),
        finish=finish,
    )


def _approver(place: UUID | None, payment: Payment, given: dict[str, Any]) -> UUID | None:
    """Tries are counted for whoever asks, the platform's for the payment."""
    if not given["pin"]:
        return None
    return approve(
        place=place or payment.pk,
        restaurant_id=payment.restaurant_id,
        employee_code=given["employee_code"],
        pin=given["pin"],
        permission=Permission.APPROVE,
        now=utc_now(),
    )


def _tell(page: "PaymentAdmin", request: HttpRequest, payment: Payment, refund_id: UUID) -> None:
    refund = Refund.objects.for_restaurant(payment.restaurant_id).get(pk=refund_id)
    text = f"{for_people(refund.amount, refund.currency)}: {refund.get_status_display()}."
    failed = refund.status == RefundStatus.FAILED
    with durable():
        page.log_change(request, payment, f"Refund of {text}")
    page.message_user(request, text, messages.ERROR if failed else messages.SUCCESS)


def _show(
    page: "PaymentAdmin", request: HttpRequest, payment: Payment, form: RefundForm
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": f"Refund {payment}",
        "opts": page.opts,
        "form": form,
        "payment": payment,
    }
    return TemplateResponse(request, "admin/payments/refund.html", context)
