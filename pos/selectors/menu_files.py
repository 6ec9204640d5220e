"""The rows of a menu file, as `menu/export/` gives them and `menu/import/` takes them."""

from fynlo.documents import Document, Many
from pos import models
from pos.documents import MODIFIER

_LIVE = "{row}.archived_at IS NULL"
_NAMED_GROUP = Document("named_group", models.ProductModifierGroup, fields={"name": "group__name"})
_PRICED_SIZE = Document("size_row", models.Variation, fields={"name": "name", "price": "price"})
PRODUCT_ROW = Document(
    "product_row",
    models.Product,
    fields={
        "sku": "sku",
        "category": "category__name",
        "parent_category": "category__parent__name",
        "name": "name",
        "description": "description",
        "price": "price",
        "cost": "cost",
        "tax_rate": "tax_rate__name",
        "tax_bps": "tax_rate__rate_bps",
        "tax_inclusive": "tax_rate__is_inclusive",
        "station": "station__name",
        "course": "course",
        "prep_minutes": "prep_minutes",
        "allergens": "allergens",
        "dietary": "dietary",
        "variations": Many(_PRICED_SIZE, "product", order_by=("position", "id"), where=_LIVE),
        "modifier_groups": Many(_NAMED_GROUP, "product", order_by=("position", "id"), value="name"),
        "image": "image",
    },
)
GROUP_ROWS = Document(
    "group_rows",
    models.ModifierGroup,
    fields={
        "group": "name",
        "min": "min_choices",
        "max": "max_choices",
        "allow_quantities": "allow_quantities",
        "modifiers": Many(MODIFIER, "group", order_by=("position", "id"), where=_LIVE),
    },
)
