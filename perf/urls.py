"""`urlpatterns` stand under `/api/v1/`, `pages` under `/perf/`."""

from django.urls import URLPattern
from rest_framework.routers import SimpleRouter

from perf.views.health import Performance

router = SimpleRouter(use_regex_path=False)
router.register("health/performance", Performance, basename="performance")

urlpatterns = router.urls
pages: list[URLPattern] = []
