from rest_framework.routers import SimpleRouter

from payments.views.payments import Payments

router = SimpleRouter(use_regex_path=False)
router.register("", Payments, basename="payment")

urlpatterns = router.urls
