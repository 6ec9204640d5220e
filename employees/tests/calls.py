"""What the tests of staff and hours share."""

from typing import Any

import orjson
from django.http import HttpResponse


def said(response: HttpResponse, status: int = 200) -> dict[str, Any]:
    """The document of an answer that must have this status."""
    assert response.status_code == status, response.content
    document: dict[str, Any] = orjson.loads(response.content)
    return document


def refusal(response: HttpResponse) -> tuple[int, str]:
    """Status and code."""
    return response.status_code, orjson.loads(response.content)["code"]
