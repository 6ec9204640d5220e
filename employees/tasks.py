import logging
from typing import Any
from uuid import UUID

from celery import shared_task

from employees.selectors.entries import restaurants_at_work
from employees.services import evidence, watching
from fynlo.accounts.actor import System
from fynlo.clock import utc_now
from fynlo.db import durable

logger = logging.getLogger(__name__)


@shared_task(name="employees.forget_places")
def forget_places(**_: Any) -> None:
    """Each night."""
    with durable():
        evidence.forget_places(now=utc_now())


@shared_task(name="employees.watch_hours")
def watch_hours(**_: Any) -> None:
    """Every 20 seconds. One transaction for each restaurant: none waits for another's locks, and
    what fails in one is logged and tried again the next time."""
    for restaurant_id in restaurants_at_work():
        try:
            with durable():
                watching.watch(by=System(restaurant_id), now=utc_now())
        except Exception:
            logger.exception("hours of restaurant %s not watched", restaurant_id)


@shared_task(
    name="employees.send_alert", autoretry_for=(OSError,), retry_backoff=True, max_retries=5
)
def send_alert(*, kind: str, entry_id: str, restaurant_id: str, **_: Any) -> None:
    watching.send_alert(kind=kind, entry_id=UUID(entry_id), restaurant_id=UUID(restaurant_id))
