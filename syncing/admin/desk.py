"""The desk: an operation in quarantine is mended and tried again, or dismissed; a conflict is
decided. As the API does it, with the permissions of who stands there."""

from collections.abc import Callable
from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from fynlo.accounts.actor import Actor
from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.api.parsers import read_json
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DomainError, VersionConflict
from syncing.admin.sides import in_words, sides
from syncing.choices import Choice, Verdict
from syncing.models import SyncOperation
from syncing.services.settling import dismiss, resolve, retry

STALE = "Somebody else was here meanwhile. Look again before you decide."
LONGEST = 200_000


class Fields(forms.CharField):
    """A JSON object, as the till sends it."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 10, "class": "font-mono"})
        super().__init__(widget=widget, max_length=LONGEST, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict | list):
            return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            found = read_json(text.encode())
        except DomainError as error:
            raise ValidationError(error.detail) from error
        if not isinstance(found, dict):
            raise ValidationError("Write an object: names and values between { and }.")
        return found


class RetryForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    changes = Fields(
        label="What the till did",
        help_text="Money in pence (or cents), as the till sends it. Mend what is wrong.",
    )


class DismissForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="It will not be done. Say why: it stays on record.",
    )


class ResolveForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(choices=Choice.choices, widget=UnfoldAdminRadioSelectWidget)
    document = Fields(
        label="Put together",
        required=False,
        help_text="Only for the last choice: the fields to write, and their values.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("choice") == Choice.MERGED and not cleaned.get("document"):
            self.add_error("document", "Write the fields that are to be.")
        return cleaned


def desk_page(page: TenantAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The forms, or what they ask for. Raises Http404, PermissionDenied."""
    row = ModelAdmin.get_object(page, request, object_id)
    if row is None:
        raise Http404
    if not authority(request).may(Permission.MANAGE_DEVICES, row.restaurant_id):
        raise PermissionDenied
    forms_here = _forms(row, request.POST)
    asked = forms_here.get(request.POST.get("do", ""))
    if request.method != "POST" or asked is None or not asked.is_valid():
        return _show(page, request, row, forms_here)
    try:
        with durable():
            said = _ACTS[request.POST["do"]](row, asked.cleaned_data, request)
            page.log_change(request, row, said)
    except DomainError as error:
        asked.add_error(None, STALE if isinstance(error, VersionConflict) else _words(error))
        return _show(page, request, row, forms_here)
    page.message_user(request, said, messages.SUCCESS)
    return HttpResponseRedirect(reverse("admin:syncing_syncoperation_changelist"))


def _words(error: DomainError) -> str:
    faults = error.extra.get("errors") or []
    told = "; ".join(f"{fault['field']}: {fault['detail']}" for fault in faults)
    return f"{error.detail} {told}".strip()


def _forms(row: SyncOperation, data: Any) -> dict[str, forms.Form]:
    """By what they do; only what can be done now."""
    asked = data.get("do")

    def of(kind: type[forms.Form], name: str, **initial: Any) -> forms.Form:
        return kind(data if asked == name else None, initial=initial, auto_id=f"{name}_%s")

    if row.verdict == Verdict.QUARANTINED:
        return {
            "retry": of(RetryForm, "retry", seen=row.version, changes=row.changes),
            "dismiss": of(DismissForm, "dismiss", seen=row.version),
        }
    if row.verdict == Verdict.CONFLICT:
        fields = row.conflict.fields
        contested = {name: row.changes[name] for name in fields if name in row.changes}
        first = {"choice": Choice.SERVER, "document": contested}
        return {"resolve": of(ResolveForm, "resolve", seen=row.version, **first)}
    return {}


def _retry(row: SyncOperation, given: dict[str, Any], request: HttpRequest) -> str:
    changed = given["changes"] if given["changes"] != row.changes else None
    text = retry(
        by=_by(row, request),
        now=utc_now(),
        op_id=row.op_id,
        changes=changed,
        expected_version=given["seen"],
    )
    told = orjson.loads(text)
    if told["verdict"] == Verdict.QUARANTINED:
        return f"Tried again, in vain: {told['detail']}"
    return f"Done: {Verdict(told['verdict']).label}."


def _dismiss(row: SyncOperation, given: dict[str, Any], request: HttpRequest) -> str:
    dismiss(
        by=_by(row, request),
        now=utc_now(),
        op_id=row.op_id,
        reason=given["reason"],
        expected_version=given["seen"],
    )
    return f"Dismissed: {given['reason']}"


def _resolve(row: SyncOperation, given: dict[str, Any], request: HttpRequest) -> str:
    choice = Choice(given["choice"])
    resolve(
        by=_by(row, request),
        now=utc_now(),
        pk=row.conflict.pk,
        choice=choice,
        document=given["document"] if choice == Choice.MERGED else None,
    )
    return f"Decided: {choice.label}."


_ACTS: dict[str, Callable[[SyncOperation, dict[str, Any], HttpRequest], str]] = {
    "retry": _retry,
    "dismiss": _dismiss,
    "resolve": _resolve,
}


def _by(row: SyncOperation, request: HttpRequest) -> Actor:
    return authority(request).actor(row.restaurant_id)


def _show(
    page: TenantAdmin, request: HttpRequest, row: SyncOperation, shown: dict[str, forms.Form]
) -> HttpResponse:
    row.refresh_from_db()
    context = {
        **page.admin_site.each_context(request),
        "title": in_words(row),
        "opts": page.opts,
        "row": row,
        "forms": shown,
        **sides(row),
    }
    return TemplateResponse(request, "admin/syncing/desk.html", context)
