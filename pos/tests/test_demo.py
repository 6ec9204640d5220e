import json
from io import StringIO
from time import perf_counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fynlo.accounts.models import Membership, Restaurant
from fynlo.events.reading import last_seq
from pos.models import Product, Table
from pos.services.demo_cast import COPPER_KETTLE, FORNO_VESUVIO

pytestmark = pytest.mark.django_db
ROLES = {"owner", "manager", "cashier", "server", "kitchen", "platform_owner", "rival_owner"}


def load(*options: str) -> str:
    printed = StringIO()
    call_command("load_demo", "--yes-this-is-a-demo", *options, stdout=printed)
    return printed.getvalue()


@pytest.fixture
def demo() -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(load("--json"))
    return printed


def test_it_prints_one_line_that_names_every_login(demo: dict[str, Any]) -> None:
    assert load("--json").count("\n") == 1
    assert demo["logins"].keys() == ROLES
    assert all(
        login.keys() == {"email", "password", "employee_code", "pin"}
        for login in demo["logins"].values()
    )


def test_a_second_time_changes_nothing_and_prints_the_same(demo: dict[str, Any]) -> None:
    Restaurant.objects.filter(pk=COPPER_KETTLE.id).update(name="The Copper Pot")
    before = last_seq(COPPER_KETTLE.id)
    with CaptureQueriesContext(connection) as queries:
        assert json.loads(load("--json")) == demo
    assert not [row for row in queries if not row["sql"].startswith(("SELECT", "SAVEPOINT",
                                                                     "RELEASE"))]  # fmt: skip
    assert last_seq(COPPER_KETTLE.id) == before
    assert Restaurant.objects.get(pk=COPPER_KETTLE.id).name == "The Copper Pot"


def test_both_restaurants_are_whole(demo: dict[str, Any]) -> None:
    kettle, forno = COPPER_KETTLE.id, FORNO_VESUVIO.id
    assert Product.objects.for_restaurant(kettle).count() == 178
    assert Product.objects.for_restaurant(forno).count() == 37
    assert Table.objects.for_restaurant(kettle).count() == 24
    assert Restaurant.objects.get(pk=forno).cash_rounding == 5
    asked = Product.objects.for_restaurant(kettle).exclude(modifier_groups=None)
    assert asked.exclude(variations=None).exists()


def test_managers_and_owners_may_enter_the_admin_and_one_may_do_all(demo: dict[str, Any]) -> None:
    members = Membership.objects.select_related("user")
    assert set(members.filter(user__is_staff=True).values_list("role", flat=True)) == {
        "owner",
        "manager",
        "platform_owner",
    }
    supers = members.filter(user__is_superuser=True)
    assert list(supers.values_list("role", flat=True)) == ["platform_owner"]


@pytest.mark.parametrize("who", sorted(ROLES))
def test_everybody_can_sign_in(demo: dict[str, Any], who: str) -> None:
    login = {name: demo["logins"][who][name] for name in ("email", "password")}
    response = Client().post("/api/v1/auth/login/", login, content_type="application/json")
    assert response.status_code == 200, response.content
    assert response.json()["role"] == who.removeprefix("rival_")


def test_a_pin_opens_the_till(demo: dict[str, Any]) -> None:
    server = {name: demo["logins"]["server"][name] for name in ("employee_code", "pin")}
    headers = {"Authorization": f"Device {demo['device_token']}"}
    response = Client().post(
        "/api/v1/auth/pin/", server, content_type="application/json", headers=headers
    )
    assert response.status_code == 200, response.content
    assert response.json()["restaurant"]["id"] == str(COPPER_KETTLE.id)


def test_every_row_is_in_the_event_log(demo: dict[str, Any]) -> None:
    rows = Product.objects.for_restaurant(COPPER_KETTLE.id).count()
    assert last_seq(COPPER_KETTLE.id) > rows + 24


def test_loading_takes_less_than_three_seconds() -> None:
    started = perf_counter()
    load()
    assert perf_counter() - started < 3


def test_without_saying_so_a_machine_that_is_not_for_development_refuses() -> None:
    with pytest.raises(CommandError, match="--yes-this-is-a-demo"):
        call_command("load_demo")
    assert not Restaurant.objects.exists()
