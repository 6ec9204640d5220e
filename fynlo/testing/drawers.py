"""An open drawer, for tests that are about something else."""

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from payments.models import DrawerSession


def open_drawer(restaurant: Restaurant) -> DrawerSession:
    """Empty, and on no device; whoever takes cash here takes it with this one."""
    now = utc_now()
    return DrawerSession.objects.create(
        restaurant=restaurant,
        name="Stock",
        business_date=now.date(),
        currency=restaurant.currency,
        opening_float=0,
        opened_at=now,
    )
