import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from kombu.exceptions import OperationalError

from fynlo.accounts.models import Session
from fynlo.accounts.services.passwords import hash_new_password
from fynlo.api.accounts.tests.calls import (
    PASSWORD,
    body_of,
    code_of,
    employ,
    give_password,
    login,
    send,
)
from fynlo.testing.cast import Member, sign_in

NEW = "marmalade on a tuesday"
pytestmark = pytest.mark.django_db


def change(member: Member, current: str = PASSWORD, new: str = NEW) -> tuple[int, str]:
    response = member.post(
        "auth/password/change/", {"current_password": current, "new_password": new}
    )
    return (204, "") if response.status_code == 204 else code_of(response)


def token_for(email: str) -> str:
    """What the letter's link carries."""
    mail.outbox.clear()
    assert send("auth/password/reset/", {"email": email}).status_code == 202
    found = re.search(r"#token=(\S+)", str(mail.outbox[0].body))
    assert found
    return found[1]


def confirm(token: str, new: str = NEW) -> tuple[int, str]:
    response = send("auth/password/reset/confirm/", {"token": token, "new_password": new})
    return (204, "") if response.status_code == 204 else code_of(response)


def signs_in(email: str, password: str) -> bool:
    return send("auth/login/", {"email": email, "password": password}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_changed_password_ends_the_other_sessions_in_every_restaurant(
    cashier: Member, rival_owner: Member
) -> None:
    email = give_password(cashier)
    here = sign_in(cashier.membership)
    there = sign_in(employ(cashier, rival_owner.restaurant))
    assert change(cashier) == (204, "")
    assert cashier.get("auth/me/").status_code == 200
    assert [other.get("auth/me/").status_code for other in (here, there)] == [401, 401]
    asked = send("auth/login/", {"email": email, "password": NEW})
    assert code_of(asked) == (409, "restaurant_required")
    assert not signs_in(email, PASSWORD)


def test_a_reset_that_comes_first_wins_over_a_change(
    cashier: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password was proven a moment before the reset made it worthless."""
    email = give_password(cashier)
    token, genuine = token_for(email), hash_new_password

    def overtaken(**given: Any) -> str:
        hashed = genuine(**given)
        assert confirm(token, new="a password of the owner") == (204, "")
        return hashed

    monkeypatch.setattr("fynlo.api.accounts.views.passwords.hash_new_password", overtaken)
    assert change(cashier) == (401, "session_ended")
    assert signs_in(email, "a password of the owner")


def test_the_current_password_must_be_known(cashier: Member) -> None:
    email = give_password(cashier)
    other = sign_in(cashier.membership)
    assert change(cashier, current="a guess") == (422, "password_refused")
    assert signs_in(email, PASSWORD)
    assert other.get("auth/me/").status_code == 200


@pytest.mark.parametrize("weak", ["short", "password1", "1234567890123"])
def test_a_weak_password_is_refused_with_its_reason(cashier: Member, weak: str) -> None:
    email = give_password(cashier)
    response = cashier.post(
        "auth/password/change/", {"current_password": PASSWORD, "new_password": weak}
    )
    problem = body_of(response)
    assert (response.status_code, problem["code"]) == (422, "password_refused")
    assert problem["errors"][0]["field"] == "new_password"
    assert signs_in(email, PASSWORD)


def test_a_reset_link_sets_a_new_password_once(cashier: Member) -> None:
    email = give_password(cashier)
    token = token_for(email.upper())
    assert mail.outbox[0].to == [email]
    assert confirm(token) == (204, "")
    assert signs_in(email, NEW)
    assert confirm(token, "yet another one here") == (422, "reset_refused")
    assert signs_in(email, NEW)


@pytest.mark.django_db(transaction=True)
def test_a_reset_ends_all_sessions(cashier: Member) -> None:
    assert login(cashier).status_code == 200
    confirm(token_for(cashier.membership.user.email))
    assert cashier.get("auth/me/").status_code == 401
    assert not Session.objects.filter(user=cashier.membership.user, revoked_at=None).exists()


def test_the_answer_does_not_tell_whether_anybody_has_the_address(cashier: Member) -> None:
    known = send("auth/password/reset/", {"email": give_password(cashier)})
    unknown = send("auth/password/reset/", {"email": "nobody@nowhere.example"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert len(mail.outbox) == 1


def test_who_is_not_active_gets_no_letter(cashier: Member) -> None:
    email = give_password(cashier)
    token = token_for(email)
    user = cashier.membership.user
    user.is_active = False
    user.save()
    mail.outbox.clear()
    assert send("auth/password/reset/", {"email": email}).status_code == 202
    assert mail.outbox == []
    assert confirm(token) == (422, "reset_refused")


def test_a_reset_link_is_good_for_an_hour(cashier: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_for(give_password(cashier))
    later = datetime.now() + timedelta(minutes=61)  # noqa: DTZ005
    monkeypatch.setattr(
        "django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda self: later
    )
    assert confirm(token) == (422, "reset_refused")


def test_a_weak_password_leaves_the_link_good(cashier: Member) -> None:
    token = token_for(give_password(cashier))
    assert confirm(token, "short") == (422, "password_refused")
    assert confirm(token) == (204, "")


@pytest.mark.parametrize("token", ["x", "x.y", "01936f00000070008000000000000001.abc-def", "."])
def test_a_made_up_token_resets_nothing(cashier: Member, token: str) -> None:
    email = give_password(cashier)
    assert confirm(token) == (422, "reset_refused")
    own = f"{cashier.membership.user_id.hex}.abc-def"
    assert confirm(own) == (422, "reset_refused")
    assert signs_in(email, PASSWORD)


def test_a_broker_that_is_away_is_a_503(cashier: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: str) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr("fynlo.api.accounts.views.passwords.send_reset_link.delay", away)
    refused = send("auth/password/reset/", {"email": give_password(cashier)})
    assert code_of(refused) == (503, "dependency_down")


@pytest.mark.parametrize(
    ("path", "body"),
    [("auth/password/change/", {}), ("auth/password/change/", {"current_password": "x"}),
     ("auth/password/change/", {"current_password": 1, "new_password": NEW}),
     ("auth/password/reset/", {"email": "x"}), ("auth/password/reset/", {"mail": "a@b.example"}),
     ("auth/password/reset/confirm/", {"token": "x"}),
     ("auth/password/reset/confirm/", {"token": "x" * 300, "new_password": NEW})],
)  # fmt: skip
def test_bad_input_is_a_problem(cashier: Member, path: str, body: object) -> None:
    assert cashier.post(path, body).status_code == 400


def test_a_stranger_changes_no_password(db: None) -> None:
    body = {"current_password": "x", "new_password": NEW}
    assert code_of(send("auth/password/change/", body)) == (401, "not_signed_in")
