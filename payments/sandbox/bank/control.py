"""`/_sandbox/`, which the real bank does not have: staging trouble and looking behind it."""

from dataclasses import asdict, dataclass
from typing import Any

from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from payments.sandbox.bank.doors import Doors
from payments.sandbox.bank.keys import rotate
from payments.sandbox.bank.outbox import signed
from payments.sandbox.bank.problems import invalid, not_found
from payments.sandbox.bank.shapes import check
from payments.sandbox.bank.store import Store, clock

# What each takes as `operation`: a call (create, cancel, refund) or a type of webhook; those of
# ON_READING a `fetch` as well.
STAGED = (
    "500",
    "500_after_commit",
    "503",
    "429",
    "409",
    "slow",
    "approve_late_after_cancel",
    "executed_then_failed",
    "settlement_stalled",
    "refund_fail",
    "refund_fail_later",
    "drop_webhook",
    "dup_webhook",
    "reorder",
    "jwks_down",
)
ON_READING = ("503", "slow")
AT_ONCE = ("jwks_rotate", "revoke_tokens", "clear")
SCENARIO = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "name": {"enum": [*STAGED, *AT_ONCE]},
            "operation": {"type": "string"},
            "times": {"type": "integer", "minimum": 1},
            "value": {"type": "number", "minimum": 0},
        },
        "required": ["name"],
        "additionalProperties": False,
    }
)
SETTINGS = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "webhook_url": {"type": "string"},
            "expiry_s": {"type": "number", "minimum": 0},
            "execute_after_s": {"type": "number", "minimum": 0},
            "settle_after_s": {"type": "number", "minimum": 0},
        },
        "additionalProperties": False,
    }
)


@dataclass(frozen=True, slots=True)
class Control:
    store: Store
    doors: Doors
    wake: Any
    jku: str

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/health", self.health),
            Route("/_sandbox/scenario", self.scenario, methods=["POST"]),
            Route("/_sandbox/settings", self.settings, methods=["POST"]),
            Route("/_sandbox/payments", self.payments),
            Route("/_sandbox/webhooks", self.webhooks),
        ]

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def scenario(self, request: Request) -> Response:
        """Stages a scenario for the next `times` that it applies. `value` is seconds, or copies."""
        self._enter(request)
        asked = await request.json()
        check(SCENARIO, asked)
        name = asked["name"]
        if asked.get("operation") == "fetch" and name not in ON_READING:
            raise invalid(f"A fetch knows only {', '.join(ON_READING)}.")
        if name == "jwks_rotate":
            rotate(self.store)
        elif name == "revoke_tokens":
            self.store.run("DELETE FROM tokens")
        elif name == "clear":
            self.store.run("DELETE FROM scenarios")
        else:
            self.store.insert(
                "scenarios",
                name=name,
                operation=asked.get("operation", ""),
                left=asked.get("times", 1),
                value=asked.get("value", 0.0),
            )
        return Response(status_code=204)

    async def settings(self, request: Request) -> Response:
        self._enter(request)
        asked = await request.json()
        check(SETTINGS, asked)
        for name, value in asked.items():
            self.store.set(name, value)
        self.wake()
        return Response(status_code=204)

    async def payments(self, request: Request) -> Response:
        """Every payment there is, or those of one `attempt` (by its metadata)."""
        self._enter(request)
        columns = "id, status, amount, currency, failure_reason, request"
        rows = self.store.rows(f"SELECT {columns} FROM payments ORDER BY created_at")  # noqa: S608
        attempt = request.query_params.get("attempt", "")
        return JSONResponse([row for row in rows if attempt in row["request"]])

    async def webhooks(self, request: Request) -> Response:
        """The webhooks of one `payment`, signed for `path` as they would be sent now."""
        self._enter(request)
        query = request.query_params
        sql = "SELECT * FROM outbox WHERE payment = ? ORDER BY due_at, id"
        rows = self.store.rows(sql, query.get("payment", ""))
        path = query.get("path", "/")
        return JSONResponse(
            [
                {
                    "type": row["type"],
                    "state": row["state"],
                    "tries": row["tries"],
                    "at": clock(),
                    **asdict(signed(self.store, row["body"], path=path, jku=self.jku)),
                }
                for row in rows
            ]
        )

    def _enter(self, request: Request) -> None:
        """Raises Problem 404 for everybody but the controller."""
        if not self.doors.is_controller(request):
            raise not_found()
