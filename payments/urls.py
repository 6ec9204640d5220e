from django.urls import path
from rest_framework.routers import SimpleRouter

from payments.views import guests, till_screen
from payments.views.apple import ApplePay, domain_association
from payments.views.attempts import QRCodes
from payments.views.card import CardIntents
from payments.views.day import Day
from payments.views.drawers import Drawers
from payments.views.payments import Payments
from payments.views.quotes import Quotes
from payments.views.refunds import Refunds
from payments.views.reports import MoneyReports
from payments.views.settings import Settings
from payments.views.splits import Splits, Tips
from payments.views.webhooks import OpenBankingWebhooks, StripeWebhooks

router = SimpleRouter(use_regex_path=False)
router.register("drawers", Drawers, basename="drawer")
router.register("tips", Tips, basename="tip")
router.register("quote", Quotes, basename="quote")
router.register("webhooks/open-banking", OpenBankingWebhooks, basename="open-banking-webhook")
router.register("webhooks/stripe", StripeWebhooks, basename="stripe-webhook")
router.register("stripe/intents", CardIntents, basename="card-intent")
router.register("apple-pay", ApplePay, basename="apple-pay")
router.register("", Payments, basename="payment")

urlpatterns = [
    *(
        path(
            f"reports/{name}/",
            MoneyReports.as_view({"get": name}, basename=f"{name}-report"),
        )
        for name in ("revenue", "fees", "settlement")
    ),
    path("day/preflight/", Day.as_view({"get": "preflight"}, basename="day-preflight")),
    path("day/close/", Day.as_view({"post": "close"}, basename="day-close")),
    path("day/closes/", Day.as_view({"get": "closes"}, basename="day-closes")),
    path("day/closes/<uuid:pk>/", Day.as_view({"get": "one_close"}, basename="day-closed")),
    path(
        "orders/<uuid:order>/splits/",
        Splits.as_view({"get": "list", "post": "create"}, basename="payment-split"),
    ),
    path(
        "settings/",
        Settings.as_view({"get": "read", "patch": "change"}, basename="payment-settings"),
    ),
    path("attempts/<uuid:pk>/qr.svg", QRCodes.as_view({"get": "svg"}, basename="payment-qr-svg")),
    path("attempts/<uuid:pk>/qr.png", QRCodes.as_view({"get": "png"}, basename="payment-qr-png")),
    path(
        "<uuid:pk>/refunds/",
        Refunds.as_view({"get": "list", "post": "create"}, basename="payment-refunds"),
        name="payment-refunds",
    ),
    path(
        "webhooks/stripe/<uuid:pk>/",
        StripeWebhooks.as_view({"post": "to_restaurant"}, basename="own-stripe-webhook"),
        name="own-stripe-webhook",
    ),
    *router.urls,
]

# What guests' phones open, and the till's dialogs about them: not part of the API.
pages = [
    path(".well-known/apple-developer-merchantid-domain-association", domain_association),
    path("q/return/", guests.came_back_from_provider, name="guest-return"),
    path("q/<str:token>/", guests.page, name="guest-page"),
    path("q/<str:token>/status/", guests.status, name="guest-status"),
    path("q/<str:token>/tip/", guests.tip, name="guest-tip"),
    path("q/<str:token>/card/", guests.card, name="guest-card"),
    path("q/<str:token>/bank/", guests.bank, name="guest-bank"),
    path("till/orders/<uuid:pk>/qr/", till_screen.qr, name="till-qr"),
    path("till/payments/<uuid:pk>/", till_screen.payment, name="till-payment"),
]
