from typing import Any

from celery import shared_task

from fynlo.accounts.actor import System
from fynlo.clock import utc_now
from fynlo.db import durable
from pos.selectors.menu import restaurants_with_products_back
from pos.services import availability


@shared_task(name="pos.restore_availability")
def restore_availability(**_: Any) -> None:
    """Each minute. One transaction for each restaurant: none waits for another's locks."""
    now = utc_now()
    for restaurant_id in restaurants_with_products_back(now=now):
        with durable():
            availability.restore_availability(by=System(restaurant_id), now=now)
