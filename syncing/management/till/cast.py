"""Who is who in a running stack, by its `ready.json`."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from syncing.management.till.client import Till


def read_stack(path: Path) -> dict[str, Any]:
    try:
        stack: dict[str, Any] = json.loads(path.read_text())
    except OSError as error:
        raise CommandError(
            f"No running stack found ({path}): start one with `make run`."
        ) from error
    return stack


def by_email(stack: dict[str, Any], role: str) -> Till:
    till, login = Till(stack["http"], role), stack["logins"][role]
    till.sign_in(email=login["email"], password=login["password"], restaurant=stack["restaurant"])
    return till


def by_pin(stack: dict[str, Any], role: str) -> Till:
    till, login = Till(stack["http"], role), stack["logins"][role]
    till.sign_in_by_pin(
        device_token=stack["device_token"],
        employee_code=login["employee_code"],
        pin=login["pin"],
    )
    return till
