"""Production: every secret and address is given, nothing has a convenient default."""

from fynlo.settings.env import BASE_DIR, env, refuse_stand_ins, require, require_pairs

require(
    "SECRET_KEY",
    "SIGNING_KEYS",
    "FIELD_KEYS",
    "ALLOWED_HOSTS",
    "ALLOWED_ORIGINS",
    "DATABASE_URL",
    "REDIS_URL",
    "PUBLIC_URL",
    "WEBSOCKET_URL",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
)

from fynlo.settings.base import *  # noqa: E402, F403

if not DEMO_MODE:
    refuse_stand_ins({name: globals()[name] for name in PROVIDER_URLS})

SECRET_KEY = env.str("SECRET_KEY")
# "kid=secret,kid=secret": the first signs new tokens, the others are still accepted.
SIGNING_KEYS = require_pairs("SIGNING_KEYS")
FIELD_KEYS = env.list("FIELD_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS")
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

STATIC_ROOT = BASE_DIR / "build" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
