from typing import Any

from celery import shared_task

from fynlo.accounts.actor import System
from fynlo.clock import utc_now
from fynlo.db import durable
from pos.selectors.kitchen import restaurants_with_late_tickets
from pos.selectors.menu import restaurants_with_products_back
from pos.services import availability, tickets


@shared_task(name="pos.restore_availability")
def restore_availability(**_: Any) -> None:
    """Each minute. One transaction for each restaurant: none waits for another's locks."""
    now = utc_now()
    for restaurant_id in restaurants_with_products_back(now=now):
        with durable():
            availability.restore_availability(by=System(restaurant_id), now=now)


@shared_task(name="pos.raise_kitchen_alarms")
def raise_kitchen_alarms(**_: Any) -> None:
    """Every few seconds, restaurant by restaurant as above."""
    now = utc_now()
    for restaurant_id in restaurants_with_late_tickets(now=now):
        with durable():
            tickets.raise_alarms(by=System(restaurant_id), now=now)
