from rest_framework.routers import SimpleRouter

from pos.views.kitchen import Tickets
from pos.views.menu import TaxRates
from pos.views.orders import Orders

router = SimpleRouter(use_regex_path=False)
router.register("tax-rates", TaxRates, basename="tax-rate")
router.register("orders", Orders, basename="order")
router.register("kitchen/tickets", Tickets, basename="ticket")

urlpatterns = router.urls
