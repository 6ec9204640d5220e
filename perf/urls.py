"""`urlpatterns` stand under `/api/v1/`, `pages` under `/perf/`."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from perf.views import dashboard, runs
from perf.views.benchmarks import Benchmarks
from perf.views.health import Performance

router = SimpleRouter(use_regex_path=False)
router.register("health/performance", Performance, basename="performance")
router.register("benchmarks", Benchmarks, basename="benchmark")

urlpatterns = router.urls
pages = [
    path("", dashboard.now, name="perf-now"),
    path("queries/", dashboard.queries, name="perf-queries"),
    path("cache/", dashboard.cache, name="perf-cache"),
    path("sync/", dashboard.sync, name="perf-sync"),
    path("runs/", runs.every, name="perf-runs"),
    path("runs/compare/", runs.two, name="perf-two-runs"),
    path("runs/trend/", runs.trend, name="perf-trend"),
    path("runs/<uuid:pk>/", runs.one, name="perf-run"),
    path("recommendations/", dashboard.advice, name="perf-recommendations"),
    path("capacity/", runs.limits, name="perf-capacity"),
]
