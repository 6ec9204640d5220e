from datetime import timedelta

import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant, Session, User
from fynlo.accounts.services.sessions import renew_session
from fynlo.api.accounts.tests.calls import (
    Till,
    bearer,
    body_of,
    code_of,
    employ,
    kinds,
    login,
    send,
)
from fynlo.db import durable
from fynlo.testing.cast import Member, hire, sign_in

pytestmark = pytest.mark.django_db


def refresh(token: str) -> tuple[int, dict[str, str]]:
    response = send("auth/refresh/", {"refresh": token})
    return response.status_code, body_of(response)


def ids(member: Member, query: str = "") -> set[str]:
    return {row["id"] for row in body_of(member.get(f"auth/sessions/{query}"))["results"]}


def test_refresh_rotates_and_keeps_the_end_of_the_session(cashier: Member) -> None:
    opened = body_of(login(cashier))
    ends = Session.objects.get(pk=opened["session"]).expires_at
    status, renewed = refresh(opened["refresh"])
    assert (status, renewed["session"]) == (200, opened["session"])
    assert renewed["refresh"] != opened["refresh"]
    assert Session.objects.get(pk=opened["session"]).expires_at == ends
    assert refresh(renewed["refresh"])[0] == 200


def test_a_refresh_token_used_twice_ends_the_session(cashier: Member) -> None:
    opened = body_of(login(cashier))
    _, renewed = refresh(opened["refresh"])
    status, problem = refresh(opened["refresh"])
    assert (status, problem["code"]) == (401, "refresh_reused")
    status, problem = refresh(renewed["refresh"])
    assert (status, problem["code"]) == (401, "session_ended")
    assert kinds(cashier.restaurant)[-1] == "session.ended"


def test_a_reuse_ends_the_session_even_though_it_is_refused(cashier: Member) -> None:
    opened = body_of(login(cashier))
    _, renewed = refresh(opened["refresh"])
    refresh(opened["refresh"])
    assert Session.objects.get(pk=opened["session"]).revoked_at is not None
    me = send("auth/me/", "", method="GET", authorization=bearer(renewed["access"]))
    assert me.status_code == 200 or code_of(me) == (401, "session_ended")


def test_a_session_does_not_outlive_its_shift(cashier: Member) -> None:
    session = cashier.session
    with pytest.raises(Exception, match="has ended"), durable():
        renew_session(
            session_id=session.pk,
            refresh_id=session.refresh_id,
            now=session.started_at + timedelta(hours=8),
        )


def test_refresh_gives_the_role_of_today(cashier: Member) -> None:
    opened = body_of(login(cashier))
    Membership.objects.filter(pk=cashier.membership.pk).update(role=Role.SERVER)
    assert refresh(opened["refresh"])[1]["role"] == "server"


def test_refresh_is_refused_to_who_was_deactivated(cashier: Member) -> None:
    opened = body_of(login(cashier))
    User.objects.filter(pk=cashier.membership.user_id).update(is_active=False)
    assert refresh(opened["refresh"])[1]["code"] == "session_ended"


def test_an_access_token_refreshes_nothing(cashier: Member) -> None:
    assert refresh(cashier.token)[1]["code"] == "token_invalid"
    assert refresh("a.b.c")[1]["code"] == "token_invalid"
    assert send("auth/refresh/", {}).status_code == 400


def test_a_refresh_token_opens_no_endpoint(cashier: Member) -> None:
    token = body_of(login(cashier))["refresh"]
    refused = send("auth/me/", "", method="GET", authorization=bearer(token))
    assert code_of(refused) == (401, "token_invalid")


@pytest.mark.django_db(transaction=True)
def test_logout_ends_this_session_and_no_other(cashier: Member) -> None:
    other = sign_in(cashier.membership)
    assert cashier.post("auth/logout/").status_code == 204
    assert code_of(cashier.get("auth/me/")) == (401, "session_ended")
    assert other.get("auth/me/").status_code == 200
    assert kinds(cashier.restaurant) == ["session.ended"]


def test_me_says_who_i_am(kitchen: Member) -> None:
    me = body_of(kitchen.get("auth/me/"))
    assert me["user"]["email"] == kitchen.membership.user.email
    assert (me["role"], me["session"], me["device"]) == ("kitchen", str(kitchen.session.pk), None)


def test_everybody_sees_their_own_sessions(cashier: Member, manager: Member) -> None:
    other = sign_in(cashier.membership)
    assert ids(cashier) == {str(cashier.session.pk), str(other.session.pk)}
    assert ids(manager) == {str(manager.session.pk)}


def test_a_manager_sees_the_restaurants_sessions(
    cashier: Member, manager: Member, rival_owner: Member
) -> None:
    seen = ids(manager, "?scope=restaurant")
    assert seen == {str(manager.session.pk), str(cashier.session.pk)}
    assert str(cashier.session.pk) not in ids(rival_owner, "?scope=restaurant")


