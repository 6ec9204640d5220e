"""The door of the screens: who gets in, and what the cookie is good for."""

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

from fynlo.accounts.models import Restaurant
from fynlo.accounts.services.pins import set_pin
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
PASSWORD = "Kettle-on-the-hob-9"


@pytest.fixture
def visitor(kitchen: Member) -> Client:
    user = kitchen.membership.user
    user.set_password(PASSWORD)
    user.save()
    return Client()


def sign_in(client: Client, member: Member, **changes: str) -> HttpResponse:
    typed = {"email": member.membership.user.email, "password": PASSWORD, **changes}
    return client.post("/screens/sign-in/", typed)  # type: ignore[return-value]


def token(client: Client) -> HttpResponse:
    return client.post("/screens/token/")  # type: ignore[return-value]


def test_a_stranger_is_sent_to_the_door_and_on_to_the_page(
    visitor: Client, kitchen: Member
) -> None:
    response = visitor.get("/kitchen/")
    assert response["Location"] == "/screens/sign-in/?next=/kitchen/"
    response = Client().get("/till/?order=7")
    assert response["Location"] == "/screens/sign-in/?next=/till/%3Forder%3D7"
    typed = {"email": kitchen.membership.user.email, "password": PASSWORD}
    assert visitor.post(response["Location"], typed)["Location"] == "/kitchen/"
    assert visitor.get("/kitchen/").status_code == 200


def test_the_door_leads_nowhere_else(visitor: Client, kitchen: Member) -> None:
    typed = {"email": kitchen.membership.user.email, "password": PASSWORD}
    response = visitor.post("/screens/sign-in/?next=https://evil.example/", typed)
    assert response["Location"] == "/kitchen/"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"password": "wrong"}, 401),
        ({"email": "nobody@nowhere.example"}, 401),
        ({"email": "no address"}, 200),
        ({"password": "\0"}, 200),
        ({"restaurant": "no id"}, 200),
    ],
)
def test_whoever_types_something_else_stays_outside(
    visitor: Client, kitchen: Member, changes: dict[str, str], status: int
) -> None:
    response = sign_in(visitor, kitchen, **changes)
    assert response.status_code == status
    assert b'role="alert"' in response.content or b"restaurant" in response.content
    assert token(visitor).status_code == 401


def test_who_works_in_two_restaurants_chooses(
    visitor: Client, kitchen: Member, rival_owner: Member
) -> None:
    there = rival_owner.membership
    there.user = kitchen.membership.user
    there.save()
    response = sign_in(visitor, kitchen)
    assert response.status_code == 409
    assert there.restaurant.name in response.content.decode()
    assert sign_in(visitor, kitchen, restaurant=str(there.restaurant_id)).status_code == 302


def test_the_cookie_is_renewed_at_the_door(visitor: Client, kitchen: Member) -> None:
    sign_in(visitor, kitchen)
    before = visitor.cookies["sessionid"].value
    sign_in(visitor, kitchen)
    assert visitor.cookies["sessionid"].value != before
    assert visitor.cookies["sessionid"]["httponly"]


def test_the_token_opens_the_api_and_the_cookie_alone_does_not(
    visitor: Client, kitchen: Member
) -> None:
    sign_in(visitor, kitchen)
    access = orjson.loads(token(visitor).content)["access"]
    assert visitor.get("/api/v1/kitchen/tickets/").status_code == 401
    bearer = {"Authorization": f"Bearer {access}"}
    assert visitor.get("/api/v1/kitchen/tickets/", headers=bearer).status_code == 200


def test_another_site_can_fetch_no_token_and_sign_nobody_out(
    visitor: Client, kitchen: Member
) -> None:
    sign_in(visitor, kitchen)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor.cookies
    assert strict.post("/screens/token/").status_code == 403
    assert strict.post("/screens/sign-out/").status_code == 403
    assert strict.get("/screens/token/").status_code == 405


def test_signing_out_ends_the_session_everywhere(visitor: Client, kitchen: Member) -> None:
    sign_in(visitor, kitchen)
    access = orjson.loads(token(visitor).content)["access"]
    visitor.post("/screens/sign-out/")
    assert token(visitor).status_code == 401
    assert visitor.get("/kitchen/").status_code == 302
    bearer = {"Authorization": f"Bearer {access}"}
    assert visitor.get("/api/v1/auth/me/", headers=bearer).status_code == 401


def test_a_piece_of_a_page_asks_the_browser_to_load_it_again(visitor: Client) -> None:
    response = visitor.get("/kitchen/board/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Refresh"]) == (401, "true")


def test_pages_run_nothing_foreign_and_are_not_kept(visitor: Client, kitchen: Member) -> None:
    sign_in(visitor, kitchen)
    for path in ("/kitchen/", "/screens/sign-in/"):
        response = visitor.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response["Cache-Control"] == "no-store"
        assert b" style=" not in response.content
        assert b" onclick=" not in response.content


def test_a_paired_screen_is_opened_by_code_and_pin(
    restaurant: Restaurant, manager: Member, kitchen: Member
) -> None:
    set_pin(membership=kitchen.membership, pin="5830")
    answer = manager.post("devices/pairing-codes/", {"kind": "kitchen_screen"})
    code, screen = orjson.loads(answer.content)["code"], Client()
    assert screen.post("/screens/pair/", {"code": "wrong", "name": "Grill"}).status_code >= 400
    assert screen.post("/screens/pair/", {"code": code, "name": "Grill"}).status_code == 302
    assert screen.cookies["fynlo_screen"]["httponly"]
    known = {"employee_code": kitchen.membership.employee_code}
    assert screen.post("/screens/sign-in/", {**known, "pin": "1111"}).status_code == 401
    assert screen.post("/screens/sign-in/", {**known, "pin": "5830"}).status_code == 302
    assert screen.get("/kitchen/").status_code == 200


def test_a_revoked_screen_falls_back_to_passwords(manager: Member) -> None:
    answer = manager.post("devices/pairing-codes/", {"kind": "kitchen_screen"})
    code, screen = orjson.loads(answer.content)["code"], Client()
    screen.post("/screens/pair/", {"code": code, "name": "Grill"})
    assert b'name="pin"' in screen.get("/screens/sign-in/").content
    device = orjson.loads(manager.get("devices/").content)["results"][0]["id"]
    manager.post(f"devices/{device}/revoke/")
    assert b'name="password"' in screen.get("/screens/sign-in/").content
