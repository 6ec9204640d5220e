from typing import Any

from celery import shared_task

from employees.services import evidence
from fynlo.clock import utc_now
from fynlo.db import durable


@shared_task(name="employees.forget_places")
def forget_places(**_: Any) -> None:
    """Each night."""
    with durable():
        evidence.forget_places(now=utc_now())
