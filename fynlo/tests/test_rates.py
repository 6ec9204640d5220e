from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

from fynlo.accounts.services.pins import set_pin
from fynlo.api import rates
from fynlo.api.accounts.tests.calls import PIN, pair
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def limits(settings: Any) -> Iterator[Any]:
    """The settings, read afresh; each test comes from an address of its own."""
    settings.ADDRESS_HEADER = "HTTP_X_REAL_IP"
    for known in (rates._limit, rates._storage, rates._script):
        known.cache_clear()
    yield settings
    for known in (rates._limit, rates._storage, rates._script):
        known.cache_clear()


def get(member: Member, address: str) -> HttpResponse:
    return member.get("tax-rates/", X_Real_IP=address)


def test_a_session_beyond_its_limit_is_told_how_long_to_wait(owner: Member, limits: Any) -> None:
    limits.RATES = {**limits.RATES, "token": "3/day"}
    answers = [get(owner, str(uuid4())) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert answers[3]["RateLimit-Policy"] == '"token";q=3;w=86400'
    assert 1 <= int(answers[3]["Retry-After"]) <= 86400
    problem = orjson.loads(answers[3].content)
    assert (problem["code"], problem["retry_after"]) == (
        "rate_limited",
        int(answers[3]["Retry-After"]),
    )


def test_an_address_is_limited_whoever_asks_from_it(
    owner: Member, manager: Member, limits: Any
) -> None:
    limits.RATES = {**limits.RATES, "address": "2/day"}
    here, elsewhere = str(uuid4()), str(uuid4())
    assert [get(who, here).status_code for who in (owner, manager, owner)] == [200, 200, 429]
    assert get(owner, elsewhere).status_code == 200
    assert get(owner, here)["RateLimit-Policy"] == '"address";q=2;w=86400'


def test_a_request_with_a_forged_token_counts_for_its_address_alone(
    owner: Member, limits: Any
) -> None:
    limits.RATES = {**limits.RATES, "address": "2/day", "token": "1/day"}
    here, forged = str(uuid4()), f"Bearer {owner.token}x"
    answers = [
        owner.get("tax-rates/", X_Real_IP=here, Authorization=forged).status_code for _ in range(3)
    ]
    assert answers == [401, 401, 429]
    assert get(owner, str(uuid4())).status_code == 200


def test_a_refused_request_changes_nothing(owner: Member, limits: Any) -> None:
    limits.RATES = {**limits.RATES, "token": "1/day"}
    get(owner, str(uuid4()))
    body = {"name": "Standard rate", "rate_bps": 2000}
    assert owner.post("tax-rates/", body, X_Real_IP=str(uuid4())).status_code == 429
    limits.RATES = {**limits.RATES, "token": "9/day"}
    rates._limit.cache_clear()
    assert orjson.loads(get(owner, str(uuid4())).content)["results"] == []


def test_without_redis_requests_pass_and_it_is_logged(
    owner: Member, limits: Any, caplog: pytest.LogCaptureFixture
) -> None:
    limits.RATES = {**limits.RATES, "token": "1/day"}
    limits.REDIS_URL = NOWHERE
    default = {**limits.CACHES["default"], "LOCATION": NOWHERE}
    limits.CACHES = {**limits.CACHES, "default": default}
    answers = [get(owner, str(uuid4())) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "RateLimit" not in answers[0]
    assert "rate limit not counted" in caplog.text


def test_guessing_at_the_admin_is_limited_too(db: None, limits: Any) -> None:
    limits.RATES = {**limits.RATES, "sign_in": "2/day"}
    guess = {"username": "owner@copperkettle.example", "password": "guess"}
    here = {"X-Real-IP": str(uuid4())}
    answers = [Client().post("/admin/login/", guess, headers=here) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) >= 1
    assert Client().get("/admin/login/", headers=here).status_code == 200


def test_devices_behind_one_address_do_not_use_up_one_anothers_tries(
    manager: Member, cashier: Member, limits: Any
) -> None:
    set_pin(membership=cashier.membership, pin=PIN)
    tills, here = [pair(manager), pair(manager)], str(uuid4())
    limits.RATES = {**limits.RATES, "sign_in": "2/day", "token": "3/day"}
    rates._limit.cache_clear()
    for till in tills:
        answers = [till.enter_pin(cashier, X_Real_IP=here) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[0]["RateLimit-Policy"] == '"token";q=3;w=86400'
        assert answers[2]["RateLimit-Policy"] == '"sign_in";q=2;w=86400'


def test_the_schema_is_limited_by_address(limits: Any) -> None:
    limits.RATES = {**limits.RATES, "schema": "1/day"}
    here = {"X-Real-IP": str(uuid4())}
    answers = [Client().get("/api/v1/schema/", headers=here) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
