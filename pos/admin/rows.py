"""Rows inside a page: variations, modifiers, tables. A removed one is archived, never deleted."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import PaginationInlineFormSet

from fynlo.accounts.admin.forms import RowForm
from fynlo.accounts.admin.inlines import TenantInline
from fynlo.clock import utc_now


class ArchivingFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    unique_name = "name"

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        names = [form.cleaned_data.get(self.unique_name) for form in kept if form.is_valid()]
        known = [name for name in names if name]
        if len(known) != len(set(known)):
            raise ValidationError(f"Two rows have the same {self.unique_name}.")

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        if commit:
            obj.archived_at = utc_now()
            obj.save(update_fields=["archived_at"])


class _KeptRow:
    """Rows are archived: what refers to them does not stand in the way."""

    def hand_clean_DELETE(self) -> None:  # noqa: N802 - Django's name
        return


class ArchivingInline(TenantInline):
    form = RowForm
    formset = ArchivingFormSet
    ordering_field: str | None = "position"
    hide_ordering_field = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(archived_at=None)

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        formset = super().get_formset(request, obj, **options)
        formset.form = type(formset.form.__name__, (_KeptRow, formset.form), {})
        return formset


def id_of_page(request: HttpRequest) -> list[UUID]:
    """The id in the address of a change page; none on the page of a new row."""
    match = request.resolver_match
    found = match.kwargs.get("object_id") if match else None
    try:
        return [UUID(found)] if found else []
    except ValueError:
        return []
