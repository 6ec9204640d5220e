"""States and their transition tables; the regulated lists."""

from django.db import models

from fynlo.errors import Transitions


class Channel(models.TextChoices):
    DINE_IN = "dine_in", "Dine in"
    TAKEAWAY = "takeaway", "Takeaway"
    DELIVERY = "delivery", "Delivery"
    QR_TABLE = "qr_table", "QR at the table"


class OrderStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"


ORDER_TRANSITIONS: Transitions = {
    OrderStatus.OPEN: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset({OrderStatus.OPEN}),
    OrderStatus.CANCELLED: frozenset(),
}


class PaymentStatus(models.TextChoices):
    UNPAID = "UNPAID", "Unpaid"
    PARTIALLY_PAID = "PARTIALLY_PAID", "Partially paid"
    PAID = "PAID", "Paid"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED", "Partially refunded"
    REFUNDED = "REFUNDED", "Refunded"


class LineState(models.TextChoices):
    """How far the kitchen is with a line. An order stands where its slowest line stands."""

    NEW = "NEW", "New"
    HELD = "HELD", "Held"
    SENT = "SENT", "Sent"
    PREPARING = "PREPARING", "Preparing"
    READY = "READY", "Ready"
    SERVED = "SERVED", "Served"
    VOIDED = "VOIDED", "Voided"


LINE_PROGRESS = (
    LineState.NEW,
    LineState.HELD,
    LineState.SENT,
    LineState.PREPARING,
    LineState.READY,
    LineState.SERVED,
)
UNSENT = frozenset({LineState.NEW, LineState.HELD})
ON_THE_WAY = frozenset({LineState.SENT, LineState.PREPARING, LineState.READY})

LINE_TRANSITIONS: Transitions = {
    LineState.NEW: frozenset({LineState.HELD, LineState.SENT, LineState.SERVED, LineState.VOIDED}),
    LineState.HELD: frozenset({LineState.NEW, LineState.SENT, LineState.VOIDED}),
    LineState.SENT: frozenset(
        {LineState.PREPARING, LineState.READY, LineState.SERVED, LineState.VOIDED}
    ),
    LineState.PREPARING: frozenset(
        {LineState.SENT, LineState.READY, LineState.SERVED, LineState.VOIDED}
    ),
    LineState.READY: frozenset(
        {LineState.SENT, LineState.PREPARING, LineState.SERVED, LineState.VOIDED}
    ),
    LineState.SERVED: frozenset({LineState.VOIDED}),
    LineState.VOIDED: frozenset(),
}


class LateFlag(models.TextChoices):
    """What had changed by the time a till could tell what it had done. Somebody should look."""

    SOLD_OUT = "sold_out", "It was sold out by then"
    OFF_MENU = "off_menu", "It was off the menu by then"
    PRICE_CHANGED = "price_changed", "The menu asked for another price"
    TABLE_GONE = "table_gone", "The table was gone"
    ORDER_CLOSED = "order_closed", "The order was closed by then"
    NEVER_SENT = "never_sent", "It was served without being sent"
    ALREADY_DONE = "already_done", "Somebody had done it before"
    OVERPAID = "overpaid", "More was taken than was due"
    UNDERPAID = "underpaid", "Less was taken than was due"
    NO_DRAWER = "no_drawer", "No drawer was open for it"
    CLOCK_OFF = "clock_off", "The clock of the device was wrong"


class DiscountKind(models.TextChoices):
    PERCENT = "percent", "Percent"
    AMOUNT = "amount", "Amount"


class Availability(models.TextChoices):
    IN_STOCK = "in_stock", "In stock"
    LIMITED = "limited", "Limited"
    OUT_OF_STOCK = "out_of_stock", "Sold out"


class TicketState(models.TextChoices):
    NEW = "NEW", "New"
    ACKED = "ACKED", "Acknowledged"
    STARTED = "STARTED", "Started"
    READY = "READY", "Ready"
    COLLECTED = "COLLECTED", "Collected"


TICKET_TRANSITIONS: Transitions = {
    TicketState.NEW: frozenset({TicketState.ACKED, TicketState.STARTED, TicketState.READY}),
    TicketState.ACKED: frozenset({TicketState.STARTED, TicketState.READY}),
    TicketState.STARTED: frozenset({TicketState.READY}),
    TicketState.READY: frozenset({TicketState.COLLECTED, TicketState.STARTED}),
    TicketState.COLLECTED: frozenset({TicketState.READY}),
}


class ImportState(models.TextChoices):
    QUEUED = "QUEUED", "Queued"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


UNFINISHED = frozenset({ImportState.QUEUED, ImportState.RUNNING})
IMPORT_TRANSITIONS: Transitions = {
    ImportState.QUEUED: frozenset({ImportState.RUNNING}),
    ImportState.RUNNING: frozenset({ImportState.RUNNING, ImportState.DONE, ImportState.FAILED}),
    ImportState.DONE: frozenset(),
    ImportState.FAILED: frozenset(),
}


class SalesGroup(models.TextChoices):
    """What a sales report may be grouped by."""

    HOUR = "hour", "Hour"
    DAY = "day", "Day"
    WEEKDAY = "weekday", "Weekday"
    CATEGORY = "category", "Category"
    PRODUCT = "product", "Product"
    TABLE = "table", "Table"
    SERVER = "server", "Server"
    CHANNEL = "channel", "Channel"


class ProductSort(models.TextChoices):
    """By what products are the best and the worst."""

    NET = "net", "Net sales"
    QUANTITY = "quantity", "Quantity"
    MARGIN = "margin", "Margin"


class SalesDimension(models.TextChoices):
    """By which properties of an order the sums of a day are kept."""

    HOUR = "hour", "Hour"
    TABLE = "table", "Table"
    SERVER = "server", "Server"
    CHANNEL = "channel", "Channel"


class TableShape(models.TextChoices):
    SQUARE = "square", "Square"
    ROUND = "round", "Round"
    LONG = "long", "Long"


class Allergen(models.TextChoices):
    """The 14 of Regulation (EU) No 1169/2011, Annex II, retained in UK law."""

    CELERY = "celery", "Celery"
    GLUTEN = "gluten", "Cereals containing gluten"
    CRUSTACEANS = "crustaceans", "Crustaceans"
    EGG = "egg", "Eggs"
    FISH = "fish", "Fish"
    LUPIN = "lupin", "Lupin"
    MILK = "milk", "Milk"
    MOLLUSC = "mollusc", "Molluscs"
    MUSTARD = "mustard", "Mustard"
    NUTS = "nuts", "Tree nuts"
    PEANUTS = "peanuts", "Peanuts"
    SESAME = "sesame", "Sesame"
    SOYA = "soya", "Soya"
    SULPHITES = "sulphites", "Sulphur dioxide and sulphites"


class Diet(models.TextChoices):
    VEGAN = "vegan", "Vegan"
    VEGETARIAN = "vegetarian", "Vegetarian"
    HALAL = "halal", "Halal"
    GLUTEN_FREE = "gluten_free", "Gluten free"
    DAIRY_FREE = "dairy_free", "Dairy free"
