from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from fynlo.accounts.choices import ROLE_PERMISSIONS, Role
from fynlo.accounts.errors import SessionEnded
from fynlo.accounts.hashers import Argon2
from fynlo.accounts.models import Restaurant, Session
from fynlo.accounts.services.sessions import Origin, start_session
from fynlo.accounts.services.sign_in import prove_by_password
from fynlo.api.accounts.tests.calls import (
    PASSWORD,
    bearer,
    body_of,
    code_of,
    employ,
    give_password,
    kinds,
    login,
    send,
)
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db


def test_a_member_signs_in_and_is_told_who_they_are(cashier: Member) -> None:
    response = login(cashier)
    answer = body_of(response)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert answer["user"]["membership"] == str(cashier.membership.pk)
    assert answer["restaurant"]["name"] == "The Copper Kettle"
    assert answer["role"] == "cashier"
    assert answer["permissions"] == sorted(ROLE_PERMISSIONS[Role.CASHIER])
    assert answer["websocket_url"] == settings.WEBSOCKET_URL
    assert "session.started" in kinds(cashier.restaurant)
    me = body_of(send("auth/me/", "", method="GET", authorization=bearer(answer["access"])))
    assert me == {name: answer[name] for name in me}


def test_the_access_token_lasts_15_minutes_and_the_session_8_hours(cashier: Member) -> None:
    answer = body_of(login(cashier))
    session = Session.objects.get(pk=answer["session"])
    ends = datetime.fromisoformat(answer["expires_at"])
    assert ends - session.started_at == timedelta(minutes=15)
    assert session.expires_at - session.started_at == timedelta(hours=8)


def test_the_session_knows_where_it_came_from(cashier: Member) -> None:
    credentials = {"email": give_password(cashier), "password": PASSWORD}
    answer = body_of(send("auth/login/", credentials, user_agent="Fynlo/1.4 iPad" + "x" * 300))
    session = Session.objects.get(pk=answer["session"])
    assert (session.address, session.user_agent[:14]) == ("127.0.0.1", "Fynlo/1.4 iPad")


def test_capitals_in_the_address_do_not_matter(cashier: Member) -> None:
    email = give_password(cashier).upper()
    assert send("auth/login/", {"email": email, "password": PASSWORD}).status_code == 200


def test_an_unknown_address_and_a_wrong_password_look_the_same_and_cost_one_hash_each(
    cashier: Member, hashes: list[str]
) -> None:
    email = give_password(cashier)
    hashes.clear()
    wrong = send("auth/login/", {"email": email, "password": "wrong"}, x_request_id="same")
    runs_for_wrong = len(hashes)
    unknown = send(
        "auth/login/", {"email": "x@nowhere.example", "password": "wrong"}, x_request_id="same"
    )
    assert (runs_for_wrong, len(hashes)) == (1, 2)
    assert wrong.content == unknown.content
    assert code_of(wrong) == code_of(unknown) == (401, "credentials_refused")


def test_nobody_gets_in_who_is_no_longer_active(cashier: Member) -> None:
    email = give_password(cashier)
    cashier.membership.is_active = False
    cashier.membership.save()
    refused = send("auth/login/", {"email": email, "password": PASSWORD})
    assert code_of(refused) == (401, "credentials_refused")
    cashier.membership.user.is_active = False
    cashier.membership.user.save()
    assert send("auth/login/", {"email": email, "password": PASSWORD}).status_code == 401


def test_a_closed_restaurant_lets_nobody_in(cashier: Member) -> None:
    cashier.restaurant.is_active = False
    cashier.restaurant.save()
    assert login(cashier).status_code == 401


def test_somebody_with_two_restaurants_chooses(
    cashier: Member, rival_restaurant: Restaurant
) -> None:
    employ(cashier, rival_restaurant)
    asked = login(cashier)
    assert code_of(asked) == (409, "restaurant_required")
    assert (
        body_of(asked)["restaurants"]
        == [
            {"id": str(cashier.restaurant.pk), "name": "The Copper Kettle", "role": "cashier"},
            {"id": str(rival_restaurant.pk), "name": "Forno Vesuvio", "role": "server"},
        ][::-1]
    )
    chosen = body_of(login(cashier, restaurant=str(rival_restaurant.pk)))
    assert (chosen["restaurant"]["name"], chosen["role"]) == ("Forno Vesuvio", "server")


def test_the_choices_are_shown_only_to_who_knows_the_password(
    cashier: Member, rival_restaurant: Restaurant
) -> None:
    employ(cashier, rival_restaurant)
    refused = send("auth/login/", {"email": give_password(cashier), "password": "wrong"})
    assert code_of(refused) == (401, "credentials_refused")


def test_a_restaurant_that_is_not_ones_own_is_not_there(
    cashier: Member, rival_restaurant: Restaurant
) -> None:
    assert code_of(login(cashier, restaurant=str(rival_restaurant.pk))) == (404, "not_found")


def test_a_password_that_changes_during_the_sign_in_no_longer_opens(cashier: Member) -> None:
    proof = prove_by_password(email=give_password(cashier), password=PASSWORD)
    give_password(cashier, "another one entirely")
    now = utc_now()
    with pytest.raises(SessionEnded), durable():
        start_session(proof=proof, origin=Origin(), now=now, expires_at=now + timedelta(hours=8))


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_password_is_hashed(
    cashier: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = give_password(cashier)
    open_ones, genuine = [], Argon2.verify

    def watched(self: Argon2, password: str, encoded: str) -> bool:
        open_ones.append(connection.in_atomic_block)
        return bool(genuine(self, password, encoded))

    monkeypatch.setattr(Argon2, "verify", watched)
    assert send("auth/login/", {"email": email, "password": PASSWORD}).status_code == 200
    assert open_ones == [False]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("auth/login/", {"email": "a@b.example", "password": "x"}),
        ("auth/password/reset/", {"email": "a@b.example"}),
        ("auth/password/reset/confirm/", {"token": "x", "new_password": "y"}),
        ("devices/pair/", {"code": "x", "name": "n", "app_version": "1.0.0"}),
    ],
)
def test_ways_in_count_against_the_stricter_limit(
    path: str, body: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr("fynlo.api.views.spend_each", counted.extend)
    send(path, body)
    assert "sign_in" in counted


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', {"email": "a@b.example"}, {"email": 1, "password": "x"},
     {"email": "not an address", "password": "x"}, {"email": "a@b.example", "password": None},
     {"email": "a@b.example", "password": "x", "restaurant": "y"},
     {"email": "a@b.example", "password": "x", "more": 1},
     {"email": "a@b.example", "password": "x" * 2000},
     '{"email":"a@b.example","password":"a\\u0000"}',
     '{"email":"a@b.example","password":"x","restaurant":' + "9" * 400 + "}"],
)  # fmt: skip
def test_bad_input_is_a_problem(db: None, body: object) -> None:
    response = send("auth/login/", body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert not Session.objects.exists()
