from perf.models.slow_queries import SlowQuery

__all__ = ["SlowQuery"]
