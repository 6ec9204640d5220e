"""What every environment shares. Secrets and addresses come from the environment alone."""

from datetime import timedelta
from typing import Any

import django_stubs_ext
from celery.schedules import crontab

from fynlo.settings.env import BASE_DIR, env
from fynlo.settings.payments import *  # noqa: F403
from fynlo.settings.unfold import UNFOLD  # noqa: F401

# Django's generic classes may be written with their types, as in `ModelForm[Product]`.
django_stubs_ext.monkeypatch()

DEBUG = False
ROOT_URLCONF = "fynlo.urls"
WSGI_APPLICATION = "fynlo.wsgi.application"
ASGI_APPLICATION = "fynlo.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "fynlo.formats"

INSTALLED_APPS = [
    "daphne",
    "unfold.apps.BasicAppConfig",
    "fynlo.accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "fynlo.events",
    "fynlo.accounts",
    "fynlo.api",
    "pos",
    "employees",
    "payments",
    "syncing",
    "perf",
]

MIDDLEWARE = [
    "perf.middleware.Analyzer",
    "fynlo.api.middleware.RequestTrace",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "fynlo.api.middleware.PagePolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fynlo.api.outage_page.OutagePage",
    "fynlo.api.middleware.Problems",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.db("DATABASE_URL", default="postgresql:///fynlo"),
        "ENGINE": "fynlo.pool",
        # A connection goes back to the pool of its process when a request or task ends, and the
        # pool sees whether it is still good.
        "CONN_MAX_AGE": 0,
        "POOL": {
            "smallest": env.int("DATABASE_POOL_MIN", default=5),
            "largest": env.int("DATABASE_POOL_MAX", default=20),
            "wait_s": env.float("DATABASE_POOL_WAIT_S", default=5.0),
        },
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            # A server that is cut off is noticed within seconds (milliseconds in the last).
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            # PgBouncer refuses these: deploy/pgbouncer.ini sets them on its own connections.
            "options": env.str(
                "DATABASE_OPTIONS",
                default="-c jit=off -c lock_timeout=5s -c statement_timeout=30s",
            ),
        },
    }
}

# Execute wrappers of every connection.
STATEMENT_WATCHERS = ["perf.monitors.calls.note"]
# Told of a COMMIT of which nobody knows what came of it.
COMMIT_DOUBTER = "fynlo.cache.forgetting.commit_was_not_answered"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
# Off, every value is read from PostgreSQL: to measure what the cache saves.
CACHE_IS_ON = env.bool("CACHE", default=True)
# Values are loaded in the background before a till that has just signed in asks for them.
CACHE_AHEAD = True
# After Redis has failed to answer, requests do without it for this long.
REDIS_PAUSE_S = 1.0
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5},
    }
}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "fynlo"},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The second try is made at once: it is for a connection that had ended unnoticed.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}
# Servers of others may be slow: who waits for them is in nobody's way.
CELERY_TASK_ROUTES = {"syncing.deliver_webhooks": {"queue": "webhooks"}}
CELERY_IMPORTS = ["fynlo.parallel"]
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "kitchen-alarms": {"task": "pos.raise_kitchen_alarms", "schedule": 5.0},
    "restore-availability": {"task": "pos.restore_availability", "schedule": 60.0},
    "sweep-accounts": {"task": "accounts.sweep", "schedule": crontab(hour=3, minute=20)},
    "warm-caches": {"task": "accounts.warm_caches", "schedule": 600.0},
    "sweep-api": {"task": "api.sweep", "schedule": crontab(hour=3, minute=40)},
    "sum-up-sales-days": {"task": "pos.sum_up_sales_days", "schedule": crontab(minute="*/10")},
    "watch-hours": {"task": "employees.watch_hours", "schedule": 20.0},
    "forget-places": {"task": "employees.forget_places", "schedule": crontab(hour=3, minute=50)},
    "payments-sweep": {"task": "payments.sweep", "schedule": 15.0},
    "payments-poll": {"task": "payments.poll", "schedule": 5.0},
    "check-ledgers": {"task": "payments.check_ledgers", "schedule": 60.0},
    "watch-fees": {"task": "payments.watch_fees", "schedule": 60.0},
    "resume-closes": {"task": "payments.resume_closes", "schedule": 60.0},
    "retry-operations": {"task": "syncing.retry_operations", "schedule": 5.0},
    "aggregate-queries": {"task": "perf.aggregate_queries", "schedule": crontab(minute=2)},
    "watch-everything": {"task": "perf.watch", "schedule": 30.0},
    "explain-queries": {"task": "perf.explain_queries", "schedule": 60.0},
    # A beat that finds no worker is not made up for: the next one is a second away.
    "hand-out-webhooks": {
        "task": "syncing.hand_out_webhooks",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "forget-deliveries": {
        "task": "syncing.forget_deliveries",
        "schedule": crontab(hour=4, minute=10),
    },
    "resume-menu-imports": {"task": "pos.resume_menu_imports", "schedule": 60.0},
}

