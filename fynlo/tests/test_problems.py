import base64
import http.client
from collections.abc import Iterator
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from fynlo.api.problems import of_exception, of_status
from fynlo.testing.cast import Member
from fynlo.testing.outage import Wire

VAT = {"name": "Standard rate", "rate_bps": 2000}


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    """The body, when the answer has the shape that every refusal has."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = orjson.loads(response.content)
    shape = {"type", "title", "status", "code", "detail", "request_id", "errors"}
    assert shape <= body.keys()
    assert body["status"] == status
    assert body["type"] == f"urn:fynlo:error:{body['code']}"
    assert body["request_id"] == response["X-Request-ID"]
    return body


@pytest.mark.django_db
def test_an_address_that_is_not_there_is_a_problem(owner: Member) -> None:
    for path in ("/api/v1/nothing/", "/api/", "/api/v1/tax-rates/not-a-uuid/"):
        assert problem(owner.get(path), 404)["code"] == "not_found"
    assert Client().get("/elsewhere/")["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_a_method_that_is_not_answered_names_those_that_are(owner: Member) -> None:
    for method in ("PUT", "DELETE", "TRACE", "FETCH", "OPTIONS"):
        refused = owner.call(method, "tax-rates/", headers={})
        assert problem(refused, 405)["code"] == "method_not_allowed"
        assert set(refused["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
def test_a_missing_slash_is_a_problem_and_no_redirect(
    owner: Member, settings: Any, debug: bool
) -> None:
    settings.DEBUG = debug
    for method in ("GET", "POST", "PATCH"):
        refused = owner.call(method, "tax-rates?limit=1", VAT, headers={})
        assert problem(refused, 404)["code"] == "slash_missing"
    assert problem(owner.post("nothing", VAT), 404)["code"] == "not_found"


@pytest.mark.django_db
def test_a_body_in_chunks_is_refused_and_not_taken_for_an_empty_one(owner: Member) -> None:
    refused: Any = Client().generic(
        "POST",
        "/api/v1/orders/",
        headers={"Authorization": f"Bearer {owner.token}", "Transfer-Encoding": "chunked"},
    )
    assert problem(refused, 411)["code"] == "length_required"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "x"])
def test_only_json_is_read(owner: Member, kind: str) -> None:
    address, head = "/api/v1/tax-rates/", {"Authorization": f"Bearer {owner.token}"}
    refused: Any = Client().generic("POST", address, orjson.dumps(VAT), kind, headers=head)
    assert problem(refused, 415)["code"] == "media_type_unsupported"


@pytest.mark.django_db
def test_a_body_may_be_a_mebibyte_and_no_more(owner: Member) -> None:
    for size in (1024 * 1024 + 1, 10 * 1024 * 1024):
        refused = owner.post("tax-rates/", b'{"name":"' + b"x" * (size - 11) + b'"}')
        assert problem(refused, 413)["code"] == "body_too_large"
    fitting = owner.post("tax-rates/", b'{"name":"' + b"x" * (1024 * 1024 - 11) + b'"}')
    assert problem(fitting, 400)["code"] == "input_invalid"


@pytest.mark.django_db
def test_nesting_stops_at_twenty_levels(owner: Member) -> None:
    def nested(levels: int) -> bytes:
        return b'{"name":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    assert problem(owner.post("tax-rates/", nested(20)), 400)["code"] == "input_invalid"
    for levels in (21, 100_000):
        assert problem(owner.post("tax-rates/", nested(levels)), 400)["code"] == "malformed"


@pytest.mark.django_db
def test_every_field_at_fault_is_named_with_a_code(owner: Member) -> None:
    refused = problem(owner.post("tax-rates/", {"name": "", "rate_bps": 10_001}), 400)
    rows = {(row["field"], row["code"]) for row in refused["errors"]}
    assert rows == {("name", "blank"), ("rate_bps", "max_value")}
    unknown = problem(owner.get("tax-rates/?colour=red"), 400)
    assert [(row["field"], row["code"]) for row in unknown["errors"]] == [
        ("colour", "unknown_field")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values", [b"", b"{", b"[]", b"[1]", b'[1,"x"]', b"[[1],{}]", b'["\\u0000",1]', b"[null,null]"]
)
def test_a_cursor_of_another_list_is_refused(owner: Member, values: bytes) -> None:
    cursor = base64.urlsafe_b64encode(values).decode() or "é"
    assert problem(owner.get(f"tax-rates/?cursor={cursor}"), 400)["code"] == "cursor_invalid"


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["x", "9" * 5000, "-1", '"'])
def test_a_version_that_is_no_number_is_refused(owner: Member, version: str) -> None:
    pk = orjson.loads(owner.post("tax-rates/", VAT).content)["id"]
    refused = owner.patch(f"tax-rates/{pk}/", {"rate_bps": 1}, if_match=version)
    assert problem(refused, 400)["code"] == "version_required"


@pytest.mark.django_db
def test_a_request_id_is_echoed_when_it_is_harmless(owner: Member) -> None:
    for given in ("till-7.0001", "A" * 64):
        assert owner.get("tax-rates/", x_request_id=given)["X-Request-ID"] == given
    for given in ("A" * 65, "a b", "a\n{}", "<script>", "é", ""):
        made = owner.get("tax-rates/", x_request_id=given)["X-Request-ID"]
        assert made != given
        assert len(made) == 32


@pytest.mark.django_db
def test_timings_are_for_staff(owner: Member, manager: Member, server: Member) -> None:
    for member in (owner, manager):
        timing = member.get("tax-rates/")["Server-Timing"]
        names = [part.split(";dur=")[0].strip() for part in timing.split(",")]
        assert names == ["app", "db", "cache"]
    assert "Server-Timing" not in server.get("tax-rates/")
    assert "Server-Timing" not in Client().get("/api/v1/tax-rates/")


def test_what_nobody_foresaw_is_logged_and_says_nothing_of_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = of_exception(ZeroDivisionError("a secret"))
    assert answer.status_code == 500
    assert orjson.loads(answer.content)["code"] == "server_failed"
    assert b"secret" not in answer.content
    assert "a secret" in caplog.text
    assert of_status(418).status_code == 500


class Caller:
    """One connection to a running server, kept open as a till keeps it."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self._http = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        self._head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self._http.request("GET", path, headers=self._head)
        response = self._http.getresponse()
        return response.status, dict(response.getheaders()), response.read()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """PostgreSQL, reached over a wire that can be cut by every connection made from now on."""
    place = connections["default"].settings_dict
    before = (place["HOST"], place["PORT"])
    made = Wire(place["HOST"], int(place["PORT"]))
    place["HOST"], place["PORT"] = "127.0.0.1", str(made.port)
    yield made
    place["HOST"], place["PORT"] = before
    made.cut()


@pytest.mark.django_db(transaction=True)
def test_while_postgresql_is_away_the_answer_is_503_and_afterwards_all_is_well(
    owner: Member, wire: Wire, live_server: Any
) -> None:
    caller, path = Caller(live_server.url, owner.token), "/api/v1/tax-rates/"
    assert caller.get(path)[0] == 200
    wire.cut()
    for _ in range(2):
        status, headers, body = caller.get(path)
        assert (status, orjson.loads(body)["code"]) == (503, "dependency_down")
        assert headers["Retry-After"] == "1"
    wire.mend()
    started = monotonic()
    assert caller.get(path)[0] == 200
    assert monotonic() - started < 5
