import json

import pytest

from fynlo.accounts.documents import RESTAURANT
from fynlo.accounts.models import Restaurant
from pos.documents import MENU

pytestmark = pytest.mark.django_db


def test_a_document_carries_times_and_numbers_as_promised(restaurant: Restaurant) -> None:
    (text,) = RESTAURANT.read(Restaurant.objects.filter(pk=restaurant.pk))
    document = json.loads(text)
    assert document["id"] == str(restaurant.pk)
    assert document["day_starts_at"] == "05:00"


def test_an_empty_menu_has_empty_lists(restaurant: Restaurant) -> None:
    (text,) = MENU.read(Restaurant.objects.filter(pk=restaurant.pk))
    assert json.loads(text)["products"] == []
