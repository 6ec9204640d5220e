"""Tills of a running stack: paired, with a cashier signed in."""

from typing import Any

from syncing.management.till.client import Till

Row = dict[str, Any]


def pair_and_sign_in(stack: Row, manager: Till, name: str) -> Till:
    """A device of its own, and the demo's cashier at it."""
    code = manager.post("devices/pairing-codes/", {})["code"]
    body = {"code": code, "name": name, "model": "simulated", "app_version": "9.0.0"}
    token = manager.post("devices/pair/", body)["token"]
    till, login = Till(stack["http"], name), stack["logins"]["cashier"]
    till.sign_in_by_pin(device_token=token, employee_code=login["employee_code"], pin=login["pin"])
    return till


def plain_products(manager: Till) -> list[Row]:
    """Those that ask for neither modifiers nor a size."""
    return [
        product
        for product in manager.get("menu/")["products"]
        if not (product["modifier_groups"] or product["variations"])
    ]
