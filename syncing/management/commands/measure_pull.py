"""`manage.py measure_pull`: how long a new device takes to get a menu of many products."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant, Session, User
from fynlo.api.tokens import access_token
from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.settings.env import STATE_DIR
from pos.models import Category, Product, TaxRate, Variation
from syncing.management.away.copy import LocalCopy
from syncing.management.till.cast import read_stack

AIM_S = 2.0


class Command(BaseCommand):
    help = "Bootstraps a device from `make run`, in a restaurant of its own with many products."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--products", type=int, default=10_000)
        parser.add_argument("--times", type=int, default=5)
        parser.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")

    def handle(self, *args: Any, **options: Any) -> None:
        stack = read_stack(options["ready"])
        token = _sign_in(_fill(options["products"]))
        for encoding in ("identity", "gzip", "br"):
            headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": encoding}
            with httpx.Client(base_url=f"{stack['http']}/api/v1/", headers=headers) as http:
                took = sorted(
                    self._once(http, options["products"]) for _ in range(options["times"])
                )
                size = sum(self.sizes)
            style = self.style.SUCCESS if took[-1] < AIM_S else self.style.WARNING
            text = f"{encoding}: {took[len(took) // 2]:.2f} s, at most {took[-1]:.2f} s"
            self.stdout.write(style(f"{options['products']} products, {text}, {size // 1024} KiB"))

    def _once(self, http: httpx.Client, products: int) -> float:
        """Seconds until the device holds all of it, and its sums are the server's."""
        copy, self.sizes = LocalCopy(), []
        started = time.perf_counter()
        while True:
            query = {"limit": "2000"} | ({"cursor": copy.cursor} if copy.cursor else {})
            response = http.get("sync/pull/", params=query, timeout=30).raise_for_status()
            self.sizes.append(response.num_bytes_downloaded)
            if not copy.take(response.json()):
                break
        took = time.perf_counter() - started
        assert len(copy.all_of("product")) == products
        told = http.get("sync/checksums/?entities=product", timeout=30).raise_for_status().json()
        assert not copy.differing(told)
        return took


def _fill(count: int) -> Restaurant:
    """Every fifth product comes in two sizes."""
    place = Restaurant.objects.create(name="Measured")
    tax = TaxRate.objects.create(restaurant=place, name="VAT", rate_bps=2000)
    category = Category.objects.create(restaurant=place, name="All of it")
    products = [
        Product(
            restaurant=place,
            sku=f"P{number}",
            name=f"Product {number}",
            description="With what goes with it, as the season has it.",
            price=100 + number,
            tax_rate=tax,
            category=category,
        )
        for number in range(count)
    ]
    Product.objects.bulk_create(products, batch_size=2000)
    sizes = [
        Variation(product=product, name=name, price=price, position=price)
        for product in products[::5]
        for name, price in (("Small", 100), ("Large", 200))
    ]
    Variation.objects.bulk_create(sizes, batch_size=2000)
    return place


def _sign_in(place: Restaurant) -> str:
    """A session of a manager that nobody has the password of."""
    now = utc_now()
    user = User(email=f"{new_id().hex}@measured.example", name="Measured")
    user.set_unusable_password()
    user.save()
    member = Membership.objects.create(
        restaurant=place, user=user, role=Role.MANAGER, employee_code="M1"
    )
    session = Session.objects.create(
        restaurant=place,
        user=user,
        membership=member,
        started_at=now,
        expires_at=now + settings.SESSION_LIFETIME,
    )
    return access_token(session, now=now)
