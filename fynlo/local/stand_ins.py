"""Stand-ins for payment providers, so that guests can pay without the internet.

Each speaks its provider's own protocol; only addresses and keys differ from production.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from fynlo.local.ports import LOOPBACK, answers, free_port
from fynlo.local.process import Service
from fynlo.local.supervisor import Supervisor

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class StandIn:
    """`payments.sandbox.name`, which leaves the variables by which Fynlo finds it in
    `environment.json` of its folder. One whose `given` is set already is not started."""

    name: str
    given: str
    webhooks: str


ALL = (
    StandIn("bank", "TRUELAYER_CLIENT_ID", "open-banking"),
    StandIn("stripe", "STRIPE_SECRET_KEY", "stripe"),
    StandIn("apple", "APPLE_PAY_MERCHANT_ID", "none"),
)


def start_stand_ins(
    supervisor: Supervisor, public_url: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Starts what the environment does not give: the variables for all of them, and the URL of
    each by name."""
    wanted = {one: free_port() for one in ALL if not os.environ.get(one.given)}
    hooks = f"{public_url}/api/v1/payments/webhooks"
    home = supervisor.state.folder
    supervisor.start(*(_service(one, home, port, hooks) for one, port in wanted.items()))
    variables: dict[str, str] = {}
    for one in wanted:
        variables |= json.loads((home / one.name / "environment.json").read_text())
    return variables, {one.name: _url(port) for one, port in wanted.items()}


def _service(one: StandIn, home: Path, port: int, hooks: str) -> Service:
    program = [sys.executable, "-m", f"payments.sandbox.{one.name}"]
    options = ["--port", str(port), "--state", str(home / one.name)]
    return Service(
        name=one.name,
        command=[*program, *options, "--webhook-url", f"{hooks}/{one.webhooks}/"],
        folder=PROJECT,
        is_ready=lambda: answers(port),
        log=home / f"{one.name}.log",
    )


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
