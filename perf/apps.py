from django.apps import AppConfig
from prometheus_client import GC_COLLECTOR, PROCESS_COLLECTOR, REGISTRY


class PerfConfig(AppConfig):
    name = "perf"
    verbose_name = "Performance"

    def ready(self) -> None:
        from perf.selectors.metrics import Figures  # noqa: PLC0415  (needs the app registry)

        REGISTRY.register(Figures())
        # They tell of the one process that happens to answer.
        REGISTRY.unregister(PROCESS_COLLECTOR)
        REGISTRY.unregister(GC_COLLECTOR)