# A statement that takes this long is slow: it is explained, kept and shown.
SLOW_QUERY_MS = env.int("SLOW_QUERY_MS", default=500)
# Who may read /metrics; a caller's address is what ADDRESS_HEADER says.
INTERNAL_NETWORKS = env.list(
    "INTERNAL_NETWORKS",
    default=["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
)
# Whether this process tells others what it has seen.
PERF_REPORTS = env.bool("PERF_REPORTS", default=True)

PASSWORD_HASHERS = ["fynlo.accounts.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["fynlo.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["fynlo.api.permissions.Declared"],
    "DEFAULT_PARSER_CLASSES": ["fynlo.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["fynlo.api.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "fynlo.api.schema.OperationSchema",
    "EXCEPTION_HANDLER": "fynlo.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "fynlo.api.renderers.AlwaysJSON",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Fynlo",
    "DESCRIPTION": "The restaurant point of sale: orders, kitchen, money, realtime.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["fynlo.api.schema.only_the_api"],
    "POSTPROCESSING_HOOKS": ["fynlo.api.schema.add_components"],
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

SIGNING_KEYS: dict[str, str] = {}
# Seal secrets in the database: the first seals, all of them open.
FIELD_KEYS: list[str] = []
ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(hours=8)
PASSWORD_RESET_TIMEOUT = 60 * 60
MINIMUM_APP_VERSION = env.str("MINIMUM_APP_VERSION", default="1.0.0")
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")
WEBSOCKET_URL = env.str("WEBSOCKET_URL", default="ws://127.0.0.1:8001/ws/v1/events/")
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=[PUBLIC_URL])
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Fynlo <no-reply@localhost>")

# Ports that webhooks may be sent to; and, for development alone, this machine on any port.
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", default=["443", "8443"])
WEBHOOKS_TO_LOOPBACK = False

# What is left out is as in syncing.hub.limits.
REALTIME: dict[str, Any] = {
    "sockets_per_process": env.int("WEBSOCKET_CONNECTIONS", default=5000),
}

RATES = {
    "token": "1200/minute",
    "address": "6000/minute",
    "sign_in": "30/minute",
    # Everybody of a house comes at nine; wrong PINs are counted for each person besides.
    "clock": "120/minute",
    "schema": "30/minute",
    "receipt": "60/minute",
    # A guest's page: by its code, by address when the code is none, and where banks send guests.
    "guest": "90/minute",
    "guest_guess": "10/minute",
    "guest_return": "60/minute",
}

# The request variable that names the caller; behind nginx HTTP_X_REAL_IP, which nginx sets.
ADDRESS_HEADER = env.str("ADDRESS_HEADER", default="REMOTE_ADDR")

BODY_LIMIT = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT

STATIC_URL = "/static/"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "perf.static_files.PlotlyFinder",
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
APPEND_SLASH = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "fynlo.api.middleware.RequestIdFilter"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["request_id"],
        }
    },
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
}
