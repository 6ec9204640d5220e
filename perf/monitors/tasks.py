"""Work in the background: every task is a call that the analyzer sees."""

from time import perf_counter
from typing import Any

from celery import Task
from celery.signals import worker_process_shutdown

from perf.monitors.calls import Call, noted
from perf.monitors.reporter import reporter


class Watched(Task[Any, Any]):
    """The class of all tasks. One that is called as a function belongs to who calls it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly or self.request.is_eager:
            return super().__call__(*args, **kwargs)
        started, error = perf_counter(), "failed"
        call = Call("worker", self.name)
        try:
            with noted(call):
                answer = super().__call__(*args, **kwargs)
            error = ""
        finally:
            reporter.finish(call, ms=(perf_counter() - started) * 1000, error=error)
        return answer


@worker_process_shutdown.connect
def _tell_what_is_left(**_: Any) -> None:
    """The processes of a worker end without running what others run at their end."""
    reporter.stop()
