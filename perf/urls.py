"""`urlpatterns` stand under `/api/v1/`, `pages` under `/perf/`."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from perf.views import dashboard
from perf.views.health import Performance

router = SimpleRouter(use_regex_path=False)
router.register("health/performance", Performance, basename="performance")

urlpatterns = router.urls
pages = [
    path("", dashboard.now, name="perf-now"),
    path("queries/", dashboard.queries, name="perf-queries"),
    path("cache/", dashboard.cache, name="perf-cache"),
    path("recommendations/", dashboard.advice, name="perf-recommendations"),
]
