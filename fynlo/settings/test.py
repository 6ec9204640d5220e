"""The suite: development with fast password hashing left as it is in production."""

from fynlo.settings.development import *  # noqa: F403

DEBUG = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
RATES = {"token": "100000/minute", "address": "100000/minute", "sign_in": "100000/minute"}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
