"""The charts of today: numbers to draw by, for one restaurant at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from fynlo.accounts.authority import Authority
from fynlo.accounts.models import Restaurant
from fynlo.accounts.selectors import Profile, restaurant_profile
from fynlo.clock import business_date
from fynlo.money import for_people
from pos.choices import OrderStatus, ProductSort, SalesGroup
from pos.models import Order
from pos.selectors.product_sales import product_report
from pos.selectors.sales import Period, Row, sales_report

HEIGHT, SLOT = 100, 24
MOST_BARS, MOST_CHOICES = 6, 12
WAITING = ((0, 30), (30, 60), (60, 120), (120, None))


@dataclass(frozen=True, slots=True)
class Column:
    """One hour: two bars, in units of the drawing, beside each other; `says` is their legend."""

    label: str
    x: int
    today: float
    before: float
    says: str


@dataclass(frozen=True, slots=True)
class Hours:
    """`scale`: the amounts at the top, the middle and the foot of the drawing."""

    columns: list[Column]
    width: int
    scale: list[str]
    today: str
    before: str
    by_now: str


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    value: str
    note: str
    percent: float


@dataclass(frozen=True, slots=True)
class Charts:
    """`choices`: the restaurants that may be looked at, when there are several."""

    restaurant: Restaurant
    choices: list[Restaurant]
    weekday: str
    hours: Hours
    products: list[Bar]
    payments: list[Bar]
    open_orders: list[Bar]
    open_total: str


def charts(known: Authority, *, chosen: str, now: datetime) -> Charts | None:
    """Of the chosen restaurant, or of the first by name; None where nothing is governed."""
    choices = list(known.restaurants().filter(is_active=True)[:MOST_CHOICES])
    if not choices:
        return None
    restaurant = next((place for place in choices if str(place.pk) == chosen), choices[0])
    profile = restaurant_profile(restaurant.pk)
    today = business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)
    last_week = today - timedelta(weeks=1)
    sold = sales_report(restaurant.pk, period=Period(today, today), group_by=SalesGroup.HOUR)
    before = sales_report(
        restaurant.pk, period=Period(last_week, last_week), group_by=SalesGroup.HOUR
    )
    return Charts(
        restaurant=restaurant,
        choices=choices if len(choices) > 1 else [],
        weekday=f"{last_week:%A}",
        hours=_hours(sold, before, profile, now),
        products=_products(restaurant.pk, Period(today, today), profile),
        payments=_payments(sold, profile),
        open_orders=_open_orders(restaurant.pk, now),
        open_total=for_people(sold["open"]["total"], profile.currency),
    )


def _hours(sold: Row, before: Row, profile: Profile, now: datetime) -> Hours:
    """Every hour from the first to the last in which either day sold anything."""
    first = profile.day_starts_at.hour
    net = {int(row["key"]): row["net"] for row in sold["results"]}
    was = {int(row["key"]): row["net"] for row in before["results"]}
    passed = sorted((hour - first) % 24 for hour in net.keys() | was.keys())
    shown = [(first + n) % 24 for n in range(passed[0], passed[-1] + 1)] if passed else []
    top = round_scale(max([*net.values(), *was.values()], default=0))
    place = (now.astimezone(ZoneInfo(profile.time_zone)).hour - first) % 24
    by_now = sum(amount for hour, amount in was.items() if (hour - first) % 24 <= place)
    money = _money(profile)
    return Hours(
        columns=[
            Column(
                label=f"{hour:02}",
                x=SLOT * n,
                today=HEIGHT * max(0, net.get(hour, 0)) / top,
                before=HEIGHT * max(0, was.get(hour, 0)) / top,
                says=f"{hour:02}:00 – today {money(net.get(hour, 0))},"
                f" a week ago {money(was.get(hour, 0))}",
            )
            for n, hour in enumerate(shown)
        ],
        width=SLOT * len(shown),
        scale=[money(amount).removesuffix(".00") for amount in (top, top // 2, 0)],
        today=money(sold["totals"]["net"]),
        before=money(before["totals"]["net"]),
        by_now=money(by_now),
    )


def round_scale(most: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, … that is no less: half of it is whole."""
    step = 1
    while True:
        for top in (2 * step, 4 * step, 10 * step):
            if top >= most:
                return top
        step *= 10


def _products(restaurant_id: UUID, period: Period, profile: Profile) -> list[Bar]:
    found = product_report(restaurant_id, period=period, sort=ProductSort.NET, limit=MOST_BARS)
    money = _money(profile)
    return _bars(
        [row for row in found["best"] if row["net"] > 0],
        amount=lambda row: row["net"],
        told=lambda row: (row["name"], money(row["net"]), f"{row['quantity']} ×"),
    )


def _payments(sold: Row, profile: Profile) -> list[Bar]:
    money = _money(profile)
    return _bars(
        sorted(sold["payments"], key=lambda row: (-row["amount"], row["method"])),
        amount=lambda row: row["amount"],
        told=lambda row: (
            row["method"].replace("_", " ").capitalize(),
            money(row["amount"]),
            f"{row['payments']} ×",
        ),
    )


def _open_orders(restaurant_id: UUID, now: datetime) -> list[Bar]:
    """How many have been open for how long."""
    counts = Order.objects.for_restaurant(restaurant_id).filter(status=OrderStatus.OPEN)
    found: Mapping[str, int] = counts.aggregate(
        **{f"from_{since}": Count("pk", filter=_open_for(now, since, to)) for since, to in WAITING}
    )
    rows = [(since, to, found[f"from_{since}"]) for since, to in WAITING]
    if not any(count for _, _, count in rows):
        return []
    return _bars(
        rows,
        amount=lambda row: row[2],
        told=lambda row: (
            f"{row[0]} to {row[1]} minutes" if row[1] else f"more than {row[0]} minutes",
            str(row[2]),
            "",
        ),
    )


def _open_for(now: datetime, since: int, to: int | None) -> Q:
    older = Q(opened_at__lte=now - timedelta(minutes=since)) if since else Q()
    return older & Q(opened_at__gt=now - timedelta(minutes=to)) if to else older


def _bars(
    rows: list[Any], *, amount: Callable[[Any], int], told: Callable[[Any], tuple[str, str, str]]
) -> list[Bar]:
    """The longest fills its line."""
    most = max((amount(row) for row in rows), default=0) or 1
    return [Bar(*told(row), percent=100 * max(0, amount(row)) / most) for row in rows]


def _money(profile: Profile) -> Callable[[int], str]:
    return lambda amount: for_people(amount, profile.currency)
