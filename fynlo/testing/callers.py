"""Clients of a running stack."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import httpx

from fynlo.testing.live import Stack


@dataclass(frozen=True)
class Caller:
    """Somebody of the demo, signed in to the API. Every refusal raises httpx.HTTPStatusError."""

    api: httpx.Client

    @classmethod
    def of(cls, stack: Stack, who: str) -> Self:
        login = stack.ready["logins"][who]
        api = httpx.Client(base_url=f"{stack.ready['http']}/api/v1/", timeout=10)
        given = {name: login[name] for name in ("email", "password")}
        token = api.post("auth/login/", json=given).raise_for_status().json()["access"]
        api.headers["Authorization"] = f"Bearer {token}"
        return cls(api)

    def get(self, path: str) -> Any:
        return self.api.get(path).raise_for_status().json()

    def post(self, path: str, body: Any = None) -> Any:
        headers = {"Idempotency-Key": str(uuid4())}
        return self.api.post(path, json=body or {}, headers=headers).raise_for_status().json()

    def patch(self, path: str, body: Any) -> Any:
        return self.api.patch(path, json=body).raise_for_status().json()

    def delete(self, path: str) -> None:
        self.api.delete(path).raise_for_status()
