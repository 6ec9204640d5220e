from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models.functions import Length
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from fynlo.accounts.admin.display import display
from fynlo.accounts.admin.forms import OwnedForm
from fynlo.accounts.admin.owned import restaurant_of_form
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.events.log import append_all
from pos.admin.archivable import ArchivableAdmin
from pos.admin.rows import ArchivingFormSet, ArchivingInline
from pos.documents import FLOOR, TABLE
from pos.errors import TableInUse
from pos.models import Floor, Table
from pos.selectors.floor import has_open_orders
from pos.services.floors import delete_floor, delete_table


class TableForm(OwnedForm):
    class Meta:
        labels: ClassVar[dict[str, str]] = {"x": "From the left, ‰", "y": "From the top, ‰"}
        widgets: ClassVar[dict[str, Any]] = {
            "shape": UnfoldAdminSelectWidget(attrs={"style": "min-width: 8rem"})
        }


class TableFormSet(ArchivingFormSet):
    unique_name = "number"

    def clean(self) -> None:
        super().clean()
        gone = [form.instance.pk for form in self.deleted_forms]
        locked = Table.objects.select_for_update(no_key=True).filter(pk__in=gone)
        for table in locked.order_by("pk"):
            if has_open_orders(table):
                raise ValidationError(f"Table {table}: {TableInUse.message}")


class TableInline(ArchivingInline):
    model = Table
    form = TableForm
    formset = TableFormSet
    ordering_field = None
    fields = ("number", "seats", "shape", "x", "y")
    ordering = (Length("number"), "number", "pk")

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        formset = super().get_formset(request, obj, **options)
        owner = {"restaurant_id": restaurant_of_form(request, obj)}
        formset.form = type(formset.form.__name__, (formset.form,), owner)
        return formset


@admin.register(Floor)
class FloorAdmin(ArchivableAdmin):
    """Floors and their tables. `x` and `y` are thousandths of the floor's width and height."""

    document = FLOOR
    delete = staticmethod(delete_floor)
    may_view = Permission.VIEW_FLOOR
    may_change = Permission.EDIT_FLOOR
    inlines = (TableInline,)
    list_display = ("name", "tables", "position")
    search_fields = ("name", "tables__number")
    ordering = ("position", "pk")
    fieldsets: ClassVar[Any] = ((None, {"fields": (("name", "position"),)}),)

    @display(description="Tables")
    def tables(self, floor: Floor) -> int:
        return floor.tables.filter(archived_at=None).count()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each table has a version and events of its own."""
        formset.save(commit=False)
        by, now = authority(request).actor(form.instance.restaurant_id), utc_now()
        changed = [table for table, _ in formset.changed_objects]
        for table in changed:
            table.version += 1
        for table in (*changed, *formset.new_objects):
            table.save()
        for kind, tables in (("created", formset.new_objects), ("updated", changed)):
            ids = sorted(table.pk for table in tables)
            append_all(kind=f"table.{kind}", document=TABLE, entity_ids=ids, by=by, now=now)
        for table in formset.deleted_objects:
            delete_table(by=by, now=now, pk=table.pk, expected_version=None)
