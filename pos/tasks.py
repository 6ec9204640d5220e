import logging
from datetime import date
from typing import Any
from uuid import UUID

from celery import shared_task

from fynlo.accounts.actor import System
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.parallel import run_parallel
from pos.selectors.kitchen import restaurants_with_late_tickets
from pos.selectors.menu import restaurants_with_products_back
from pos.selectors.menu_imports import imports_left_alone
from pos.selectors.sales_days import days_to_sum_up
from pos.services import availability, menu_imports, sales_days, tickets

logger = logging.getLogger(__name__)
DAYS_AT_ONCE = 4


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


@shared_task(name="pos.run_menu_import")
def run_menu_import(*, import_id: str, **_: Any) -> None:
    """Each step in a transaction of its own, so that its progress is seen. Done once, however
    often it is called: see `menu_imports.begin_import`."""
    pk = UUID(import_id)
    with durable():
        is_ours = menu_imports.begin_import(import_id=pk, now=utc_now())
    if not is_ours:
        return
    with durable():
        file = menu_imports.read_import(import_id=pk, now=utc_now())
    if file is not None:
        with durable():
            menu_imports.apply_import(import_id=pk, file=file, now=utc_now())


@shared_task(name="pos.resume_menu_imports")
def resume_menu_imports(**_: Any) -> None:
    """Each minute: imports whose worker died, or that no broker was there to take."""
    for pk in imports_left_alone(since=utc_now() - menu_imports.LEFT_ALONE):
        menu_imports.hand_over(pk)


@shared_task(name="pos.sum_up_sales_days")
def sum_up_sales_days(**_: Any) -> None:
    """Every ten minutes: days that are over and were not summed up yet, or have changed since.

    Several at once, each in a transaction of its own: what is done stays done, and a day that
    fails or takes long keeps no other back. Raises what the first of them raised.
    """
    now = utc_now()

    def sum_up(item: tuple[UUID, date]) -> None:
        restaurant_id, day = item
        with durable():
            sales_days.sum_up_day(restaurant_id=restaurant_id, day=day, now=now)

    found = days_to_sum_up(now=now)
    failures = run_parallel(sum_up, found, workers=DAYS_AT_ONCE).failures
    for failure in failures:
        restaurant_id, day = found[failure.index]
        logger.error("%s of %s not summed up: %r", day, restaurant_id, failure.error)
    if failures:
        raise failures[0].error
