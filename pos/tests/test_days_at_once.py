"""Days that are over are summed up several at once, and none keeps another back."""

from collections.abc import Iterator
from datetime import date
from time import monotonic
from uuid import UUID

import pytest
from django.db import DatabaseError, connection

from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.testing.races import PATIENCE, beside, wait_until_blocked
from pos import tasks
from pos.management.commands.measure_reports import fill
from pos.models import SalesDay, SalesOfDay
from pos.selectors.sales_days import days_to_sum_up
from pos.services.sales_days import sum_up_day

pytestmark = pytest.mark.django_db(transaction=True)
_DAYS = 2
_GATE = """
CREATE FUNCTION planted_gate() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN {does}; RETURN NEW; END $$;
CREATE TRIGGER planted_gate BEFORE INSERT ON pos_salesday FOR EACH ROW
    WHEN (NEW.restaurant_id = '{restaurant}' AND NEW.business_date = '{day}')
    EXECUTE FUNCTION planted_gate()
"""


@pytest.fixture
def days() -> list[tuple[UUID, date]]:
    """Of two restaurants, each of a thousand orders; none is summed up."""
    for _ in range(2):
        fill((_DAYS + 1) * 1000)
    return days_to_sum_up(now=utc_now())


def at_the_gate(item: tuple[UUID, date], does: str) -> None:
    """What PostgreSQL does when this day is summed up."""
    with connection.cursor() as cursor:
        cursor.execute(_GATE.format(does=does, restaurant=item[0], day=item[1]))


@pytest.fixture
def gate() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION planted_gate CASCADE")


def sums() -> list[tuple[object, ...]]:
    names = ("day__restaurant", "day__business_date", "dimension", "key", "orders", "total")
    return sorted(SalesOfDay.objects.values_list(*names), key=str)


def test_at_once_they_come_to_what_they_come_to_one_by_one(days: list[tuple[UUID, date]]) -> None:
    assert len(days) == 2 * _DAYS
    for restaurant_id, day in days:
        with durable():
            sum_up_day(restaurant_id=restaurant_id, day=day, now=utc_now())
    alone = sums()
    SalesDay.objects.all().delete()
    tasks.sum_up_sales_days()
    assert sums() == alone
    assert len(alone) > 2 * _DAYS
    assert days_to_sum_up(now=utc_now()) == []


@pytest.mark.usefixtures("gate")
def test_a_day_that_fails_keeps_no_other_back_and_is_told(
    days: list[tuple[UUID, date]], caplog: pytest.LogCaptureFixture
) -> None:
    at_the_gate(days[0], "RAISE EXCEPTION 'planted'")
    with pytest.raises(DatabaseError, match="planted"):
        tasks.sum_up_sales_days()
    assert days_to_sum_up(now=utc_now()) == days[:1]
    restaurant_id, day = days[0]
    assert f"{day} of {restaurant_id} not summed up" in caplog.text


@pytest.mark.race
@pytest.mark.usefixtures("gate")
def test_a_day_that_takes_long_does_not_hold_up_the_others(days: list[tuple[UUID, date]]) -> None:
    """The first waits for a lock that is held here. With DAYS_AT_ONCE at 1 nothing else is done."""
    at_the_gate(days[0], "PERFORM pg_advisory_xact_lock(4711)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(4711)")
        with beside(tasks.sum_up_sales_days):
            wait_until_blocked()
            until = monotonic() + PATIENCE
            while days_to_sum_up(now=utc_now()) != days[:1] and monotonic() < until:
                pass
            left = days_to_sum_up(now=utc_now())
            cursor.execute("SELECT pg_advisory_unlock(4711)")
    assert left == days[:1]
    assert days_to_sum_up(now=utc_now()) == []
