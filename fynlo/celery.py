"""The Celery application: work that a request must not wait for."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")

app = Celery("fynlo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
