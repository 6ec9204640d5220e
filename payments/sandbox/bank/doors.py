"""Who may come in: tokens, request signatures, idempotency keys, and staged trouble."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from truelayer_signing import HttpMethod, extract_jws_header, verify_with_pem
from truelayer_signing.errors import TlSigningException

from payments.sandbox.bank.credentials import Credentials
from payments.sandbox.bank.problems import Problem, invalid, unauthenticated
from payments.sandbox.bank.store import Store, clock

SCOPE = "payments"


@dataclass(frozen=True, slots=True)
class Doors:
    store: Store
    credentials: Credentials

    def check_token(self, request: Request) -> None:
        """Raises Problem 401 for a token that is none or has expired, 403 for another scope."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = self.store.row("SELECT * FROM tokens WHERE token = ?", token)
        if scheme != "Bearer" or found is None or found["expires_at"] <= clock():
            raise unauthenticated("The access token is invalid or has expired.")
        if SCOPE not in found["scope"].split():
            raise Problem(403, "forbidden", f"The token lacks the scope {SCOPE}.")

    def check_signature(self, request: Request, raw: bytes) -> None:
        """Raises Problem 401 unless path, Idempotency-Key and these very bytes are signed."""
        signature = request.headers.get("Tl-Signature", "")
        key = request.headers.get("Idempotency-Key", "")
        try:
            if extract_jws_header(signature).kid != self.credentials.kid:
                raise unauthenticated("Nobody registered this key id.")
            verifier = verify_with_pem(self.credentials.public_key).set_method(HttpMethod.POST)
            verifier.set_path(request.url.path).add_header("Idempotency-Key", key)
            verifier.add_required_header("Idempotency-Key").set_body(raw.decode())
            verifier.verify(signature)
        except (TlSigningException, ValueError, TypeError) as error:
            raise unauthenticated("The Tl-Signature is invalid.") from error

    def is_controller(self, request: Request) -> bool:
        """On this machine, and in possession of the token of the sandbox."""
        given = request.headers.get("Authorization", "")
        expected = f"Bearer {self.credentials.control_token}"
        host = request.client.host if request.client else ""
        return host == "127.0.0.1" and hmac.compare_digest(given.encode(), expected.encode())

    async def write(
        self, request: Request, operation: str, work: Callable[[Any], tuple[int, object]]
    ) -> Response:
        """A signed POST with an Idempotency-Key: `work` gets the parsed body and is done once."""
        raw = await request.body()
        self.check_token(request)
        self.check_signature(request, raw)
        self._refuse_as_staged(operation)
        answered = self._answered(request, raw)
        if answered is None:
            answered = self._first(request, raw, work)
        await self.dawdle(operation)
        if self.store.scenario("500_after_commit", operation) is not None:
            raise Problem(500, "internal-server-error", "Something went wrong.")
        return answered

    async def dawdle(self, operation: str) -> None:
        """What was done is answered as late as a scenario has staged."""
        await asyncio.sleep(self.store.scenario("slow", operation) or 0)

    def _refuse_as_staged(self, operation: str) -> None:
        """Raises what a scenario has staged, before anything is done."""
        if self.store.scenario("500", operation) is not None:
            raise Problem(500, "internal-server-error", "Something went wrong.")
        if self.store.scenario("503", operation) is not None:
            raise Problem(503, "service-unavailable", "The service is not available.")
        wait = self.store.scenario("429", operation)
        if wait is not None:
            detail = "Too many requests."
            raise Problem(429, "rate-limit-exceeded", detail, retry_after=int(wait) or 1)
        if self.store.scenario("409", operation) is not None:
            raise Problem(409, "idempotency-key-concurrency-conflict", "It is being worked on.")

    def _answered(self, request: Request, raw: bytes) -> Response | None:
        """What was answered to this key before. Raises Problem 422 if it came with another body."""
        key = request.headers["Idempotency-Key"]
        known = self.store.row("SELECT * FROM answers WHERE key = ?", key)
        if known is None:
            return None
        if known["request"] != _digest(request, raw):
            detail = "The Idempotency-Key was used with another request."
            raise Problem(422, "idempotency-key-reuse", detail)
        return _response(known["status"], known["body"])

    def _first(
        self, request: Request, raw: bytes, work: Callable[[Any], tuple[int, object]]
    ) -> Response:
        key = request.headers["Idempotency-Key"]
        _check_key(key)
        try:
            body = json.loads(raw or b"{}")
        except ValueError as error:
            raise invalid("The body is not JSON.") from error
        with self.store.together():
            status, answer = work(body)
            text = "" if answer is None else json.dumps(answer)
            digest = _digest(request, raw)
            self.store.insert("answers", key=key, request=digest, status=status, body=text)
        return _response(status, text)


def _check_key(key: str) -> None:
    try:
        UUID(key)
    except ValueError as error:
        raise invalid("The Idempotency-Key is not a UUID.") from error


def _digest(request: Request, raw: bytes) -> str:
    return hashlib.sha256(request.url.path.encode() + b"\n" + raw).hexdigest()


def _response(status: int, text: str) -> Response:
    return JSONResponse(json.loads(text), status) if text else Response(status_code=status)
