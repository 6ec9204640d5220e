"""Reads of the menu."""

from uuid import UUID

from django.db.models import QuerySet

from fynlo.accounts.models import Restaurant
from fynlo.cache import Namespace, forget_after_commit
from pos.models import TaxRate

MENUS = Namespace("menu", ttl=3600, fresh_for=0.05)


def tax_rates(restaurant_id: UUID) -> QuerySet[TaxRate]:
    return TaxRate.objects.for_restaurant(restaurant_id)


def lock_tax_rate(restaurant_id: UUID, pk: UUID) -> TaxRate:
    """Locked to the end of the transaction. Raises NotFound."""
    return TaxRate.objects.lock(restaurant_id, pk)


def lock_menu(restaurant_id: UUID) -> None:
    """One writer at a time for the structure of a restaurant's menu; taken before any row of it.

    It does not hinder those who only refer to the restaurant, such as orders.
    """
    rows = Restaurant.objects.select_for_update(no_key=True).filter(pk=restaurant_id)
    rows.values_list("pk", flat=True).get()


def menu_changed(restaurant_id: UUID) -> None:
    """Call inside the transaction of every change that the menu shows."""
    forget_after_commit(MENUS, restaurant_id)
