"""A whole stack with its Celery beat: from the threshold to a WebSocket within a minute."""

from time import monotonic

import orjson
import pytest

from fynlo.testing.callers import Caller
from fynlo.testing.live import running_stack
from fynlo.testing.sockets import Listener

pytestmark = pytest.mark.xdist_group("screens")
A_MINUTE = 60.0
AT_ONCE = {"breaks": [{"after_minutes": 0, "minutes": 5}], "daily_minutes": 20}
ALERTS = {"staff.break_due", "staff.overtime_approaching"}


def test_a_break_and_overtime_are_told_within_a_minute() -> None:
    """Both are due with the clock-in itself. Fails without `watch-hours` in the beat's schedule."""
    with running_stack() as stack:
        manager, server = Caller.of(stack, "manager"), Caller.of(stack, "server")
        version = manager.get("labour-policy/")["version"]
        changed = {"rules": AT_ONCE, "version": version}
        manager.api.patch("labour-policy/", json=changed).raise_for_status()
        token = manager.api.headers["Authorization"].removeprefix("Bearer ")
        query = {"streams": "staff"}
        with Listener(stack.ready["websocket"], token, query=query).live() as listener:
            began = monotonic()
            entry = server.post("timeclock/clock-in/")
            told: dict[str, str] = {}
            while ALERTS - told.keys():
                left = A_MINUTE - (monotonic() - began)
                message = orjson.loads(listener.connection.recv(timeout=max(left, 0)))
                if message.get("kind") in ALERTS:
                    told[message["kind"]] = message["id"]
    assert told == dict.fromkeys(ALERTS, entry["id"])
