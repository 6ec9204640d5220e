from django.urls import path
from rest_framework.routers import SimpleRouter

from payments.views.payments import Payments
from payments.views.quotes import Quotes
from payments.views.settings import Settings

router = SimpleRouter(use_regex_path=False)
router.register("quote", Quotes, basename="quote")
router.register("", Payments, basename="payment")

urlpatterns = [
    path(
        "settings/",
        Settings.as_view({"get": "read", "patch": "change"}, basename="payment-settings"),
    ),
    *router.urls,
]
