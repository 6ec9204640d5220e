from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerView

from employees.urls import pages as clock_pages
from fynlo.api.health import live, ready
from fynlo.api.rates import limited_sign_in
from fynlo.api.schema_page import Schema
from payments.urls import pages as payment_pages
from payments.views.health import ledger
from perf.urls import pages as perf_pages
from perf.views.metrics import metrics
from pos.urls import pages
from pos.views.receipts import public_page

api = [
    path("", include("fynlo.api.accounts.urls")),
    path("", include("pos.urls")),
    path("", include("employees.urls")),
    path("payments/", include("payments.urls")),
    path("", include("syncing.urls")),
    path("", include("perf.urls")),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("r/<str:token>/", public_page, name="public-receipt"),
    path("", include(payment_pages)),
    path("admin/login/", limited_sign_in(admin.site.login)),
    path("admin/", admin.site.urls),
    path("screens/", include("fynlo.api.screens.urls")),
    path("", include(pages)),
    path("", include(clock_pages)),
    path("perf/", include(perf_pages)),
    path("metrics", metrics),
    path("health/live/", live),
    path("health/ready/", ready),
    path("health/ledger/", ledger),
]

handler500 = "fynlo.api.outage_page.server_failed"
