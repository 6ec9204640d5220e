"""A stand-in for TrueLayer on loopback: `python -m payments.sandbox.bank --port … --state …`."""

import argparse
from pathlib import Path

import uvicorn

from payments.sandbox.bank.app import application
from payments.sandbox.bank.credentials import write_environment
from payments.sandbox.bank.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m payments.sandbox.bank", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="its folder: keys and database")
    parser.add_argument("--url", default="", help="where the world reaches it")
    parser.add_argument("--webhook-url", help="where webhooks go; as before when left out")
    given = parser.parse_args()
    url = given.url or f"http://127.0.0.1:{given.port}"
    app = application(given.state, url=url)
    write_environment(given.state, url)
    if given.webhook_url is not None:
        Store(given.state / "bank.sqlite3").set("webhook_url", given.webhook_url)
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
