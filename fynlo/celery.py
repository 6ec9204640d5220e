"""The Celery application: work that a request must not wait for."""

import os
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis import exceptions

from fynlo.redis import asking

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")


class Patient(Celery):
    """Whoever hands work over does not wait, again and again, for a Redis that hangs: for a moment
    after it failed to answer, nothing is handed over. What must be done is in PostgreSQL too, where
    a sweep finds it."""

    def send_task(self, *args: Any, **options: Any) -> Any:
        """Raises RedisError when the broker is away."""
        with asking():
            try:
                return super().send_task(*args, **options)
            except OperationalError as error:
                raise exceptions.ConnectionError(str(error)) from error


# By name, for what measures is above everything that is measured.
app = Patient("fynlo", task_cls="perf.monitors.tasks:Watched")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
