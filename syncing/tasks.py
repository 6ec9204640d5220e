from typing import Any

from celery import shared_task

from fynlo.clock import utc_now
from fynlo.db import durable
from syncing.selectors.operations import operations_due
from syncing.services.settling import retry_due

AT_ONCE = 200


@shared_task(name="syncing.retry_operations")
def retry_operations(**_: Any) -> None:
    """Every few seconds; each operation in a transaction of its own."""
    now = utc_now()
    for pk in operations_due(now=now, limit=AT_ONCE):
        with durable():
            retry_due(pk=pk, now=now)
