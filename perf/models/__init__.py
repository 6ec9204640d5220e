from perf.models.runs import BenchmarkRun, RunState, Sample, Scenario
from perf.models.slow_queries import SlowQuery

__all__ = ["BenchmarkRun", "RunState", "Sample", "Scenario", "SlowQuery"]
