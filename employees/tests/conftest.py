from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now


@pytest.fixture
def morning(restaurant: Restaurant) -> None:
    """The business day and the week began two hours ago: none begins while a test runs."""
    local = (utc_now() - timedelta(hours=2)).astimezone(ZoneInfo(restaurant.time_zone))
    restaurant.day_starts_at = local.time().replace(second=0, microsecond=0)
    restaurant.save()
