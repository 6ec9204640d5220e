"""The menu as files: look what one would do, bring it in, take it out."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget

from fynlo.accounts.admin.owned import restaurant_of_form
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DomainError
from pos.services.menu_export import csv_lines
from pos.services.menu_file import MODIFIERS, PRODUCTS
from pos.services.menu_imports import Submitted, submit_import

if TYPE_CHECKING:
    from pos.admin.products import ProductAdmin

MOST_BYTES = 5 * 1024 * 1024
KEPT_SECONDS = 3600


class CSVField(forms.FileField):
    """The text of an uploaded file; None when there is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminFileFieldWidget, **options)

    def clean(self, data: Any, initial: Any = None) -> str | None:
        file: UploadedFile[bytes] | None = super().clean(data, initial)
        if file is None:
            return None
        if file.size is None or file.size > MOST_BYTES:
            raise forms.ValidationError("This file is larger than 5 MB.")
        try:
            return bytes(file.read()).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("Save the file as CSV in UTF-8.") from error


class MenuFilesForm(forms.Form):
    products = CSVField(label="Products")
    modifiers = CSVField(label="Modifiers")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError("Choose at least one file.")
        return cleaned


class MenuFiles:
    """One answer to a request for the import page of one restaurant.

    What was looked at travels, signed and packed, in the page itself: what is imported then is
    exactly that.
    """

    def __init__(self, page: "ProductAdmin", request: HttpRequest) -> None:
        self.page, self.request = page, request
        self.restaurant_id = restaurant_of_form(request, None)
        if not authority(request).may(Permission.EDIT_MENU, self.restaurant_id):
            raise PermissionDenied
        self.salt = f"menu-file:{authority(request).user_id}:{self.restaurant_id}"

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self._show(MenuFilesForm())
        if "confirm" in self.request.POST:
            return self._import(self.request.POST.get("looked_at", ""))
        form = MenuFilesForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self._show(form)
        return self._look(form)

    def _look(self, form: MenuFilesForm) -> HttpResponse:
        files = {name: form.cleaned_data[name] for name in (PRODUCTS, MODIFIERS)}
        try:
            found = self._submit(files, dry_run=True)
        except DomainError as error:
            form.add_error(None, error.detail)
            return self._show(form)
        packed = signing.dumps(files, salt=self.salt, compress=True)
        return self._show(form, found=found.result, looked_at=packed)

    def _import(self, packed: str) -> HttpResponse:
        try:
            files = signing.loads(packed, salt=self.salt, max_age=KEPT_SECONDS)
            found = self._submit(files, dry_run=False)
        except (signing.BadSignature, DomainError) as error:
            detail = error.detail if isinstance(error, DomainError) else "Choose the files again."
            self.page.message_user(self.request, detail, messages.ERROR)
            return HttpResponseRedirect(self.request.get_full_path())
        text = "{created} products are new, {updated} changed, {unchanged} as they were."
        self.page.message_user(self.request, text.format_map(found.result), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:pos_product_changelist"))

    def _submit(self, files: dict[str, str | None], *, dry_run: bool) -> Submitted:
        """Of any length, while the manager waits."""
        by = authority(self.request).actor(self.restaurant_id)
        with durable():
            return submit_import(
                by=by,
                now=utc_now(),
                products=files[PRODUCTS],
                modifiers=files[MODIFIERS],
                dry_run=dry_run,
                may_queue=False,
            )

    def _show(
        self, form: MenuFilesForm, *, found: dict[str, Any] | None = None, looked_at: str = ""
    ) -> HttpResponse:
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": "Import and export the menu",
            "opts": self.page.opts,
            "form": form,
            "found": found,
            "looked_at": looked_at,
            "ready": found and not found["problems"] and (found["created"] or found["updated"]),
            "exports": [(name, self._export_of(name)) for name in (PRODUCTS, MODIFIERS)],
        }
        return TemplateResponse(self.request, "admin/pos/menu_files.html", context)

    def _export_of(self, file: str) -> str:
        path = reverse("admin:pos_product_export")
        return f"{path}?restaurant={self.restaurant_id}&file={file}"


def export(request: HttpRequest) -> HttpResponseBase:
    """One of the two files of the restaurant that is asked for."""
    restaurant_id: UUID = restaurant_of_form(request, None)
    if not authority(request).may(Permission.EDIT_MENU, restaurant_id):
        raise PermissionDenied
    file = MODIFIERS if request.GET.get("file") == MODIFIERS else PRODUCTS
    lines = csv_lines(restaurant_id, file=file)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file}.csv"'
    return response
