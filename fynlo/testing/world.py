"""A restaurant in full swing, made piece by piece as a test asks for it."""

from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Device, Restaurant
from fynlo.accounts.selectors import token_hash
from fynlo.api.parsers import canonical
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member, hire
from pos.models import Category, Floor, MenuImport, ModifierGroup, Station, Table, TaxRate
from pos.tests.conftest import Menu, stock_menu


class World:
    """Ids of one of everything. What is `spare` is used by nothing and may be deleted."""

    def __init__(self, restaurant: Restaurant) -> None:
        self.restaurant = restaurant

    @cached_property
    def menu(self) -> Menu:
        return stock_menu(self.restaurant)

    @cached_property
    def boss(self) -> Member:
        """Who sets the scene; never one of those who are tested."""
        return hire(self.restaurant, Role.OWNER, name="boss")

    def _post(self, path: str, body: Any = None) -> dict[str, Any]:
        response = self.boss.post(path, body, idempotency_key=str(new_id()))
        assert response.status_code in (200, 201, 202), response.content
        document: dict[str, Any] = orjson.loads(response.content)
        return document

    @cached_property
    def _fresh(self) -> dict[str, Any]:
        return self._post("orders/", self.menu.order(self.menu.line(), self.menu.line(course=3)))

    @cached_property
    def order(self) -> str:
        """Open, with nothing sent."""
        return str(self._fresh["id"])

    @cached_property
    def line(self) -> str:
        return str(self._fresh["lines"][0]["id"])

    @cached_property
    def other_order(self) -> str:
        return str(self._post("orders/", self.menu.order())["id"])

    @cached_property
    def sent(self) -> str:
        """Open, with everything in the kitchen."""
        order_id = self._post("orders/", self.menu.order())["id"]
        self._post(f"orders/{order_id}/send/")
        return str(order_id)

    @cached_property
    def ticket(self) -> str:
        """New, as the kitchen gets it."""
        path = f"kitchen/tickets/?order={self.sent}"
        return str(orjson.loads(self.boss.get(path).content)["results"][0]["id"])

    @cached_property
    def ready_ticket(self) -> str:
        self._post(f"kitchen/tickets/{self.ticket}/ready/")
        return self.ticket

    @cached_property
    def payment(self) -> str:
        due = orjson.loads(self.boss.get(f"orders/{self.sent}/").content)["due"]
        return str(self._post("payments/cash/", {"order": self.sent, "tendered": due})["id"])

    @cached_property
    def pending(self) -> str:
        """A payment that nobody was asked for yet."""
        body = {"order": self.sent, "method": "open_banking"}
        return str(self._post("payments/", body)["id"])

    @cached_property
    def attempt(self) -> str:
        """By bank."""
        asked = self._post("payments/open-banking/qr/", {"order": self.sent})
        return str(asked["attempts"][0]["id"])

    @cached_property
    def card(self) -> str:
        """An attempt by card."""
        asked = self._post("payments/stripe/intents/", {"order": self.sent})
        return str(asked["attempts"][0]["id"])

    @cached_property
    def paid(self) -> str:
        """Open, sent and paid."""
        assert self.payment
        return self.sent

    @cached_property
    def completed(self) -> str:
        self._post(f"orders/{self.paid}/complete/")
        return self.paid

    @cached_property
    def unasked(self) -> str:
        """Half of an order, which waits to be asked for."""
        found = self._post(f"payments/orders/{self.sent}/splits/", {"equal": 2})
        return str(found["results"][0]["payment"])

    @cached_property
    def day_close(self) -> str:
        body = {"business_date": "2020-02-02", "override": True}
        return str(self._post("payments/day/close/", body)["id"])

    @cached_property
    def drawer(self) -> str:
        """Open, and counted."""
        name = "Spare"
        drawer = str(self._post("payments/drawers/", {"name": name})["id"])
        self._post(f"payments/drawers/{drawer}/count/", {"counted": 0})
        return drawer

    @cached_property
    def movement(self) -> str:
        """500 paid into the drawer."""
        body = {"kind": "PAID_IN", "amount": 500, "reason": "change"}
        return str(self._post(f"payments/drawers/{self.drawer}/movements/", body)["id"])

    @cached_property
    def closed_drawer(self) -> str:
        self._post(f"payments/drawers/{self.drawer}/close/")
        return self.drawer

    @cached_property
    def product(self) -> UUID:
        return self.menu.burger.pk

    @cached_property
    def spare_rate(self) -> UUID:
        return TaxRate.objects.create(restaurant=self.restaurant, name="Spare", rate_bps=0).pk

    @cached_property
    def spare_category(self) -> UUID:
        return Category.objects.create(restaurant=self.restaurant, name="Spare").pk

    @cached_property
    def spare_group(self) -> UUID:
        return ModifierGroup.objects.create(restaurant=self.restaurant, name="Spare").pk

    @cached_property
    def spare_station(self) -> UUID:
        return Station.objects.create(restaurant=self.restaurant, name="Spare").pk

    @cached_property
    def spare_floor(self) -> UUID:
        return Floor.objects.create(restaurant=self.restaurant, name="Spare").pk

    @cached_property
    def table(self) -> UUID:
        floor = Floor.objects.create(restaurant=self.restaurant, name="Terrace")
        return Table.objects.create(restaurant=self.restaurant, floor=floor, number="T1").pk

    @cached_property
    def merged_table(self) -> UUID:
        """It stands with the menu's own table."""
        other = Table.objects.create(
            restaurant=self.restaurant, floor=self.menu.table.floor, number="13"
        )
        self._post(f"tables/{other.pk}/merge/", {"into": str(self.menu.table.pk)})
        return other.pk

    @cached_property
    def seated_table(self) -> UUID:
        """Somebody sits there."""
        self._post("orders/", self.menu.order(table=str(self.table)))
        return self.table

    @cached_property
    def discount(self) -> str:
        """A small one, that nobody approved."""
        server = hire(self.restaurant, Role.SERVER, name="generous")
        given = {"kind": "percent", "value": 100, "reason": "regular"}
        answer = server.post(f"orders/{self.other_order}/discount/", given)
        return str(orjson.loads(answer.content)["discounts"][0]["id"])

    @cached_property
    def discounted(self) -> str:
        """Open, with `discount`."""
        assert self.discount
        return self.other_order

    @cached_property
    def menu_import(self) -> UUID:
        """Done."""
        now = utc_now()
        return MenuImport.objects.create(
            restaurant=self.restaurant, rows=0, state="DONE", requested_at=now, touched_at=now
        ).pk

    @cached_property
    def device(self) -> UUID:
        return Device.objects.create(
            restaurant=self.restaurant,
            name="Bar till",
            token_hash=token_hash(str(self.restaurant.pk)),
            paired_at=utc_now(),
        ).pk

    @cached_property
    def colleague(self) -> UUID:
        """A server, who is not one of those who are tested."""
        return hire(self.restaurant, Role.SERVER, name="colleague").membership.pk

    @cached_property
    def break_type(self) -> UUID:
        body = {"name": "Rest", "expected_minutes": 20}
        return UUID(self._post("break-types/", body)["id"])

    @cached_property
    def time_entry(self) -> str:
        """Open, of somebody who is not tested."""
        return str(self._post("timeclock/clock-in/")["id"])

    @cached_property
    def adjustment(self) -> str:
        """Waiting, asked by somebody who is not tested."""
        server = hire(self.restaurant, Role.SERVER, name="late")
        entry = orjson.loads(server.post("timeclock/clock-in/").content)
        times = {"started_at": entry["started_at"], "ended_at": entry["started_at"]}
        path = f"time-entries/{entry['id']}/adjustments/"
        asked = server.post(path, {**times, "reason": "Forgot"})
        return str(orjson.loads(asked.content)["id"])

    @cached_property
    def payroll_period(self) -> str:
        body = {"starts_on": "2026-01-05", "ends_on": "2026-01-11"}
        return str(self._post("payroll/periods/", body)["id"])

    @cached_property
    def shift(self) -> str:
        times = {"starts_at": "2026-03-02T12:00:00Z", "ends_at": "2026-03-02T18:00:00Z"}
        body = {**times, "member": str(self.boss.membership.pk)}
        shift = self._post("shifts/", body)["id"]
        days = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-03T00:00:00Z"}
        self._post("shifts/publish/", days)
        return str(shift)

    @cached_property
    def swap(self) -> str:
        body = {"to": str(self.colleague)}
        return str(self._post(f"shifts/{self.shift}/swaps/", body)["id"])

    @cached_property
    def session(self) -> UUID:
        return self.boss.session.pk

    @cached_property
    def waiting_operation(self) -> str:
        """In quarantine: what it is about has not come."""
        return self._push("order", {"action": "send"}, type="action")

    @cached_property
    def conflict(self) -> str:
        """About the price of water, which somebody else has changed."""
        water = self.menu.water.pk
        self.boss.patch(f"products/{water}/", {"price": 250, "version": 1})
        self._push("product", {"price": 300}, type="update", base_version=1, entity_id=str(water))
        return str(orjson.loads(self.boss.get("sync/conflicts/").content)["results"][0]["id"])

    @cached_property
    def webhook_endpoint(self) -> str:
        return str(self._post("webhook-endpoints/", {"url": "https://stock.example/"})["id"])

    @cached_property
    def webhook_delivery(self) -> str:
        """A ping that waits."""
        return str(self._post(f"webhook-endpoints/{self.webhook_endpoint}/test/")["id"])

    def _push(self, entity: str, changes: dict[str, Any], **more: Any) -> str:
        """Its `op_id`."""
        operation = {
            "op_id": str(new_id()),
            "device_seq": 1,
            "entity": entity,
            "entity_id": str(new_id()),
            "changes": changes,
            "occurred_at": as_utc_text(utc_now()),
            "hash": sha256(canonical(changes)).hexdigest(),
            **more,
        }
        numbers = {"device_seq_from": 1, "device_seq_to": 1}
        self._post("sync/push/", {**numbers, "operations": [operation]})
        return str(operation["op_id"])
