from typing import Any

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from fynlo.api.idempotency import sweep_batch
from fynlo.clock import utc_now
from fynlo.db import durable


@shared_task(name="api.sweep")
def sweep(**_: Any) -> None:
    """Each night: answers that are replayed no more, and the admin's sessions that are over.

    In batches, so that no lock is held for long. Twice does no harm.
    """
    now, gone = utc_now(), 1
    while gone:
        with durable():
            gone = sweep_batch(now=now)
    SessionStore.clear_expired()
