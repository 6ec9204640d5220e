"""A client of the bank written from its documentation alone, to hold the stand-in against it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from truelayer_signing import sign_with_pem

from payments.sandbox.bank.remote import RunningBank


@dataclass(frozen=True)
class Client:
    bank: RunningBank

    def token(self, **changed: str) -> httpx.Response:
        known = self.bank.credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "scope": "payments",
        }
        return httpx.post(f"{self.bank.url}/connect/token", data=form | changed)

    def get(self, path: str, **query: str) -> httpx.Response:
        return httpx.get(f"{self.bank.url}{path}", params=query, headers=self._bearer())

    def post(self, path: str, body: object, *, key: str = "", **wrong: str) -> httpx.Response:
        """`wrong` replaces what is right: kid, private_key, signed_path, sent, signature."""
        key, text = key or str(uuid4()), json.dumps(body)
        known = self.bank.credentials
        signer = sign_with_pem(
            wrong.get("kid", known.kid), wrong.get("private_key", known.private_key)
        )
        signer = signer.set_path(wrong.get("signed_path", path)).set_body(text)
        signature = signer.add_header("Idempotency-Key", key).sign()
        headers = {
            **self._bearer(),
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Tl-Signature": wrong.get("signature", signature),
        }
        sent = wrong.get("sent", text)
        return httpx.post(f"{self.bank.url}{path}", content=sent, headers=headers)

    def payment(self, **changed: Any) -> dict[str, Any]:
        """What asks for 27.50."""
        account = self.bank.credentials.accounts["house"]
        return {
            "amount_in_minor": 2750,
            "currency": "GBP",
            "payment_method": {
                "type": "bank_transfer",
                "provider_selection": {"type": "user_selected"},
                "beneficiary": {
                    "type": "merchant_account",
                    "merchant_account_id": account,
                    "reference": "FYN-1001",
                },
            },
            "user": {"name": "Guest", "email": "guest@example.com"},
            "hosted_page": {"return_uri": "https://pay.example.com/q/return/"},
            "metadata": {"attempt_id": str(uuid4())},
            **changed,
        }

    def made(self, **changed: Any) -> dict[str, Any]:
        response = self.post("/v3/payments", self.payment(**changed))
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def now(self, pk: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(f"/v3/payments/{pk}").json()
        return answer

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token().json()['access_token']}"}
