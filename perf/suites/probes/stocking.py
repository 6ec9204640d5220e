"""One of everything that a restaurant has, made through its API, for others to reach for."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

from fynlo.api.parsers import canonical
from fynlo.clock import as_utc_text, utc_now
from perf.laboratory.till import Till
from perf.suites.ordering import plain_dishes

NIGHT = {"starts_at": "2027-03-02T12:00:00Z", "ends_at": "2027-03-02T18:00:00Z"}
MORE_THAN_AT_ONCE = 501
LONG_AGO = "2020-02-02"
HOURS = {"started_at": "2026-01-05T10:00:00Z", "ended_at": "2026-01-05T11:00:00Z"}


def stock(till: Till) -> None:
    """As the owner. What is there already, or refused as things stand, is left as it is."""
    _sell(till)
    _employ(till)
    _work_offline(till)
    rows = [{"sku": f"PROBE-{number}"} for number in range(MORE_THAN_AT_ONCE)]
    for path, body in (
        ("break-types/", {"name": uuid4().hex[:8], "expected_minutes": 30}),
        ("payroll/periods/", {"starts_on": "2026-02-02", "ends_on": "2026-02-08"}),
        ("devices/pairing-codes/", {"kind": "till"}),
        ("menu/import/", {"products": rows, "dry_run": True}),
        ("payments/day/close/", {"business_date": LONG_AGO, "override": True}),
    ):
        _make(till, path, body)
    endpoint = _make(till, "webhook-endpoints/", {"url": "https://hooks.example.com/probe"})
    _make(till, f"webhook-endpoints/{endpoint}/test/", {})


def _sell(till: Till) -> None:
    lines = [{"product": one, "quantity": "1"} for one in plain_dishes(till)[:2]]
    orders = [_make(till, "orders/", {"channel": "takeaway", "lines": lines}) for _ in range(3)]
    _make(till, f"orders/{orders[0]}/send/", {})
    drawer = _make(till, "payments/drawers/", {"name": uuid4().hex[:8], "opening_float": 5000})
    paid = {"order": orders[0], "amount": 1, "tendered": 1, "drawer": drawer}
    _make(till, "payments/cash/", paid)
    _make(till, "payments/open-banking/qr/", {"order": orders[1]})
    _make(till, "payments/stripe/intents/", {"order": orders[2]})


def _employ(till: Till) -> None:
    people = [row["id"] for row in till.get("staff/").json()["results"]]
    me = till.get("auth/me/").json().get("membership", {})
    own = me.get("id", people[0]) if isinstance(me, dict) else str(me)
    shift = _make(till, "shifts/", {**NIGHT, "member": own})
    _make(
        till, "shifts/publish/", {"since": "2027-03-01T00:00:00Z", "until": "2027-03-04T00:00:00Z"}
    )
    colleague = next((one for one in people if one != own), own)
    _make(till, f"shifts/{shift}/swaps/", {"to": colleague})
    entry = _make(till, "time-entries/", {**HOURS, "member": own, "reason": "Probe"})
    _make(till, f"time-entries/{entry}/adjustments/", {**HOURS, "reason": "Probe"})


def _work_offline(till: Till) -> None:
    """What a till pushed waits for a person: about an order that has not come, and a price that
    somebody else has changed meanwhile."""
    _push(till, "order", {"action": "send"}, type="action")
    like = till.get("products/?limit=1").json()["results"][0]
    given = {name: like[name] for name in ("tax_rate", "category")}
    sku = uuid4().hex[:8]
    product = _make(till, "products/", {**given, "sku": sku, "name": sku, "price": 100})
    till.ask("PATCH", f"products/{product}/", {"price": 250, "version": 1}, {})
    _push(till, "product", {"price": 300}, type="update", base_version=1, entity_id=product)


def _push(till: Till, entity: str, changes: dict[str, Any], **more: Any) -> None:
    operation = {
        "op_id": str(uuid4()),
        "device_seq": 1,
        "entity": entity,
        "entity_id": str(uuid4()),
        "changes": changes,
        "occurred_at": as_utc_text(utc_now()),
        "hash": sha256(canonical(changes)).hexdigest(),
        **more,
    }
    numbers = {"device_seq_from": 1, "device_seq_to": 1}
    _make(till, "sync/push/", {**numbers, "operations": [operation]})


def _make(till: Till, path: str, body: dict[str, Any]) -> str:
    """The id of what was made; of nothing when it was refused."""
    headers = {"idempotency_key": uuid4().hex}
    try:
        answer = till.ask("POST", path, body, headers)
    except ConnectionError:
        answer = till.ask("POST", path, body, headers)
    made = answer.json() if 200 <= answer.status < 300 and answer.body else {}
    return str(made.get("id", uuid4()))
