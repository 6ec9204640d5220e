"""What the menu, the floor, orders and tickets look like outside."""

from fynlo.accounts.models import Restaurant
from fynlo.documents import Document, Many
from pos import models

VARIATION = Document(
    "variation", models.Variation, fields={"id": "id", "name": "name", "price": "price"}
)
TIMED_PRICE = Document(
    "timed_price",
    models.TimedPrice,
    fields={
        "id": "id",
        "variation": "variation_id",
        "price": "price",
        "weekdays": "weekdays",
        "starts_at": "starts_at",
        "ends_at": "ends_at",
    },
)
AVAILABILITY_WINDOW = Document(
    "availability_window",
    models.AvailabilityWindow,
    fields={"id": "id", "weekdays": "weekdays", "starts_at": "starts_at", "ends_at": "ends_at"},
)
MODIFIER = Document(
    "modifier",
    models.Modifier,
    fields={"id": "id", "name": "name", "price_delta": "price_delta"},
)
_LIVE = "{row}.archived_at IS NULL"
_MODIFIERS = Many(MODIFIER, "group", order_by=("position", "id"), where=_LIVE)
_GROUP_LINK = Document("group_link", models.ProductModifierGroup, fields={"group": "group_id"})

STATION = Document(
    "station",
    models.Station,
    stream="menu",
    fields={
        "id": "id",
        "name": "name",
        "position": "position",
        "acknowledge_within_seconds": "acknowledge_within_seconds",
        "version": "version",
    },
)
TAX_RATE = Document(
    "tax_rate",
    models.TaxRate,
    stream="menu",
    fields={
        "id": "id",
        "name": "name",
        "rate_bps": "rate_bps",
        "is_inclusive": "is_inclusive",
        "version": "version",
    },
)
CATEGORY = Document(
    "category",
    models.Category,
    stream="menu",
    fields={
        "id": "id",
        "name": "name",
        "parent": "parent_id",
        "position": "position",
        "colour": "colour",
        "availability_windows": Many(AVAILABILITY_WINDOW, "category", order_by=("starts_at", "id")),
        "version": "version",
    },
)
MODIFIER_GROUP = Document(
    "modifier_group",
    models.ModifierGroup,
    stream="menu",
    fields={
        "id": "id",
        "name": "name",
        "min_choices": "min_choices",
        "max_choices": "max_choices",
        "allow_quantities": "allow_quantities",
        "position": "position",
        "modifiers": _MODIFIERS,
        "version": "version",
    },
)
_VARIATIONS = Many(VARIATION, "product", order_by=("position", "id"), where=_LIVE)
_TIMED_PRICES = Many(TIMED_PRICE, "product", order_by=("starts_at", "id"))
_WINDOWS = Many(AVAILABILITY_WINDOW, "product", order_by=("starts_at", "id"))
PRODUCT = Document(
    "product",
    models.Product,
    stream="menu",
    fields={
        "id": "id",
        "sku": "sku",
        "name": "name",
        "description": "description",
        "price": "price",
        "tax_rate": "tax_rate_id",
        "category": "category_id",
        "station": "station_id",
        "position": "position",
        "course": "course",
        "prep_minutes": "prep_minutes",
        "image": "image",
        "allergens": "allergens",
        "dietary": "dietary",
        "availability": "availability",
        "stock": "stock",
        "available_again_at": "available_again_at",
        "variations": _VARIATIONS,
        "modifier_groups": Many(_GROUP_LINK, "product", order_by=("position", "id"), value="group"),
        "timed_prices": _TIMED_PRICES,
        "availability_windows": _WINDOWS,
        "version": "version",
    },
)

