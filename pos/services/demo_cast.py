"""Who and what is in the two demo restaurants, besides their menus."""

from dataclasses import dataclass, field
from uuid import UUID

from fynlo.accounts.choices import Role
from pos.choices import TableShape

PASSWORD = "the-kettle-is-on"  # noqa: S105 - printed by load_demo, for demonstration only

# Minor units an hour.
WAGES = {
    Role.PLATFORM_OWNER: 0,
    Role.OWNER: 0,
    Role.MANAGER: 1850,
    Role.CASHIER: 1300,
    Role.SERVER: 1260,
    Role.KITCHEN: 1480,
}


@dataclass(frozen=True, slots=True)
class Person:
    """`login` is the name by which load_demo prints them; without one they are only there."""

    name: str
    role: Role
    email: str
    employee_code: str
    pin: str
    login: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """`tables`: number, seats, shape, x, y (thousandths of the floor)."""

    name: str
    tables: tuple[tuple[str, int, TableShape, int, int], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """`settings` are fields of the restaurant; `stations` their names and the seconds within
    which a ticket is to be acknowledged."""

    id: UUID
    name: str
    settings: dict[str, str | int]
    menu: str
    modifiers: str
    people: tuple[Person, ...]
    rooms: tuple[Room, ...]
    stations: tuple[tuple[str, int], ...]
    tills: dict[str, str] = field(default_factory=dict)


def _room(name: str, prefix: str, rows: tuple[str, ...]) -> Room:
    """One digit for each table of a row: its seats, spread over the width of the floor."""
    tables: list[tuple[str, int, TableShape, int, int]] = []
    for line, seats_of_row in enumerate(rows):
        for column, seats in enumerate(int(digit) for digit in seats_of_row):
            x = 1000 * (2 * column + 1) // (2 * len(seats_of_row))
            y = 1000 * (2 * line + 1) // (2 * len(rows))
            tables.append((f"{prefix}{len(tables) + 1}", seats, _shape(seats), x, y))
    return Room(name, tuple(tables))


def _shape(seats: int) -> TableShape:
    if seats == 2:
        return TableShape.ROUND
    return TableShape.SQUARE if seats <= 4 else TableShape.LONG


KETTLE_TILL_TOKEN = "demo-till-of-the-copper-kettle-GX3tq8Zk1dWc"  # noqa: S105

COPPER_KETTLE = Place(
    id=UUID("01936f00-c0bb-7e00-8000-000000000001"),
    name="The Copper Kettle",
    settings={
        "currency": "GBP",
        "country": "GB",
        "time_zone": "Europe/London",
        "day_starts_at": "05:00",
        "service_charge_bps": 1250,
        "address": "12 Market Street\nBath BA1 1AA",
        "vat_number": "GB 123 4567 82",
    },
    menu="menu.csv",
    modifiers="modifiers.csv",
    people=(
        Person("Olivia Hart", Role.OWNER, "owner@copperkettle.example", "100", "2580", "owner"),
        Person("Marcus Bell", Role.MANAGER, "manager@copperkettle.example", "101", "4719",
               "manager"),
        Person("Priya Nair", Role.CASHIER, "cashier@copperkettle.example", "102", "3608",
               "cashier"),
        Person("Tom Ashby", Role.SERVER, "server@copperkettle.example", "103", "7291", "server"),
        Person("Luca Conti", Role.KITCHEN, "kitchen@copperkettle.example", "104", "5830",
               "kitchen"),
        Person("Ada Okafor", Role.PLATFORM_OWNER, "platform_owner@copperkettle.example", "105",
               "9146", "platform_owner"),
        Person("Grace Lund", Role.SERVER, "grace@copperkettle.example", "106", "6052"),
        Person("Ben Sharma", Role.SERVER, "ben@copperkettle.example", "107", "8374"),
        Person("Nia Rees", Role.SERVER, "nia@copperkettle.example", "108", "1967"),
    ),
    rooms=(
        _room("Dining room", "", ("2442", "4664", "2442", "8442")),
        _room("Terrace", "T", ("2222", "4444")),
    ),
    stations=(("Kitchen", 120), ("Grill", 120), ("Cold", 120), ("Bar", 90), ("Pass", 60)),
    tills={"Front till": KETTLE_TILL_TOKEN},
)  # fmt: skip

FORNO_VESUVIO = Place(
    id=UUID("01936f00-f0a0-7e00-8000-000000000002"),
    name="Forno Vesuvio",
    settings={
        "currency": "EUR",
        "country": "IE",
        "time_zone": "Europe/Dublin",
        "day_starts_at": "05:00",
        "cash_rounding": 5,
        "address": "3 Quay Lane\nGalway H91 XY00",
        "vat_number": "IE 1234567T",
    },
    menu="rival_menu.csv",
    modifiers="rival_modifiers.csv",
    people=(
        Person("Carla Esposito", Role.OWNER, "owner@fornovesuvio.example", "100", "4082",
               "rival_owner"),
        Person("Sean Byrne", Role.SERVER, "server@fornovesuvio.example", "101", "6913"),
    ),
    rooms=(_room("Sala", "", ("2222", "4444", "66")),),
    stations=(("Kitchen", 120), ("Grill", 120), ("Cold", 120), ("Bar", 90), ("Pass", 60)),
)  # fmt: skip

PLACES = (COPPER_KETTLE, FORNO_VESUVIO)
