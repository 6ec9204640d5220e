"""One developer, one machine: `make run`, `manage.py runserver`."""

from fynlo.settings.env import env, read_local_stack

read_local_stack()

from fynlo.settings import unfold  # noqa: E402
from fynlo.settings.base import *  # noqa: E402, F403

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-key-that-signs-nothing-of-value")
SIGNING_KEYS = {"development": SECRET_KEY}
FIELD_KEYS = [SECRET_KEY]
ALLOWED_HOSTS = ["*"]
SLOW_QUERY_MS = env.int("SLOW_QUERY_MS", default=100)
WHITENOISE_USE_FINDERS = True
WEBHOOKS_TO_LOOPBACK = env.bool("WEBHOOKS_TO_LOOPBACK", default=False)
UNFOLD = {**unfold.UNFOLD, "ENVIRONMENT": ["Development", "warning"]}
# A terminal has no room for each task that was well done; failures are told.
LOGGING["loggers"] |= {
    "celery.worker.strategy": {"level": "WARNING"},
    "celery.app.trace": {"level": "WARNING"},
}