@pytest.mark.parametrize("role", [Role.CASHIER, Role.SERVER, Role.KITCHEN])
def test_others_see_only_theirs(restaurant: Restaurant, role: Role) -> None:
    refused = hire(restaurant, role).get("auth/sessions/?scope=restaurant")
    assert code_of(refused) == (403, "permission_missing")


def test_ended_and_expired_sessions_are_not_listed(cashier: Member) -> None:
    for change in ({"revoked_at": "2026-01-01T00:00Z"}, {"expires_at": "2026-01-01T01:00Z"}):
        old = sign_in(cashier.membership).session
        change |= {"started_at": "2026-01-01T00:00Z"}
        Session.objects.filter(pk=old.pk).update(**change)
    assert ids(cashier) == {str(cashier.session.pk)}


def test_the_list_comes_in_pages(cashier: Member) -> None:
    made = {str(sign_in(cashier.membership).session.pk) for _ in range(4)}
    first = body_of(cashier.get("auth/sessions/?limit=3"))
    second = body_of(cashier.get(f"auth/sessions/?limit=3&cursor={first['next']}"))
    seen = [row["id"] for row in first["results"] + second["results"]]
    assert len(seen) == 5
    assert set(seen) == made | {str(cashier.session.pk)}
    assert second["next"] is None


@pytest.mark.parametrize("query", ["?scope=all", "?limit=0", "?who=me", "?cursor=x"])
def test_a_bad_query_is_a_problem(manager: Member, query: str) -> None:
    assert manager.get(f"auth/sessions/{query}").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_manager_ends_anybodys_session_and_rest_refuses_it_at_once(
    cashier: Member, manager: Member
) -> None:
    assert cashier.get("auth/me/").status_code == 200
    assert manager.delete(f"auth/sessions/{cashier.session.pk}/").status_code == 204
    assert code_of(cashier.get("auth/me/")) == (401, "session_ended")
    assert manager.get("auth/me/").status_code == 200


def test_what_is_not_ones_own_is_not_there(
    cashier: Member, server: Member, rival_owner: Member
) -> None:
    path = f"auth/sessions/{cashier.session.pk}/"
    assert code_of(server.delete(path)) == (404, "not_found")
    assert code_of(rival_owner.delete(path)) == (404, "not_found")
    assert Session.objects.get(pk=cashier.session.pk).revoked_at is None
    assert kinds(cashier.restaurant) == []


def test_one_ends_ones_own_on_another_device(cashier: Member) -> None:
    other = sign_in(cashier.membership)
    assert cashier.delete(f"auth/sessions/{other.session.pk}/").status_code == 204
    assert ids(cashier) == {str(cashier.session.pk)}
    assert cashier.delete(f"auth/sessions/{other.session.pk}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_switching_opens_there_and_ends_here(cashier: Member, rival_owner: Member) -> None:
    employ(cashier, rival_owner.restaurant)
    answer = body_of(cashier.post("auth/switch/", {"restaurant": str(rival_owner.restaurant.pk)}))
    assert (answer["restaurant"]["name"], answer["role"]) == ("Forno Vesuvio", "server")
    assert code_of(cashier.get("auth/me/")) == (401, "session_ended")
    assert Session.objects.get(pk=answer["session"]).expires_at == cashier.session.expires_at
    assert kinds(cashier.restaurant) == ["session.ended"]
    assert kinds(rival_owner.restaurant) == ["session.started"]
    there = send("auth/me/", "", method="GET", authorization=bearer(answer["access"]))
    assert body_of(there)["restaurant"]["id"] == str(rival_owner.restaurant.pk)


def test_a_restaurant_where_one_does_not_work_is_not_there(
    cashier: Member, rival_owner: Member
) -> None:
    rival = {"restaurant": str(rival_owner.restaurant.pk)}
    assert code_of(cashier.post("auth/switch/", rival)) == (404, "not_found")
    membership = employ(cashier, rival_owner.restaurant)
    Membership.objects.filter(pk=membership.pk).update(is_active=False)
    assert cashier.post("auth/switch/", rival).status_code == 404
    assert cashier.post("auth/switch/", {"restaurant": "x"}).status_code == 400
    assert cashier.get("auth/me/").status_code == 200


def test_a_pin_does_not_open_another_restaurant(
    till: Till, waiter: Member, rival_owner: Member
) -> None:
    employ(waiter, rival_owner.restaurant, Role.OWNER)
    access = body_of(till.enter_pin(waiter))["access"]
    rival = {"restaurant": str(rival_owner.restaurant.pk)}
    refused = send("auth/switch/", rival, authorization=bearer(access))
    assert code_of(refused) == (403, "switch_refused")
