from collections.abc import Iterable
from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from fynlo.clock import utc_now
from payments.providers.apple.sessions import identity_expires_at

APPLE_WARNS_BEFORE = timedelta(days=30)


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        checks.register(apple_identity, checks.Tags.security, deploy=True)


def apple_identity(app_configs: object, **options: object) -> Iterable[checks.CheckMessage]:
    """payments.W001: without the certificate Apple opens no session, and no page takes Apple
    Pay."""
    path = settings.APPLE_PAY_IDENTITY_FILE
    if not path:
        return
    try:
        left = identity_expires_at(path) - utc_now()
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {error}"
    else:
        if left > APPLE_WARNS_BEFORE:
            return
        problem = f"ends in {left.days} days" if left > timedelta(0) else "has ended"
    yield checks.Warning(
        f"The merchant identity certificate of Apple Pay {problem}.",
        hint="Make a new one at developer.apple.com and set APPLE_PAY_IDENTITY_FILE.",
        id="payments.W001",
    )
