"""The Celery application: work that a request must not wait for."""

import os
from typing import Any

from celery import Celery, Task
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")


class Reusing(Task[Any, Any]):
    """Work on the connection to PostgreSQL that the worker has, if that is still good.

    Celery would close it around every task: connecting costs more than most tasks do.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (self.request.called_directly or self.request.is_eager):
            close_old_connections()
        return super().__call__(*args, **kwargs)


# By name, for what measures is above everything that is measured.
app = Celery("fynlo", task_cls="perf.monitors.tasks:Watched")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
