"""A stand-in for Stripe on loopback: `python -m payments.sandbox.stripe --port … --state …`."""

import argparse
import json
from pathlib import Path

import uvicorn

from payments.sandbox.stripe.app import StandIn, application
from payments.sandbox.stripe.credentials import Credentials, credentials
from payments.sandbox.stripe.guests import guest_routes
from payments.sandbox.stripe.scenarios import Scenarios
from payments.sandbox.stripe.sender import Sender
from payments.sandbox.stripe.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m payments.sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="its folder: keys and database")
    parser.add_argument("--url", default="", help="where the world reaches it")
    parser.add_argument("--webhook-url", default="", help="where webhooks go; nowhere if empty")
    given = parser.parse_args()
    own = credentials(given.state)
    store = Store(given.state / "stripe.sqlite3")
    sender = Sender(store, url=given.webhook_url, secret=own.webhook_secret)
    sender.start()
    url = given.url or f"http://127.0.0.1:{given.port}"
    stand_in = StandIn(url, own, store, Scenarios(), sender)
    _leave_environment(given.state, own, url)
    app = application(stand_in, *guest_routes(stand_in))
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


def _leave_environment(folder: Path, own: Credentials, url: str) -> None:
    """The variables by which Fynlo finds it."""
    variables = {
        "STRIPE_SECRET_KEY": own.secret_key,
        "STRIPE_PUBLISHABLE_KEY": own.publishable_key,
        "STRIPE_WEBHOOK_SECRET": own.webhook_secret,
        "STRIPE_API_URL": url,
        "STRIPE_HOSTED_URL": url,
    }
    path = folder / "environment.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(variables))


if __name__ == "__main__":
    main()
