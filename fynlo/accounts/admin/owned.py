"""Form fields of one restaurant, and which restaurant a form is of."""

from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from fynlo.accounts.admin.fields import MoneyField, PercentField
from fynlo.accounts.admin_site import authority
from fynlo.accounts.models import Restaurant
from fynlo.accounts.selectors import restaurant_profile


class TypedMoney:
    """Form fields of one restaurant: its own rows to choose from, its currency to type in.

    `money` names integer fields in minor units, `signed_money` those that may be negative,
    `percentages` those in basis points.
    """

    money: ClassVar[tuple[str, ...]] = ()
    signed_money: ClassVar[tuple[str, ...]] = ()
    percentages: ClassVar[tuple[str, ...]] = ()

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        restaurant_id = options.pop("restaurant_id", None)
        label: dict[str, Any] = {"required": not db_field.blank, "help_text": db_field.help_text}
        if db_field.name in self.percentages:
            return PercentField(**label)
        if restaurant_id and db_field.name in (*self.money, *self.signed_money):
            currency = restaurant_profile(restaurant_id).currency
            return MoneyField(currency=currency, signed=db_field.name in self.signed_money, **label)
        if restaurant_id and isinstance(db_field, models.ForeignKey):
            options["queryset"] = self.choices_for(db_field, restaurant_id)
        return super().formfield_for_dbfield(db_field, request, **options)  # type: ignore[misc]

    def choices_for(
        self, db_field: "models.ForeignKey[Any, Any]", restaurant_id: UUID
    ) -> QuerySet[Any]:
        """What a relation may point to. Nothing, unless the restaurant owns it."""
        rows: QuerySet[Any] = db_field.related_model._default_manager.all()
        if not has_field(db_field.related_model, "restaurant"):
            return rows.none()
        owned = rows.filter(restaurant_id=restaurant_id)
        archives = has_field(db_field.related_model, "archived_at")
        return owned.filter(archived_at=None) if archives else owned


def has_field(model: Any, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def restaurant_of_form(request: HttpRequest, obj: Any) -> UUID:
    """The row's own restaurant; for a new one the only one governed, or the one chosen as
    `?restaurant=`. Raises Http404 for any other."""
    if obj is not None and not obj._state.adding:
        return restaurant_id_of(obj)
    rows = authority(request).restaurants()
    chosen = request.GET.get("restaurant")
    try:
        found = rows.filter(pk=chosen) if chosen else rows[:2]
        ids = list(found.values_list("pk", flat=True))
    except (ValidationError, ValueError) as error:
        raise Http404 from error
    if len(ids) != 1:
        raise Http404
    return ids[0]


def restaurant_id_of(obj: Any) -> UUID:
    found: UUID = obj.pk if isinstance(obj, Restaurant) else obj.restaurant_id
    return found
