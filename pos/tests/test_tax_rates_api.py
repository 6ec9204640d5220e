import orjson
import pytest
from django.test import Client

from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
VAT = {"name": "Standard rate", "rate_bps": 2000}


def test_a_tax_rate_made_twice_with_one_id_and_body_is_made_once(owner: Member) -> None:
    body = {**VAT, "id": "01936f00-0000-7000-8000-000000000001"}
    first, second = owner.post("tax-rates/", body), owner.post("tax-rates/", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert orjson.loads(first.content) == orjson.loads(second.content)
    assert first["Location"].endswith(f"{body['id']}/")


def test_one_id_with_another_body_is_a_conflict(owner: Member) -> None:
    body = {**VAT, "id": "01936f00-0000-7000-8000-000000000001"}
    owner.post("tax-rates/", body)
    refused = owner.post("tax-rates/", {**body, "rate_bps": 500})
    assert (refused.status_code, orjson.loads(refused.content)["code"]) == (409, "id_conflict")


def test_an_idempotency_key_replays_the_stored_answer(owner: Member) -> None:
    first = owner.post("tax-rates/", VAT, idempotency_key="a")
    again = owner.post("tax-rates/", VAT, idempotency_key="a")
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = owner.post("tax-rates/", {**VAT, "name": "x"}, idempotency_key="a")
    assert other.status_code == 422


def test_a_stale_version_gets_the_current_document(owner: Member) -> None:
    made = orjson.loads(owner.post("tax-rates/", VAT).content)
    path = f"tax-rates/{made['id']}/"
    assert owner.patch(path, {"rate_bps": 1000}).status_code == 400
    changed = owner.patch(path, {"rate_bps": 1000}, if_match='"1"')
    assert orjson.loads(changed.content)["version"] == 2
    stale = owner.patch(path, {"rate_bps": 500}, if_match='"1"')
    problem = orjson.loads(stale.content)
    assert (stale.status_code, problem["current"]["rate_bps"]) == (412, 1000)


def test_pages_follow_the_cursor_to_the_end(owner: Member) -> None:
    for bps in range(5):
        owner.post("tax-rates/", {"name": f"rate {bps}", "rate_bps": bps})
    seen, path = [], "tax-rates/?limit=2"
    while path:
        page = orjson.loads(owner.get(path).content)
        seen += [row["rate_bps"] for row in page["results"]]
        path = page["next"] and f"tax-rates/?limit=2&cursor={page['next']}"
    assert seen == [0, 1, 2, 3, 4]


def test_a_rival_finds_nothing(owner: Member, rival_owner: Member) -> None:
    made = orjson.loads(owner.post("tax-rates/", VAT).content)
    assert rival_owner.get(f"tax-rates/{made['id']}/").status_code == 404
    assert orjson.loads(rival_owner.get("tax-rates/").content)["results"] == []


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b'{"name": 1}', b'{"name":"a","rate_bps":1e400}', b"[" * 5000,
     b'{"name":"a","rate_bps":' + b"9" * 10**6 + b"}", '{"name":"a\\u0000","rate_bps":1}',
     b'{"name":"a","rate_bps":true}', b'{"name":"a","rate_bps":1,"x":2}', b"\xff"],
)  # fmt: skip
def test_bad_input_is_a_problem_and_writes_nothing(owner: Member, body: bytes) -> None:
    response = owner.post("tax-rates/", body)
    assert response.status_code in (400, 413)
    assert response["Content-Type"] == "application/problem+json"
    assert orjson.loads(owner.get("tax-rates/").content)["results"] == []


def test_nobody_gets_in_without_a_token(db: None) -> None:
    response = Client().get("/api/v1/tax-rates/")
    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
