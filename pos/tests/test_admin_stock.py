"""Limited, sold out until, back again: set in the admin, for one product or for many."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from fynlo.testing.cast import Member
from pos.choices import Availability
from pos.models import Product
from pos.tests.admin_scene import Scene, furnish, office

pytestmark = pytest.mark.django_db
LIST = "/admin/pos/product/"


@pytest.fixture
def ours(manager: Member) -> Scene:
    return furnish(manager, "Our")


@pytest.fixture
def client(manager: Member) -> Client:
    return office(manager)


def page_of(scene: Scene) -> str:
    return f"{LIST}{scene.product.pk}/availability/"


def stored(scene: Scene) -> Product:
    return Product.objects.get(pk=scene.product.pk)


def test_only_so_many_are_left(ours: Scene, manager: Member, client: Client) -> None:
    assert client.get(page_of(ours)).status_code == 200
    answer = client.post(page_of(ours), {"state": "limited", "quantity": "7"})
    assert answer.status_code == 302
    product = stored(ours)
    assert (product.availability, product.stock) == (Availability.LIMITED, 7)
    assert b"7 left" in client.get(LIST).content


def test_sold_out_until_it_is_back(ours: Scene, client: Client) -> None:
    """The time is that of the restaurant, which is London's."""
    until = {"until_0": "2999-07-01", "until_1": "18:00"}
    client.post(page_of(ours), {"state": "out_of_stock", "quantity": "7", **until})
    product = stored(ours)
    assert (product.availability, product.stock) == (Availability.OUT_OF_STOCK, None)
    assert str(product.available_again_at) == "2999-07-01 17:00:00+00:00"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"state": "limited"}, b"Say how many are left"),
        ({"state": "limited", "quantity": "0"}, b"greater than or equal to 1"),
        ({"state": "nonsense"}, b"Select a valid choice"),
        (
            {"state": "out_of_stock", "until_0": "2001-01-01", "until_1": "12:00"},
            b"in the future",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    ours: Scene, client: Client, given: dict[str, Any], said: bytes
) -> None:
    assert said in client.post(page_of(ours), given).content
    assert stored(ours).availability == Availability.IN_STOCK


def test_many_at_once(ours: Scene, client: Client) -> None:
    chosen = {"action": "set_stock", ACTION_CHECKBOX_NAME: [str(ours.product.pk)]}
    assert b"How many are left" in client.post(LIST, chosen).content
    client.post(LIST, {**chosen, "state": "limited", "quantity": "3"})
    assert stored(ours).stock == 3


def test_what_is_off_the_menu_has_no_availability(ours: Scene, client: Client) -> None:
    client.post(LIST, {"action": "archive", ACTION_CHECKBOX_NAME: [str(ours.product.pk)]})
    answer = client.post(page_of(ours), {"state": "out_of_stock"}, follow=True)
    assert b"Choose products that are on the menu" in answer.content
    assert stored(ours).availability == Availability.IN_STOCK


@pytest.mark.parametrize("pk", ["01936f00-c0bb-7e00-8000-00000000dead", "nonsense"])
def test_what_is_not_there_is_404(ours: Scene, client: Client, pk: str) -> None:
    assert client.get(f"{LIST}{pk}/availability/").status_code == 404


def test_receipts_and_imports_are_there_to_read(ours: Scene, client: Client) -> None:
    for row in ours.rows:
        if row._meta.model_name in {"receipt", "menuimport"}:
            path = f"/admin/pos/{row._meta.model_name}/"
            assert "\u00a38.50" in client.get("/admin/pos/receipt/").content.decode()
            assert client.get(f"{path}{row.pk}/change/").status_code == 200
            assert client.get(f"{path}add/").status_code == 403
            assert client.post(f"{path}{row.pk}/change/", {"number": 9}).status_code == 403