# Everything that pricing a line needs, in one read; never sent to anybody.
_GROUP_FOR_SALE = Document(
    "group_for_sale",
    models.ProductModifierGroup,
    fields={
        "id": "group_id",
        "name": "group__name",
        "min_choices": "group__min_choices",
        "max_choices": "group__max_choices",
        "allow_quantities": "group__allow_quantities",
        "modifiers": Many(MODIFIER, "group", on="group", order_by=("position", "id"), where=_LIVE),
    },
)
_SIZE_FOR_SALE = Document(
    "size_for_sale", models.Variation, fields={**VARIATION.fields, "cost": "cost"}
)
PRODUCT_FOR_SALE = Document(
    "product_for_sale",
    models.Product,
    fields={
        "id": "id",
        "name": "name",
        "archived_at": "archived_at",
        "price": "price",
        "cost": "cost",
        "course": "course",
        "station": "station_id",
        "tax_name": "tax_rate__name",
        "tax_rate_bps": "tax_rate__rate_bps",
        "tax_inclusive": "tax_rate__is_inclusive",
        "availability": "availability",
        "available_again_at": "available_again_at",
        "variations": Many(_SIZE_FOR_SALE, "product", order_by=("position", "id"), where=_LIVE),
        "groups": Many(_GROUP_FOR_SALE, "product", order_by=("position", "id")),
        "timed_prices": _TIMED_PRICES,
        "availability_windows": _WINDOWS,
        "category_windows": Many(
            AVAILABILITY_WINDOW, "category", on="category", order_by=("starts_at", "id")
        ),
        "parent_windows": Many(
            AVAILABILITY_WINDOW, "category", on="category__parent", order_by=("starts_at", "id")
        ),
    },
)

IMPORT = Document(
    "menu_import",
    models.MenuImport,
    stream="menu",
    fields={
        "id": "id",
        "state": "state",
        "dry_run": "dry_run",
        "rows": "rows",
        "progress": "progress",
        "created": "created",
        "updated": "updated",
        "unchanged": "unchanged",
        "changes": "changes",
        "problems": "problems",
        "requested_at": "requested_at",
        "finished_at": "finished_at",
        "version": "version",
    },
)

MENU = Document(
    "menu",
    Restaurant,
    stream="menu",
    fields={
        "restaurant": "id",
        "currency": "currency",
        "time_zone": "time_zone",
        "service_charge_bps": "service_charge_bps",
        "categories": Many(CATEGORY, "restaurant", order_by=("position", "id"), where=_LIVE),
        "products": Many(PRODUCT, "restaurant", order_by=("position", "id"), where=_LIVE),
        "modifier_groups": Many(
            MODIFIER_GROUP, "restaurant", order_by=("position", "id"), where=_LIVE
        ),
        "tax_rates": Many(TAX_RATE, "restaurant", order_by=("rate_bps", "id"), where=_LIVE),
        "stations": Many(STATION, "restaurant", order_by=("position", "id"), where=_LIVE),
    },
)

TABLE = Document(
    "table",
    models.Table,
    stream="orders",
    fields={
        "id": "id",
        "floor": "floor_id",
        "number": "number",
        "seats": "seats",
        "shape": "shape",
        "x": "x",
        "y": "y",
        "merged_into": "merged_into_id",
        "version": "version",
    },
)
FLOOR = Document(
    "floor",
    models.Floor,
    stream="orders",
    fields={
        "id": "id",
        "name": "name",
        "position": "position",
        "version": "version",
    },
)

