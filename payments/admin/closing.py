"""Counting and closing a drawer from its page, blind: what to expect is said afterwards."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from fynlo.accounts.actor import Actor
from fynlo.accounts.admin.fields import MoneyField
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DomainError
from fynlo.money import for_people
from payments.admin.approvals import ApprovedForm, approver_of
from payments.models import DrawerSession
from payments.services.drawers import close_drawer, count_drawer

if TYPE_CHECKING:
    from payments.admin.drawers import DrawerAdmin


class ClosingForm(ApprovedForm):
    """The rules of `POST payments/drawers/{id}/count/` and `close/`."""

    note = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="For whoever reads it later: whose drawer it was, why it was left open.",
    )

    def __init__(self, drawer: DrawerSession, data: Any = None) -> None:
        super().__init__(data)
        self.fields["counted"] = MoneyField(
            currency=drawer.currency, help_text="All that lies in the drawer, its float included."
        )
        self.order_fields(("counted", "note", "employee_code", "pin"))


def closing_page(page: "DrawerAdmin", request: HttpRequest, object_id: str) -> HttpResponse:
    """The form, or the closed drawer. Raises Http404, PermissionDenied."""
    drawer = ModelAdmin.get_object(page, request, object_id)
    if drawer is None:
        raise Http404
    if not authority(request).may(Permission.TAKE_PAYMENT, drawer.restaurant_id):
        raise PermissionDenied
    form = ClosingForm(drawer, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show(page, request, drawer, form)
    by = authority(request).actor(drawer.restaurant_id)
    try:
        _close(drawer, form.cleaned_data, by=by)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.detail)
        return _show(page, request, drawer, form)
    _tell(page, request, drawer)
    return HttpResponseRedirect(reverse("admin:payments_drawersession_change", args=[drawer.pk]))


def _close(drawer: DrawerSession, given: dict[str, Any], *, by: Actor) -> None:
    """The count stands in the journal, whether or not the drawer may be closed with it."""
    place, restaurant_id = by.membership_id or drawer.pk, drawer.restaurant_id
    approver = approver_of(given, place=place, restaurant_id=restaurant_id)
    with durable():
        count_drawer(by=by, now=utc_now(), pk=drawer.pk, counted=given["counted"])
    with durable():
        close_drawer(by=by, now=utc_now(), pk=drawer.pk, note=given["note"], approver=approver)


def _tell(page: "DrawerAdmin", request: HttpRequest, drawer: DrawerSession) -> None:
    drawer.refresh_from_db()
    off = for_people(drawer.difference or 0, drawer.currency)
    text = f"{drawer.name} is closed, off by {off}."
    with durable():
        page.log_change(request, drawer, text)
    page.message_user(request, text, messages.WARNING if drawer.difference else messages.SUCCESS)


def _show(
    page: "DrawerAdmin", request: HttpRequest, drawer: DrawerSession, form: ClosingForm
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": f"Count and close {drawer.name}",
        "opts": page.opts,
        "form": form,
        "drawer": drawer,
    }
    return TemplateResponse(request, "admin/payments/closing.html", context)
