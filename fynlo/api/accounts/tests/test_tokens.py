"""What is not a good access token is refused, whoever signed it."""

from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings

from fynlo.api import tokens
from fynlo.api.accounts.tests.calls import body_of, code_of, login, send
from fynlo.clock import utc_now
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
KEY_ID, SECRET = next(iter(django_settings.SIGNING_KEYS.items()))


def claims(member: Member, **changed: Any) -> dict[str, Any]:
    genuine = jwt.decode(member.token, options={"verify_signature": False})
    return {name: value for name, value in {**genuine, **changed}.items() if value != "gone"}


def signed(payload: dict[str, Any], *, key: str = SECRET, kid: Any = KEY_ID, **how: Any) -> str:
    head = {} if kid is None else {"kid": kid}
    return jwt.encode(payload, key, headers=head, **{"algorithm": "HS256", **how})


def ask(member: Member, token: str) -> tuple[int, str]:
    return code_of(member.get("auth/me/", Authorization=f"Bearer {token}"))


def test_only_our_own_signature_counts(cashier: Member) -> None:
    genuine, forged = claims(cashier), claims(cashier, rol="owner")
    header, _, signature = cashier.token.split(".")
    body = signed(forged).split(".")[1]
    strangers = [
        signed(genuine, key="", algorithm="none"),
        signed(genuine, key="k" * 64),
        signed(genuine, kid=None),
        signed(genuine, kid="another"),
        signed(genuine, key=SECRET, algorithm="HS384"),
        f"{header}.{body}.{signature}",
        f"{header}.{body}.",
    ]
    assert {ask(cashier, token) for token in strangers} == {(401, "token_invalid")}
    assert cashier.get("auth/me/", Authorization=f"Bearer {signed(genuine)}").status_code == 200


@pytest.mark.parametrize("changed", [
    {"exp": 1}, {"exp": "gone"}, {"typ": "refresh"}, {"typ": "gone"}, {"dev": "gone"},
    {"rol": "emperor"}, {"ses": "x"}, {"res": "gone"},
])  # fmt: skip
def test_a_token_of_another_form_is_refused(cashier: Member, changed: dict[str, Any]) -> None:
    assert ask(cashier, signed(claims(cashier, **changed))) == (401, "token_invalid")


def test_access_and_refresh_tokens_do_not_stand_for_each_other(cashier: Member) -> None:
    opened = body_of(login(cashier))
    assert ask(cashier, opened["refresh"]) == (401, "token_invalid")
    refused = send("auth/refresh/", {"refresh": opened["access"]})
    assert code_of(refused) == (401, "token_invalid")


def test_a_new_key_signs_and_the_old_one_is_good_until_it_is_taken_away(
    cashier: Member, settings: Any
) -> None:
    spring, winter = {"spring": "tokens of spring" * 3}, {"winter": "tokens of winter" * 3}
    settings.SIGNING_KEYS = winter
    old = tokens.access_token(cashier.session, now=utc_now())
    settings.SIGNING_KEYS = {**spring, **winter}
    new = tokens.access_token(cashier.session, now=utc_now())
    assert jwt.get_unverified_header(new)["kid"] == "spring"
    for token in (old, new):
        assert cashier.get("auth/me/", Authorization=f"Bearer {token}").status_code == 200
    settings.SIGNING_KEYS = spring
    assert ask(cashier, old) == (401, "token_invalid")
    assert cashier.get("auth/me/", Authorization=f"Bearer {new}").status_code == 200
