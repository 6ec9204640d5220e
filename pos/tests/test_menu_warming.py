import pytest

from fynlo.accounts.tasks import warm_caches
from fynlo.cache.figures import figures
from fynlo.cache.warming import warm_soon
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.tests.cache.test_cache import in_another_process
from pos.selectors.menu import MENUS
from pos.tests.conftest import Menu

pytestmark = pytest.mark.django_db(transaction=True)


def loads_of_the_menu() -> int:
    found = figures()["namespaces"].get(MENUS.name)
    return found["loaded"]["count"] if found else 0


def test_beat_warms_the_menu_of_a_restaurant_where_somebody_works(
    owner: Member, menu: Menu
) -> None:
    owner.get("auth/me/")
    with in_another_process():
        warm_caches()
        assert loads_of_the_menu() == 1
        assert owner.get("menu/").status_code == 200
        assert loads_of_the_menu() == 1


def test_a_menu_is_at_hand_when_the_till_that_signed_in_asks_for_it(
    owner: Member, menu: Menu, settings: object
) -> None:
    settings.CACHE_AHEAD = True  # type: ignore[attr-defined]
    with in_another_process():
        warm_soon(owner.restaurant.pk)
        assert wait_until(lambda: loads_of_the_menu() == 1, seconds=20)
        assert owner.get("menu/").status_code == 200
        assert loads_of_the_menu() == 1
