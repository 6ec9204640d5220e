from uuid import UUID

from django.contrib import admin

from fynlo.accounts.admin.restaurants import RestaurantAdmin
from fynlo.accounts.models import Restaurant
from pos.selectors.menu import menu_changed


@admin.register(Restaurant)
class RestaurantOnMenuAdmin(RestaurantAdmin):
    """The menu shows the service charge and the currency."""

    def changed(self, restaurant_id: UUID) -> None:
        super().changed(restaurant_id)
        menu_changed(restaurant_id)
