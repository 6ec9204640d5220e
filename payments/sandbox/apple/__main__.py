"""A stand-in for Apple Pay on loopback: `python -m payments.sandbox.apple --port … --state …`.

The gateway (TLS) is on a port of its own; this one has `/_sandbox/token`, a guest's phone.
"""

import argparse
import json
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from payments.sandbox.apple.credentials import Credentials, credentials
from payments.sandbox.apple.gateway import gateway
from payments.sandbox.apple.wallet import NUMBERS, Wallet


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m payments.sandbox.apple", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="its folder: certificates")
    parser.add_argument("--webhook-url", default="", help="not used: Apple sends none")
    given = parser.parse_args()
    known = credentials(given.state)
    server = gateway(known, 0)
    _leave_environment(known, server.server_port)
    Thread(target=server.serve_forever, daemon=True).start()
    app = _application(known.wallet())
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


def _leave_environment(known: Credentials, port: int) -> None:
    """The variables by which Fynlo finds it."""
    variables = {
        "APPLE_PAY_MERCHANT_ID": known.merchant_id,
        "APPLE_PAY_DOMAIN": "localhost",
        "APPLE_PAY_GATEWAY_URL": f"https://localhost:{port}",
        "APPLE_PAY_GATEWAY_AUTHORITIES": str(known.root),
        "APPLE_PAY_IDENTITY_FILE": str(known.path("identity")),
        "APPLE_PAY_ROOT_FILE": str(known.root),
        "APPLE_PAY_PROCESSING_FILES": str(known.path("processing")),
    }
    (known.folder / "environment.json").write_text(json.dumps(variables))


def _application(wallet: Wallet) -> Starlette:
    async def token(request: Request) -> Response:
        """A guest's double click: `amount`, `currency` and the request's `application_data`."""
        asked = await request.json()
        if asked.get("currency") not in NUMBERS or not isinstance(asked.get("amount"), int):
            return JSONResponse({"error": "amount and currency are needed"}, 400)
        data = str(asked.get("application_data", "")).encode()
        return JSONResponse(wallet.pay(asked["amount"], asked["currency"], asked=data))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/_sandbox/health", health),
            Route("/_sandbox/token", token, methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    main()
