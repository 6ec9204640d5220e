"""Settings that production must not start with: `manage.py check --deploy` names them."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from fynlo.settings.env import is_stand_in

SECRET_KEY_LENGTH = 50
# RFC 7518, 3.2: an HS256 key is at least as long as the hash.
SIGNING_KEY_BYTES = 32
FIELD_KEY_LENGTH = 32
REDIS_SCHEMES = ("redis", "rediss", "unix")
HOW_TO_MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' makes one."


def secret_key(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E001"""
    if len(settings.SECRET_KEY) < SECRET_KEY_LENGTH:
        yield Error(
            f"SECRET_KEY is shorter than {SECRET_KEY_LENGTH} characters.",
            hint=HOW_TO_MAKE_ONE,
            id="fynlo.E001",
        )


def signing_keys(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E002 to E004"""
    if not settings.SIGNING_KEYS:
        yield Error(
            "SIGNING_KEYS is empty: nobody could sign in.",
            hint="Give it as kid=secret,kid=secret; the first signs new tokens.",
            id="fynlo.E002",
        )
    for key_id, secret in settings.SIGNING_KEYS.items():
        yield from _signing_key(key_id, secret)


def _signing_key(key_id: str, secret: str) -> Iterator[CheckMessage]:
    if len(secret.encode()) < SIGNING_KEY_BYTES:
        yield Error(
            f"The signing key {key_id!r} is shorter than {SIGNING_KEY_BYTES} bytes.",
            hint=HOW_TO_MAKE_ONE,
            id="fynlo.E003",
        )
    if secret == settings.SECRET_KEY:
        yield Error(
            f"The signing key {key_id!r} is also the SECRET_KEY.",
            hint="Give tokens a secret of their own, so that either can be replaced alone.",
            id="fynlo.E004",
        )


def field_keys(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E009"""
    if not settings.FIELD_KEYS or min(map(len, settings.FIELD_KEYS)) < FIELD_KEY_LENGTH:
        yield Error(
            f"FIELD_KEYS is empty or has a key shorter than {FIELD_KEY_LENGTH} characters.",
            hint=HOW_TO_MAKE_ONE,
            id="fynlo.E009",
        )


def redis_url(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E005"""
    if urlsplit(settings.REDIS_URL).scheme not in REDIS_SCHEMES:
        yield Error(
            "REDIS_URL is not the address of a Redis.",
            hint="It begins with redis://, rediss:// (TLS) or unix://.",
            id="fynlo.E005",
        )


def allowed_origins(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E006"""
    for origin in settings.ALLOWED_ORIGINS:
        if not _has_host(origin, "https") or origin != f"https://{urlsplit(origin).netloc}":
            yield Error(
                f"ALLOWED_ORIGINS has {origin!r}, which is not an https origin.",
                hint="An origin is https://host or https://host:port, without a path.",
                id="fynlo.E006",
            )


def websocket_url(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E007"""
    if not _has_host(settings.WEBSOCKET_URL, "wss"):
        yield Error(
            "WEBSOCKET_URL is not a wss:// address: tokens would travel unencrypted.",
            hint="Tills are told this address: wss://host/ws/v1/events/.",
            id="fynlo.E007",
        )


def public_url(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E008"""
    if not _has_host(settings.PUBLIC_URL, "https"):
        yield Error(
            "PUBLIC_URL is not an https:// address: links in e-mails and QR codes use it.",
            hint="Give the address that the world sees: https://host.",
            id="fynlo.E008",
        )


def providers(app_configs: object, **options: object) -> Iterable[CheckMessage]:
    """fynlo.E010"""
    for name in () if settings.DEMO_MODE else settings.PROVIDER_URLS:
        if is_stand_in(getattr(settings, name)):
            yield Error(
                f"{name} leads to a sandbox: guests would pay with money that does not exist.",
                hint="Leave it out to use the real provider, or set DEMO_MODE=true.",
                id="fynlo.E010",
            )


def _has_host(url: str, scheme: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == scheme and bool(parts.hostname)


ALL = (
    secret_key,
    signing_keys,
    field_keys,
    redis_url,
    allowed_origins,
    websocket_url,
    public_url,
    providers,
)
