"""What nobody needs any more, taken away at night. Twice does no harm."""

from datetime import datetime, timedelta

from fynlo.accounts.models import PairingCode, PinLock, Session
from fynlo.db import transaction_required

# Long enough to look back at who was signed in when a quarter is closed.
SESSIONS_KEPT = timedelta(days=100)
CODES_KEPT = timedelta(days=1)
LOCKS_KEPT = timedelta(days=1)


@transaction_required
def sweep(*, now: datetime) -> None:
    """Sessions long over, pairing codes long dead, PIN counters that hold nobody back.

    A counter that was never locked goes as well: four tries a night are no attack.
    """
    Session.objects.filter(expires_at__lt=now - SESSIONS_KEPT).delete()
    PairingCode.objects.filter(expires_at__lt=now - CODES_KEPT).delete()
    PinLock.objects.filter(locked_until=None).delete()
    PinLock.objects.filter(locked_until__lt=now - LOCKS_KEPT).delete()
