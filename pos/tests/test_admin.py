"""What managers do in the admin follows the rules of the house."""

from typing import Any

import orjson
import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant
from fynlo.events.reading import after
from fynlo.testing.cast import Member, hire
from fynlo.testing.forms import form_of
from pos.choices import Availability
from pos.models import Category, Floor, ModifierGroup, Product, TaxRate, Variation
from pos.tests.admin_scene import Scene, furnish, office

pytestmark = pytest.mark.django_db
PRODUCTS = "/admin/pos/product/"


@pytest.fixture
def ours(manager: Member) -> Scene:
    return furnish(manager, "Our")


@pytest.fixture
def client(manager: Member) -> Client:
    return office(manager)


def kinds(member: Member) -> list[str]:
    events = after(restaurant_id=member.restaurant.pk, seq=0, limit=1000)
    return [orjson.loads(event.envelope)["kind"] for event in events]


def act(client: Client, path: str, action: str, row: Any, **more: Any) -> Any:
    data = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk)], **more}
    return client.post(path, data, follow=True)


def test_a_new_price_bumps_the_version_writes_an_event_and_empties_the_menu_cache(
    ours: Scene, manager: Member, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    assert b'"price":850' in manager.get("menu/").content.replace(b" ", b"")
    path = f"{PRODUCTS}{ours.product.pk}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(path, {**form_of(client, path), "price": "9.25"})
    assert answer.status_code == 302
    ours.product.refresh_from_db()
    assert (ours.product.price, ours.product.version) == (925, 2)
    (event,) = after(restaurant_id=manager.restaurant.pk, seq=0, limit=10)
    envelope = orjson.loads(event.envelope)
    assert envelope["kind"] == "product.updated"
    assert envelope["actor"] == str(manager.membership.pk)
    assert envelope["data"]["price"] == 925
    assert b'"price":925' in manager.get("menu/").content.replace(b" ", b"")


def test_saving_without_a_change_writes_nothing(
    ours: Scene, manager: Member, client: Client
) -> None:
    for row in ours.rows[:6]:
        path = f"/admin/pos/{row._meta.model_name}/{row.pk}/change/"
        assert client.post(path, form_of(client, path)).status_code == 302, row
    assert kinds(manager) == []


def test_a_form_opened_before_somebody_elses_change_is_refused(ours: Scene, client: Client) -> None:
    path = f"{PRODUCTS}{ours.product.pk}/change/"
    stale = form_of(client, path)
    Product.objects.filter(pk=ours.product.pk).update(price=900, version=2)
    answer = client.post(path, {**stale, "price": "1.00"})
    assert b"Somebody changed this" in answer.content
    assert Product.objects.get(pk=ours.product.pk).price == 900


@pytest.mark.parametrize("price", ["", "8.505", "-1", "1e400", "NaN", "8,50,0", "9" * 60])
def test_prices_that_are_none_are_refused(ours: Scene, client: Client, price: str) -> None:
    path = f"{PRODUCTS}{ours.product.pk}/change/"
    assert client.post(path, {**form_of(client, path), "price": price}).status_code == 200
    assert Product.objects.get(pk=ours.product.pk).price == 850


def test_sizes_are_added_and_a_removed_one_is_archived(ours: Scene, client: Client) -> None:
    path = f"{PRODUCTS}{ours.product.pk}/change/"
    data = form_of(client, path)
    data |= {"variations-TOTAL_FORMS": "2", "variations-0-DELETE": "on"}
    data |= {"variations-1-name": "Large", "variations-1-price": "12.00"}
    data |= {"variations-1-position": "2"}
    assert client.post(path, data).status_code == 302
    rows = Variation.objects.filter(product=ours.product).order_by("price")
    assert [(row.name, row.price, row.archived_at is None) for row in rows] == [
        ("Our size", 1050, False),
        ("Large", 1200, True),
    ]
    assert Product.objects.get(pk=ours.product.pk).version == 2


def test_two_sizes_of_one_name_are_refused(ours: Scene, client: Client) -> None:
    path = f"{PRODUCTS}{ours.product.pk}/change/"
    data = form_of(client, path)
    data |= {"variations-TOTAL_FORMS": "3"}
    for place in (1, 2):
        data |= {f"variations-{place}-name": "Large", f"variations-{place}-price": "12.00"}
        data |= {f"variations-{place}-position": "2"}
    answer = client.post(path, data)
    assert b"Two rows have the same name" in answer.content


def test_a_product_is_made_in_the_managers_restaurant(
    ours: Scene, manager: Member, client: Client
) -> None:
    data = form_of(client, f"{PRODUCTS}add/")
    rows = {type(row): row for row in ours.rows}
    data |= {"name": "Tea", "sku": "TEA", "price": "3.10", "category": rows[Category].pk}
    data |= {"tax_rate": rows[TaxRate].pk}
    assert client.post(f"{PRODUCTS}add/", data).status_code == 302
    made = Product.objects.get(sku="TEA")
    assert (made.restaurant_id, made.price) == (manager.restaurant.pk, 310)
    assert kinds(manager) == ["product.created"]
    again = client.post(f"{PRODUCTS}add/", data)
    assert b"Already in use: sku." in again.content


def test_a_rivals_category_cannot_be_smuggled_in(
    ours: Scene, client: Client, rival_owner: Member
) -> None:
    foreign = Category.objects.create(restaurant=rival_owner.restaurant, name="Theirs")
    path = f"{PRODUCTS}{ours.product.pk}/change/"
    answer = client.post(path, {**form_of(client, path), "category": foreign.pk})
    assert answer.status_code == 200
    assert Product.objects.get(pk=ours.product.pk).category_id != foreign.pk


def test_sold_out_and_back(ours: Scene, manager: Member, client: Client) -> None:
    act(client, PRODUCTS, "mark_sold_out", ours.product)
    assert Product.objects.get(pk=ours.product.pk).availability == Availability.OUT_OF_STOCK
    act(client, PRODUCTS, "put_back_in_stock", ours.product)
    assert Product.objects.get(pk=ours.product.pk).availability == Availability.IN_STOCK
    assert kinds(manager) == ["product.updated", "product.updated"]


def test_archived_and_restored(ours: Scene, manager: Member, client: Client) -> None:
    act(client, PRODUCTS, "archive", ours.product)
    assert b"Our product" not in client.get(PRODUCTS).content
    assert b"Our product" in client.get(f"{PRODUCTS}?archived=yes").content
    act(client, f"{PRODUCTS}?archived=yes", "restore", ours.product)
    assert b"Our product" in client.get(PRODUCTS).content
    assert kinds(manager) == ["product.deleted", "product.updated"]


def test_many_prices_change_after_a_look_at_them(
    ours: Scene, manager: Member, client: Client
) -> None:
    change = {"percent": "10", "amount": "", "round_to": "5"}
    preview = act(client, PRODUCTS, "change_prices", ours.product, **change)
    assert b"\xc2\xa38.50" in preview.content
    assert b"\xc2\xa39.35" in preview.content
    assert kinds(manager) == []
    seen = preview.context["seen"]
    act(client, PRODUCTS, "change_prices", ours.product, **change, seen=seen, confirm="yes")
    assert Product.objects.get(pk=ours.product.pk).price == 935
    assert Variation.objects.get(product=ours.product).price == 1155
    assert kinds(manager) == ["product.updated"]


def test_prices_that_moved_since_the_preview_are_shown_again(ours: Scene, client: Client) -> None:
    change = {"percent": "10", "amount": "", "round_to": "1"}
    seen = act(client, PRODUCTS, "change_prices", ours.product, **change).context["seen"]
    Product.objects.filter(pk=ours.product.pk).update(price=900, version=2)
    change |= {"seen": seen, "confirm": "yes"}
    answer = act(client, PRODUCTS, "change_prices", ours.product, **change)
    assert b"Prices have changed meanwhile" in answer.content
    assert Product.objects.get(pk=ours.product.pk).price == 900


def test_nothing_ever_costs_less_than_nothing(ours: Scene, client: Client) -> None:
    change = {"percent": "", "amount": "-9.00", "round_to": "1"}
    answer = act(client, PRODUCTS, "change_prices", ours.product, **change)
    assert b"less than nothing" in answer.content
    assert not answer.context["ready"]


def test_what_is_in_use_is_not_deleted(ours: Scene, client: Client) -> None:
    for row in ours.rows[:4]:
        answer = act(client, f"/admin/pos/{row._meta.model_name}/", "take_away", row)
        assert b"deleted." not in answer.content, row
        assert type(row)._default_manager.get(pk=row.pk).archived_at is None


def test_tables_have_versions_and_events_of_their_own(
    ours: Scene, manager: Member, client: Client
) -> None:
    floor = Floor.objects.get()
    path = f"/admin/pos/floor/{floor.pk}/change/"
    data = form_of(client, path)
    data |= {"tables-0-seats": "6", "tables-TOTAL_FORMS": "2", "tables-1-number": "12"}
    data |= {"tables-1-seats": "4", "tables-1-shape": "round", "tables-1-x": "1"}
    assert client.post(path, {**data, "tables-1-y": "1"}).status_code == 302
    rows = floor.tables.order_by("number").values_list("number", "seats", "version")
    assert list(rows) == [("12", 4, 1), ("OurT", 6, 2)]
    assert kinds(manager) == ["table.created", "table.updated", "floor.updated"]


def test_a_table_with_an_open_order_is_not_removed(ours: Scene, client: Client) -> None:
    path = f"/admin/pos/floor/{Floor.objects.get().pk}/change/"
    answer = client.post(path, {**form_of(client, path), "tables-0-DELETE": "on"})
    assert b"open orders at this table" in answer.content


def test_a_group_cannot_ask_for_more_than_there_is(ours: Scene, client: Client) -> None:
    path = f"/admin/pos/modifiergroup/{ModifierGroup.objects.get().pk}/change/"
    data = {**form_of(client, path), "min_choices": "2", "max_choices": "2"}
    assert client.post(path, data).status_code == 200
    assert ModifierGroup.objects.get().min_choices == 0


def test_only_the_owner_changes_the_restaurant_and_not_its_currency(
    owner: Member, manager: Member
) -> None:
    path = f"/admin/accounts/restaurant/{owner.restaurant.pk}/change/"
    assert office(manager).post(path, {"name": "Mine"}).status_code == 403
    client = office(owner)
    data = {**form_of(client, path), "name": "New name", "service_charge_bps": "10"}
    assert client.post(path, {**data, "currency": "JPY"}).status_code == 302
    place = Restaurant.objects.get(pk=owner.restaurant.pk)
    assert (place.name, place.currency, place.service_charge_bps) == ("New name", "GBP", 1000)
    assert (place.version, kinds(owner)) == (2, ["restaurant.updated"])


def test_an_order_shows_what_happened_and_cannot_be_changed(
    ours: Scene, manager: Member, client: Client
) -> None:
    order = ours.rows[6]
    assert manager.post(f"orders/{order.pk}/cancel/", {"reason": "Left"}, if_match="1").status_code
    page = client.get(f"/admin/pos/order/{order.pk}/change/")
    assert b"What happened" in page.content
    assert client.post(f"/admin/pos/order/{order.pk}/change/", {"note": "x"}).status_code == 403


def test_the_index_counts_only_our_orders(ours: Scene, client: Client, rival_owner: Member) -> None:
    furnish(rival_owner, "Theirs")
    figures = {figure.title: figure.value for figure in client.get("/admin/").context["figures"]}
    assert figures["Open orders"] == "1"
    assert figures["Tickets waiting"] == "1"


def test_who_manages_two_restaurants_says_which_one_a_new_row_is_for(
    ours: Scene, manager: Member, rival_restaurant: Restaurant
) -> None:
    second = hire(rival_restaurant, Role.MANAGER, name="borrowed")
    Membership.objects.filter(pk=second.membership.pk).update(user=manager.membership.user)
    client = office(manager)
    assert b"For which restaurant?" in client.get("/admin/pos/category/add/").content
    path = f"/admin/pos/category/add/?restaurant={rival_restaurant.pk}"
    assert client.post(path, {**form_of(client, path), "name": "Antipasti"}).status_code == 302
    assert Category.objects.get(name="Antipasti").restaurant_id == rival_restaurant.pk
    assert client.post("/admin/pos/category/add/", {"name": "x"}).status_code == 200
    assert Category.objects.filter(name="x").count() == 0
