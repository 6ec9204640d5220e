"""Nobody reaches another restaurant's rows through the admin, by any of its addresses."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from fynlo.accounts.admin.owned import TypedMoney
from fynlo.accounts.authority import Authority
from fynlo.accounts.models import User
from fynlo.testing.cast import Member
from pos.tests.admin_scene import Scene, furnish, office
from pos.tests.admin_walk import WORD, Walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours(manager: Member) -> Scene:
    return furnish(manager, WORD)


@pytest.fixture
def walk(ours: Scene, manager: Member, rival_owner: Member) -> Walk:
    theirs = furnish(rival_owner, "Theirs")
    rival = office(rival_owner)
    rival.raise_request_exception = False
    return Walk(rival, ours, us=office(manager), theirs=theirs)


def address(row: Any, page: str) -> str:
    arguments = [] if page in {"changelist", "add"} else [row.pk]
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=arguments)


def test_the_scene_has_a_row_of_every_registered_model(ours: Scene) -> None:
    assert {type(row) for row in ours.rows} | {User} == set(admin.site._registry)


def test_a_manager_opens_every_page_of_their_own(ours: Scene, manager: Member) -> None:
    client = office(manager)
    for row in ours.rows:
        for page in ("changelist", "change", "history"):
            assert client.get(address(row, page)).status_code == 200, (row, page)
            assert client.post(address(row, page), {"post": "yes"}).status_code < 500, (row, page)


WALKS = ("site", "lists", "objects", "actions", "choices", "forms")


@pytest.mark.parametrize("name", WALKS)
def test_the_rival_is_told_nothing_and_changes_nothing_of_ours(walk: Walk, name: str) -> None:
    """Whatever is registered, at whatever address the site has; see `admin_walk`."""
    before = walk.state()
    getattr(walk, name)()
    assert walk.found == []
    assert walk.state() == before


# Rows that are nobody's own; who sees which prices is in payments/tests/test_admin_fees.py.
OF_NOBODY = {User, apps.get_model("payments", "FeeSchedule")}


@pytest.mark.parametrize("model", [m for m in admin.site._registry if m not in OF_NOBODY])
def test_the_walk_finds_any_page_that_forgets_whose_rows_it_shows(
    walk: Walk, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scope of each page's `get_queryset` is taken away in turn, and the walk must say so.

    So every page proves here that the walk above would fail without its scope.
    """
    page = type(admin.site._registry[model])
    scoped = page.get_queryset

    def forgetful(self: Any, request: Any) -> Any:
        with monkeypatch.context() as forgotten:
            forgotten.setattr(Authority, "limit", lambda self, rows, path: rows)
            return scoped(self, request)

    monkeypatch.setattr(page, "get_queryset", forgetful)
    walk.lists(model)
    assert walk.found, model


def test_the_walk_finds_a_form_that_offers_the_rows_of_all(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`choices_for` without its scope: forms would list our categories, and take them."""
    monkeypatch.setattr(
        TypedMoney, "choices_for", lambda self, column, _: column.related_model.objects.all()
    )
    walk.forms()
    assert walk.found


def test_the_walk_finds_an_action_on_rows_of_all(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every list without its scope: actions would reach for our rows."""
    monkeypatch.setattr(Authority, "limit", lambda self, rows, path: rows)
    walk.actions()
    assert walk.found


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
