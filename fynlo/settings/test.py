"""The suite: development, with limits out of the way and a Redis database for each worker."""

import os

from fynlo.settings.development import *  # noqa: F403

DEBUG = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
RATES = dict.fromkeys(RATES, "100000/minute")
WEBHOOKS_TO_LOOPBACK = False
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
WHITENOISE_AUTOREFRESH = True  # or every test client would list all static files at its start

# Parallel workers share one Redis, not one another's keys; a busy machine is no outage.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
REDIS_URL = f"{REDIS_URL.rpartition('/')[0]}/{WORKER}"
CACHES["default"]["LOCATION"] = REDIS_URL
CACHES["default"]["OPTIONS"] = {"SOCKET_CONNECT_TIMEOUT": 5, "SOCKET_TIMEOUT": 5}
DATABASES["default"]["POOL"] = {"smallest": 0}
CACHE_AHEAD = False  # no thread with a connection of its own that outlives its test
PERF_REPORTS = False  # tests tell Redis themselves, when they want to
REDIS_PAUSE_S = 0  # a test that cuts the wire to Redis is no reason for the next to do without
CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [REDIS_URL]
CELERY_BROKER_URL = REDIS_URL
