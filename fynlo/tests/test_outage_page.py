"""The admin while PostgreSQL is away: a page that says so."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from django.db import OperationalError, connection
from django.test import Client


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def outage(db: None) -> Iterator[None]:
    def refuse(*_: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield


def test_a_page_of_the_admin_comes_again_by_itself(browser: Client, outage: None) -> None:
    browser.cookies["sessionid"] = "somebody"
    answer = browser.get("/admin/")
    assert (answer.status_code, answer["Refresh"], answer["Retry-After"]) == (503, "2", "2")
    assert "cannot reach its database" in answer.content.decode()


def test_a_form_is_not_sent_again_by_the_browser(browser: Client, outage: None) -> None:
    answer = browser.post("/admin/login/", {"username": "o@kettle.example", "password": "tea"})
    assert answer.status_code == 503
    assert "Refresh" not in answer


@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/auth/login/"])
def test_what_a_middleware_cannot_reach_is_an_outage_too(browser: Client, path: str) -> None:
    away = OperationalError("the database system is starting up")
    middleware = "django.contrib.sessions.middleware.SessionMiddleware.process_request"
    with patch(middleware, side_effect=away):
        answer = browser.get(path)
    assert answer.status_code == 503


def test_in_the_api_it_is_a_problem(browser: Client, outage: None) -> None:
    body = {"email": "o@kettle.example", "password": "tea"}
    answer = browser.post("/api/v1/auth/login/", body, content_type="application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert orjson.loads(answer.content)["code"] == "dependency_down"


def test_any_other_failure_of_a_middleware_stays_a_failure(browser: Client) -> None:
    middleware = "django.contrib.sessions.middleware.SessionMiddleware.process_request"
    with patch(middleware, side_effect=ValueError):
        assert browser.get("/admin/login/").status_code == 500
