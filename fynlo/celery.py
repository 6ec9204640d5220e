"""The Celery application: work that a request must not wait for."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")

# By name, for what measures is above everything that is measured.
app = Celery("fynlo", task_cls="perf.monitors.tasks:Watched")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
