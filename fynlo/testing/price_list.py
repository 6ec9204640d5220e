"""The price list that migrations load, for tests that come after a flush of the database."""

from importlib import import_module

from django.apps import apps

from payments.models import FeeSchedule


def stock_price_list() -> None:
    """Loads it where it is missing."""
    if not FeeSchedule.objects.exists():
        import_module("payments.migrations.0005_price_list").load(apps, None)
