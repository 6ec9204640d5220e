"""Nobody reaches another restaurant's rows through the admin, by any of its addresses."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse

from fynlo.accounts.models import User
from fynlo.testing.cast import Member
from pos.tests.admin_scene import Scene, furnish, office

pytestmark = pytest.mark.django_db
OURS = "Ourword"


@pytest.fixture
def ours(manager: Member) -> Scene:
    return furnish(manager, OURS)


@pytest.fixture
def rival(ours: Scene, rival_owner: Member) -> Client:
    furnish(rival_owner, "Theirs")
    return office(rival_owner)


def address(row: Any, page: str) -> str:
    arguments = [] if page in {"changelist", "add"} else [row.pk]
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=arguments)


def stored(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = model_to_dict(type(row)._default_manager.get(pk=row.pk))
    return {**found, "version": getattr(row, "version", None)}


def test_the_scene_has_a_row_of_every_registered_model(ours: Scene) -> None:
    assert {type(row) for row in ours.rows} | {User} == set(admin.site._registry)


def test_a_manager_opens_every_page_of_their_own(ours: Scene, manager: Member) -> None:
    client = office(manager)
    for row in ours.rows:
        for page in ("changelist", "change", "history"):
            assert client.get(address(row, page)).status_code == 200, (row, page)


def test_the_rival_sees_none_of_our_rows_in_lists(ours: Scene, rival: Client) -> None:
    for row in ours.rows:
        path = address(row, "changelist")
        for query in ("", "?q=ourword", "?all=", f"?restaurant__id__exact={row.pk}"):
            page = rival.get(path + query, follow=True)
            assert page.status_code in (200, 400), (path, query)
            assert OURS.encode() not in page.content.replace(b'value="Ourword"', b""), (path, query)


def test_the_rival_gets_404_for_our_rows(ours: Scene, rival: Client) -> None:
    for row in ours.rows:
        before = stored(row)
        assert rival.get(address(row, "change")).status_code == 404, row
        assert rival.get(address(row, "history")).status_code == 404, row
        for page in ("change", "delete"):
            answer = rival.post(address(row, page), {"name": "Taken over", "post": "yes"})
            assert answer.status_code in (403, 404), (row, page)
        assert rival.get(address(row, "delete")).status_code in (403, 404)
        assert stored(row) == before


def test_the_rival_finds_no_row_of_ours_to_choose_in_forms(ours: Scene, rival: Client) -> None:
    for row in ours.rows:
        page = rival.get(address(row, "add"))
        assert page.status_code in (200, 403), row
        assert OURS.encode() not in page.content, row


def test_the_rival_cannot_add_rows_to_our_restaurant(ours: Scene, rival: Client) -> None:
    for row in ours.rows:
        path = f"{address(row, 'add')}?restaurant={getattr(row, 'restaurant_id', row.pk)}"
        assert rival.get(path).status_code in (403, 404), row
        assert rival.post(path, {"name": "x"}).status_code in (403, 404), row


def test_no_action_of_the_rival_reaches_our_rows(ours: Scene, rival: Client) -> None:
    for row in ours.rows:
        before = stored(row)
        page = admin.site._registry[type(row)]
        for action in [*(page.actions or ()), "delete_selected"]:
            data = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk)], "post": "yes"}
            answer = rival.post(address(row, "changelist"), {**data, "confirm": "yes"}, follow=True)
            assert OURS.encode() not in answer.content, (row, action)
            assert stored(row) == before


def test_autocomplete_tells_the_rival_nothing_of_ours(ours: Scene, rival: Client) -> None:
    for app, model, field in [
        ("pos", "product", "category"),
        ("pos", "product", "tax_rate"),
        ("pos", "productmodifiergroup", "group"),
        ("pos", "table", "floor"),
        ("pos", "ticket", "order"),
        ("pos", "orderline", "product"),
        ("accounts", "session", "membership"),
        ("accounts", "membership", "user"),
        ("pos", "product", "restaurant"),
    ]:
        query = {"app_label": app, "model_name": model, "field_name": field, "term": ""}
        answer = rival.get(reverse("admin:autocomplete"), query)
        assert answer.status_code in (200, 403, 404), (model, field)
        assert OURS.encode() not in answer.content, (model, field)


def test_hidden_columns_cannot_be_guessed_by_filtering(manager: Member) -> None:
    client = office(manager)
    for path in (
        "/admin/accounts/membership/?pin_hash__startswith=argon2",
        "/admin/accounts/membership/?user__password__startswith=argon2",
        "/admin/accounts/device/?token_hash__startswith=a",
        "/admin/accounts/session/?refresh_id__startswith=0",
        "/admin/pos/product/?category__restaurant__name__startswith=F",
    ):
        assert client.get(path).status_code == 400, path


def test_site_wide_search_shows_the_rival_nothing_of_ours(ours: Scene, rival: Client) -> None:
    for query in ("?s=ourword", "?s=ourword&extended=1"):
        assert OURS.encode() not in rival.get(reverse("admin:search") + query).content


@pytest.mark.parametrize("role", ["cashier", "server", "kitchen"])
def test_others_do_not_get_in_even_with_staff_rights_by_mistake(
    role: str, ours: Scene, request: pytest.FixtureRequest
) -> None:
    member: Member = request.getfixturevalue(role)
    member.membership.user.user_permissions.set(Permission.objects.all())
    client = office(member)
    for row in ours.rows:
        for page in ("changelist", "add", "change", "delete", "history"):
            answer = client.get(address(row, page))
            assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/")
    assert client.get("/admin/").status_code == 302


def test_a_manager_who_left_or_is_not_staff_does_not_get_in(manager: Member) -> None:
    assert office(manager, is_staff=False).get("/admin/").status_code == 302
    manager.membership.is_active = False
    manager.membership.save()
    assert office(manager).get("/admin/").status_code == 302


def test_permission_rows_give_a_manager_nothing(manager: Member, owner: Member) -> None:
    manager.membership.user.user_permissions.set(Permission.objects.all())
    client = office(manager)
    assert client.get("/admin/accounts/user/").status_code == 403
    assert client.get(f"/admin/accounts/user/{owner.membership.user_id}/change/").status_code == 403
    path = f"/admin/accounts/user/{owner.membership.user_id}/password/"
    assert client.post(path, {"password1": "x", "password2": "x"}).status_code == 403


def test_the_platform_owner_sees_all(ours: Scene, rival_owner: Member, manager: Member) -> None:
    furnish(rival_owner, "Theirs")
    User.objects.create_superuser("root@fynlo.example", "a-long-password", name="Root")
    client = Client()
    client.force_login(User.objects.get(email="root@fynlo.example"))
    for row in ours.rows:
        assert client.get(address(row, "change")).status_code == 200, row
    assert b"Theirs product" in client.get("/admin/pos/product/").content
    assert b"For which restaurant?" in client.get("/admin/pos/product/add/").content
    chosen = client.get(f"/admin/pos/product/add/?restaurant={manager.restaurant.pk}")
    assert b"Ourword category" in chosen.content
    assert b"Theirs category" not in chosen.content