ORDER_LINE = Document(
    "order_line",
    models.OrderLine,
    fields={
        "id": "id",
        "product": "product_id",
        "variation": "variation_id",
        "name": "name",
        "variation_name": "variation_name",
        "modifiers": "modifiers",
        "quantity": "quantity",
        "part_of": "part_of",
        "seat": "seat",
        "course": "course",
        "note": "note",
        "unit_price": "unit_price",
        "modifiers_price": "modifiers_price",
        "price_overridden": "price_overridden",
        "menu_price": "menu_price",
        "carried": "carried",
        "gross": "gross",
        "discount": "discount",
        "order_discount": "order_discount",
        "total": "total",
        "tax_name": "tax_name",
        "tax_rate_bps": "tax_rate_bps",
        "tax_inclusive": "tax_inclusive",
        "tax": "tax",
        "state": "state",
        "added_by": "added_by_id",
        "added_at": "added_at",
        "sent_at": "sent_at",
        "started_at": "started_at",
        "ready_at": "ready_at",
        "served_at": "served_at",
        "voided_at": "voided_at",
        "void_reason": "void_reason",
        "approved_by": "approved_by_id",
        "version": "version",
    },
)
ORDER_DISCOUNT = Document(
    "order_discount",
    models.OrderDiscount,
    fields={
        "id": "id",
        "line": "line_id",
        "kind": "kind",
        "value": "value",
        "reason": "reason",
        "amount": "amount",
        "given_by": "given_by_id",
        "approved_by": "approved_by_id",
        "given_at": "given_at",
    },
)
ORDER = Document(
    "order",
    models.Order,
    stream="orders",
    fields={
        "id": "id",
        "number": "number",
        "business_date": "business_date",
        "channel": "channel",
        "status": "status",
        "kitchen_status": "kitchen_status",
        "payment_status": "payment_status",
        "table": "table_id",
        "table_number": "table__number",
        "guests": "guests",
        "note": "note",
        "server": "server_id",
        "opened_by": "opened_by_id",
        "closed_by": "closed_by_id",
        "opened_at": "opened_at",
        "updated_at": "updated_at",
        "closed_at": "closed_at",
        "cancel_reason": "cancel_reason",
        "split_from": "split_from_id",
        "merged_into": "merged_into_id",
        "currency": "currency",
        "gross": "gross",
        "discount": "discount",
        "subtotal": "subtotal",
        "service_charge_bps": "service_charge_bps",
        "service_charge": "service_charge",
        "service_charge_approved_by": "service_charge_approved_by_id",
        "tax": "tax",
        "tax_added": "tax_added",
        "taxes": "taxes",
        "carried": "carried",
        "tip": "tip",
        "rounding": "rounding",
        "total": "total",
        "paid": "paid",
        "refunded": "refunded",
        "due": "due",
        "flags": "flags",
        "discounts": Many(ORDER_DISCOUNT, "order", order_by=("given_at", "id")),
        "lines": Many(ORDER_LINE, "order", order_by=("position", "id")),
        "version": "version",
    },
)
RECEIPT = Document(
    "receipt",
    models.Receipt,
    stream="orders",
    fields={
        "id": "id",
        "number": "number",
        "order": "order_id",
        "order_number": "order__number",
        "corrects": "corrects_id",
        "previous_hash": "previous_hash",
        "hash": "hash",
        "issued_at": "issued_at",
        "version": "version",
    },
)
RECEIPT_PRINT = Document(
    "receipt_print",
    models.ReceiptPrint,
    stream="orders",
    fields={
        "id": "id",
        "receipt": "receipt_id",
        "receipt_number": "receipt__number",
        "order": "receipt__order_id",
        "copy": "copy",
        "printed_at": "printed_at",
        "printed_by": "printed_by_id",
        "device": "device_id",
        "version": "version",
    },
)

TICKET = Document(
    "ticket",
    models.Ticket,
    stream="kitchen",
    fields={
        "id": "id",
        "order": "order_id",
        "order_number": "order__number",
        "channel": "order__channel",
        "table_number": "table__number",
        "guests": "order__guests",
        "order_note": "order__note",
        "station": "station_id",
        "station_name": "station__name",
        "revision": "revision",
        "state": "state",
        "items": "items",
        "created_at": "created_at",
        "alarmed_at": "alarmed_at",
        "acknowledged_at": "acknowledged_at",
        "started_at": "started_at",
        "ready_at": "ready_at",
        "collected_at": "collected_at",
        "version": "version",
    },
)
