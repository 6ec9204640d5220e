from django.urls import path
from rest_framework.routers import SimpleRouter

from pos.views import floor_screen, kitchen_screen, till_dialogs, till_screen
from pos.views.analytics import KitchenTimes, ProductSales, Sales, ServerSales
from pos.views.floor import Floors, Tables
from pos.views.kitchen import Load, Tickets
from pos.views.menu import Categories, Menus, ModifierGroups, Stations, TaxRates
from pos.views.menu_files import MenuExports, MenuImports
from pos.views.orders import Orders
from pos.views.products import Products

router = SimpleRouter(use_regex_path=False)
router.register("menu", Menus, basename="menu")
router.register("menu/import", MenuImports, basename="menu-import")
router.register("menu/export", MenuExports, basename="menu-export")
router.register("categories", Categories, basename="category")
router.register("products", Products, basename="product")
router.register("modifier-groups", ModifierGroups, basename="modifier-group")
router.register("tax-rates", TaxRates, basename="tax-rate")
router.register("stations", Stations, basename="station")
router.register("floors", Floors, basename="floor")
router.register("tables", Tables, basename="table")
router.register("orders", Orders, basename="order")
router.register("analytics/sales", Sales, basename="sales-report")
router.register("analytics/products", ProductSales, basename="product-report")
router.register("analytics/kitchen", KitchenTimes, basename="kitchen-report")
router.register("analytics/servers", ServerSales, basename="server-report")
router.register("kitchen/load", Load, basename="kitchen-load")
router.register("kitchen/tickets", Tickets, basename="ticket")

urlpatterns = router.urls

# What people look at, at the root of the site.
pages = [
    path("kitchen/", kitchen_screen.kitchen, name="kitchen"),
    path("kitchen/board/", kitchen_screen.board, name="kitchen-board"),
    path("floor/", floor_screen.floor, name="floor"),
    path("floor/board/", floor_screen.board, name="floor-board"),
    path("till/", till_screen.till, name="till"),
    path("till/menu/", till_screen.menu, name="till-menu"),
    path("till/places/", till_screen.places, name="till-places"),
    path("till/products/<uuid:pk>/", till_screen.product, name="till-product"),
    path("till/orders/<uuid:pk>/", till_screen.order, name="till-order"),
    path("till/orders/<uuid:pk>/done/", till_screen.done, name="till-done"),
    path("till/orders/<uuid:pk>/lines/<uuid:line_id>/", till_dialogs.line, name="till-line"),
    path("till/orders/<uuid:pk>/courses/", till_dialogs.courses, name="till-courses"),
    path("till/orders/<uuid:pk>/move/", till_dialogs.move, name="till-move"),
    path("till/orders/<uuid:pk>/split/", till_dialogs.split, name="till-split"),
    path("till/orders/<uuid:pk>/parts/", till_dialogs.parts, name="till-parts"),
    path("till/orders/<uuid:pk>/discount/", till_dialogs.discount, name="till-discount"),
    path("till/orders/<uuid:pk>/discounts/", till_dialogs.discounts, name="till-discounts"),
    path("till/orders/<uuid:pk>/cash/", till_dialogs.cash, name="till-cash"),
]
