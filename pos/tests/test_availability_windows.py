from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member
from pos.models import AvailabilityWindow, Category
from pos.services.windows import is_on_sale
from pos.tests.conftest import Menu, said

LONDON = "Europe/London"
ALWAYS = [1, 2, 3, 4, 5, 6, 7]
pytestmark = pytest.mark.django_db


def window(start: str, end: str, *weekdays: int) -> dict[str, Any]:
    return {"weekdays": list(weekdays) or ALWAYS, "starts_at": start, "ends_at": end}


BREAKFAST = window("07:00", "11:00")


def on_sale(at: datetime, *own: Any, category: Any = (), parent: Any = ()) -> bool:
    product = {
        "availability_windows": list(own),
        "category_windows": list(category),
        "parent_windows": list(parent),
    }
    return is_on_sale(product, at=at.astimezone(UTC), zone=LONDON)


def london(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LONDON), fold=fold)


def test_without_windows_a_product_is_always_on_sale() -> None:
    assert on_sale(london("2026-11-23T03:00"))


def test_a_window_includes_its_start_and_not_its_end() -> None:
    clocks = ("06:59:59", "07:00", "10:59:59", "11:00")
    found = [on_sale(london(f"2026-11-23T{clock}"), BREAKFAST) for clock in clocks]
    assert found == [False, True, True, False]


def test_any_of_its_windows_will_do_but_every_level_must_let_it_pass() -> None:
    noon, supper = london("2026-11-23T12:30"), window("18:00", "22:00")
    assert on_sale(noon, BREAKFAST, window("12:00", "14:00"))
    assert not on_sale(noon, window("12:00", "14:00"), category=[supper])
    assert not on_sale(noon, parent=[supper])
    assert on_sale(london("2026-11-23T19:00"), category=[supper], parent=[window("17:00", "23:00")])


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    saturday_night = window("22:00", "02:00", 6)
    assert on_sale(london("2026-11-22T01:59"), saturday_night)
    assert not on_sale(london("2026-11-21T01:59"), saturday_night)


def test_an_hour_that_comes_twice_is_in_its_window_twice() -> None:
    one_to_two = window("01:00", "02:00", 7)
    for fold in (0, 1):
        assert on_sale(london("2026-10-25T01:30", fold), one_to_two)
    assert not on_sale(datetime(2026, 10, 25, 2, 0, tzinfo=UTC), one_to_two)


def test_an_hour_that_is_skipped_opens_no_window_and_closes_on_time() -> None:
    skipped, until_two = window("01:00", "02:00", 7), window("00:00", "02:00", 7)
    before = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
    after = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert [on_sale(at, skipped) for at in (before, after)] == [False, False]
    assert [on_sale(at, until_two) for at in (before, after)] == [True, False]


def changed(owner: Member, path: str, windows: list[dict[str, Any]]) -> dict[str, Any]:
    version = said(owner.get(path))["version"]
    response = owner.patch(path, {"availability_windows": windows, "version": version})
    assert response.status_code == 200, response.content
    return said(response)


def never() -> dict[str, Any]:
    """A window that is over: today's weekday is left out, and so is yesterday's."""
    today = datetime.now(ZoneInfo(LONDON)).isoweekday()
    return window("10:00", "11:00", today % 7 + 1)


def test_windows_are_written_shown_and_taken_away(owner: Member, menu: Menu) -> None:
    for path in (f"products/{menu.burger.pk}/", f"categories/{menu.burger.category_id}/"):
        (stored,) = changed(owner, path, [BREAKFAST])["availability_windows"]
        assert {key: stored[key] for key in BREAKFAST} == BREAKFAST
        again = changed(owner, path, [{**stored, "ends_at": "11:30"}])["availability_windows"]
        assert again == [{**stored, "ends_at": "11:30"}]
        assert changed(owner, path, [])["availability_windows"] == []
    assert not AvailabilityWindow.objects.exists()


def test_new_products_and_categories_may_have_windows(owner: Member, menu: Menu) -> None:
    category = owner.post("categories/", {"name": "Brunch", "availability_windows": [BREAKFAST]})
    assert len(said(category)["availability_windows"]) == 1
    product = {
        "sku": "EGG", "name": "Egg", "price": 100, "tax_rate": str(menu.vat.pk),
        "category": said(category)["id"], "availability_windows": [BREAKFAST],
    }  # fmt: skip
    assert len(said(owner.post("products/", product))["availability_windows"]) == 1


def test_outside_its_window_a_product_is_refused(
    owner: Member, cashier: Member, menu: Menu
) -> None:
    changed(owner, f"products/{menu.burger.pk}/", [never()])
    for path in ("orders/", "orders/calculate/"):
        refused = cashier.post(path, menu.order())
        assert (refused.status_code, said(refused)["code"]) == (422, "product_unavailable")
        assert said(refused)["errors"][0]["field"] == "lines.0.product"
    changed(owner, f"products/{menu.burger.pk}/", [window("00:00", "00:00")])
    assert cashier.post("orders/", menu.order()).status_code == 201


def test_a_category_and_the_one_above_it_hold_for_their_products(
    owner: Member, cashier: Member, menu: Menu, restaurant: Restaurant
) -> None:
    above = Category.objects.create(restaurant=restaurant, name="All food")
    Category.objects.filter(pk=menu.burger.category_id).update(parent=above)
    for pk in (menu.burger.category_id, above.pk):
        changed(owner, f"categories/{pk}/", [never()])
        assert cashier.post("orders/", menu.order()).status_code == 422
        changed(owner, f"categories/{pk}/", [])
    assert cashier.post("orders/", menu.order()).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [{"weekdays": []}, {"weekdays": [8]}, {"weekdays": [1, 1]}, {"starts_at": "24:00"},
     {"ends_at": None}, {"price": 1}],
)  # fmt: skip
def test_a_bad_window_is_refused(owner: Member, menu: Menu, wrong: dict[str, Any]) -> None:
    body = {"availability_windows": [{**BREAKFAST, **wrong}], "version": 1}
    assert owner.patch(f"products/{menu.burger.pk}/", body).status_code == 400


def test_the_window_of_anything_else_cannot_be_taken(
    owner: Member, menu: Menu, rival_owner: Member, rival_menu: Menu
) -> None:
    theirs = changed(rival_owner, f"products/{rival_menu.burger.pk}/", [BREAKFAST])
    stolen = {**BREAKFAST, "id": theirs["availability_windows"][0]["id"]}
    for pk in (menu.burger.pk, menu.cola.pk):
        body = {"availability_windows": [{**BREAKFAST, "id": str(uuid4())}, stolen], "version": 1}
        refused = owner.patch(f"products/{pk}/", body)
        assert said(refused)["errors"][0]["field"] == "availability_windows.1.id"
    assert AvailabilityWindow.objects.count() == 1
