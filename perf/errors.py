from typing import ClassVar

from fynlo.errors import DomainError


class BenchmarkRunning(DomainError):
    code: ClassVar[str] = "benchmark_running"
    message = "A benchmark is running already. Wait until it is over: two would measure each other."
    status = 409


class BenchmarkRefused(DomainError):
    code: ClassVar[str] = "benchmark_refused"
    message = "Benchmarks do not run where guests are served. Start them on a development machine."
    status = 422
