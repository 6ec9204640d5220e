"""Giving money back from the payment's page, in phases as the API does it: no transaction is open
while the provider is asked."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from fynlo.accounts.admin.fields import MoneyField
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.api.idempotency import fingerprint_of
from fynlo.api.phases import run_in_phases
from fynlo.clock import utc_now
from fynlo.db import Intent, durable, new_id
from fynlo.errors import DomainError
from fynlo.money import for_people
from payments.admin.approvals import ApprovedForm, approver_of
from payments.choices import RefundStatus
from payments.models import Payment, Refund
from payments.services.calls import Outcome, call_provider
from payments.services.refund_lines import LinePart, lines_left, value_of
from payments.services.refunds import Wish, finish_refund, prepare_refund
from pos.models import OrderLine

if TYPE_CHECKING:
    from payments.admin.payments import PaymentAdmin


class RefundForm(ApprovedForm):
    """The rules of `POST payments/{id}/refunds/`. `refund` is the id of what this form makes:
    sent twice, it is made once. Each line that anything is left of has a field of its own."""

    refund = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, payment: Payment, data: Any = None) -> None:
        self.left = payment.captured - payment.refunded - payment.refunding
        super().__init__(data, initial={"refund": new_id()})
        self.fields["amount"] = MoneyField(
            currency=payment.currency,
            required=False,
            help_text=f"Up to {for_people(self.left, payment.currency)}. Empty: what the lines"
            " below cost, or all of that.",
        )
        self.lines = {_name(line): (line, left) for line, left in lines_left(payment)}
        for name, (line, left) in self.lines.items():
            self.fields[name] = _quantity(line, left, payment.currency)
        self.order_fields(("refund", "amount", *self.lines, "reason", "employee_code", "pin"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("amount") == 0:
            self.add_error("amount", "Give back something.")
        cleaned["lines"] = [
            LinePart(line.pk, cleaned[name])
            for name, (line, _) in self.lines.items()
            if cleaned.get(name)
        ]
        if cleaned["lines"] and cleaned.get("amount") is not None:
            self.add_error("amount", "The lines say how much it is.")
        return cleaned


def _name(line: OrderLine) -> str:
    return f"line_{line.pk}"


def _quantity(line: OrderLine, left: Decimal, currency: str) -> forms.DecimalField:
    cost = for_people(value_of(line, left), currency)
    return forms.DecimalField(
        label=line.name,
        required=False,
        min_value=0,
        max_value=left,
        max_digits=9,
        decimal_places=3,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=f"How many of {left.normalize():f}; all of them cost {cost}.",
    )


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
    approver = approver_of(
        given, place=by.membership_id or payment.pk, restaurant_id=payment.restaurant_id
    )
    wish = Wish(reason=given["reason"], amount=given["amount"], lines=given["lines"])
    asked = [
        given["amount"],
        given["reason"],
        *([str(p.line), str(p.quantity)] for p in wish.lines),
    ]

    def prepare() -> Intent:
        return prepare_refund(
            by=by,
            now=utc_now(),
            pk=given["refund"],
            fingerprint=fingerprint_of({"wish": asked}),
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
