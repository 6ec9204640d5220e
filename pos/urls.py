from rest_framework.routers import SimpleRouter

from pos.views.menu import TaxRates

router = SimpleRouter(use_regex_path=False)
router.register("tax-rates", TaxRates, basename="tax-rate")

urlpatterns = router.urls
