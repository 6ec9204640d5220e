"""What counts as a sale, as SQL: every report and every daily sum is made of these rows.

Completed orders count, on their business date; an order's hour is that in which it was opened, by
the restaurant's clock, so that it lies within its business day. Parts of a split order are orders
of their own, each with its own lines, amounts and guests (at least one). An order that was merged
into another has no lines left and does not count. Open orders do not count until they are
completed.

Minor units. Of an order:

| measure | |
|---|---|
| `gross` | prices before discounts, as guests read them: tax included where the rate is inclusive |
| `discount` | what was taken off, on lines and on orders |
| `net` | `gross - discount`, without the tax inside it |
| `tax` | all of it: inside the prices, added to them, and inside the service charge |
| `service_charge` | as guests paid it, its tax included |
| `tip`, `rounding` | what payments wrote: tips, and what the smallest coin added or took |
| `total` | what guests paid: `gross - discount + service_charge + tax added + tip + rounding` |
| `refunded` | what was given back of it since, on whatever day |
| `voided_lines`, `voided` | lines struck off, and what they would have come to |
| `cancelled_orders`, `cancelled` | cancelled orders, and what all their lines would have come to |

`total`, `tip` and `refunded` are those of the ledger: `pos.services.settlement` writes them and
the order's `payments` in the transaction that posts to it, and a completed order is paid. The
ledger books by the day of the payment, which for an order that is paid after the day's end is the
day after the order's.

`cost` is what the pieces of a product cost the house, where its cost was known when they were
sold; `costed_net` is the net of those alone, so that `costed_net - cost` is their margin.
"""

ORDER_MEASURES = (
    "orders",
    "covers",
    "gross",
    "discount",
    "net",
    "tax",
    "service_charge",
    "tip",
    "rounding",
    "total",
    "refunded",
    "voided_lines",
    "voided",
    "cancelled_orders",
    "cancelled",
)
LINE_MEASURES = (
    "quantity",
    "gross",
    "discount",
    "net",
    "tax",
    "voided_lines",
    "voided",
    "cost",
    "costed_net",
)
TENDER_MEASURES = ("payments", "amount", "tip")

_IS_OF_THESE_DAYS = "o.restaurant_id = %(restaurant)s AND o.business_date = ANY({days})"
_WOULD_HAVE_COST = (
    "greatest(0, round((l.unit_price + l.modifiers_price) * l.quantity) + l.carried)::bigint"
)

# The parameters are %(restaurant)s and %(zone)s; `{days}` is an expression for an array of dates.
ORDER_FACTS = f"""
SELECT o.business_date AS day, o.channel, COALESCE(o.server_id::text, '') AS server,
    COALESCE(o.table_id::text, '') AS "table",
    extract(hour FROM o.opened_at AT TIME ZONE %(zone)s)::int::text AS hour,
    done AS orders, done * o.guests AS covers, done * o.gross AS gross,
    done * o.discount AS discount, done * (o.subtotal - l.tax_inside) AS net, done * o.tax AS tax,
    done * o.service_charge AS service_charge, done * o.tip AS tip, done * o.rounding AS rounding,
    done * o.total AS total, done * o.refunded AS refunded, done * l.voided_lines AS voided_lines,
    done * l.voided AS voided, 1 - done AS cancelled_orders, (1 - done) * l.voided AS cancelled
FROM pos_order o
CROSS JOIN LATERAL (SELECT (o.status = 'COMPLETED')::int AS done) its
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE l.state = 'VOIDED') AS voided_lines,
        COALESCE(sum({_WOULD_HAVE_COST}) FILTER (WHERE l.state = 'VOIDED'), 0)::bigint AS voided,
        COALESCE(sum(l.tax) FILTER (WHERE l.tax_inclusive), 0)::bigint AS tax_inside
    FROM pos_orderline l WHERE l.order_id = o.id
) l
WHERE {_IS_OF_THESE_DAYS} AND o.status <> 'OPEN' AND o.merged_into_id IS NULL
"""  # noqa: S608
LINE_FACTS = f"""
SELECT o.business_date AS day, l.product_id AS product, live * l.quantity AS quantity, l.gross,
    l.discount + l.order_discount AS discount, net, l.tax, 1 - live AS voided_lines,
    (1 - live) * {_WOULD_HAVE_COST} AS voided,
    live * COALESCE(round(l.unit_cost * l.quantity), 0)::bigint AS cost,
    CASE WHEN l.unit_cost IS NULL THEN 0 ELSE net END AS costed_net
FROM pos_order o JOIN pos_orderline l ON l.order_id = o.id
CROSS JOIN LATERAL (
    SELECT (l.state <> 'VOIDED')::int AS live,
        l.total - l.order_discount - l.tax_inclusive::int * l.tax AS net
) its
WHERE {_IS_OF_THESE_DAYS} AND o.status = 'COMPLETED'
"""  # noqa: S608
TENDER_FACTS = f"""
SELECT o.business_date AS day, p ->> 'method' AS method, 1 AS payments,
    (p ->> 'amount')::bigint AS amount, (p ->> 'tip')::bigint AS tip
FROM pos_order o CROSS JOIN jsonb_array_elements(o.payments) p
WHERE {_IS_OF_THESE_DAYS} AND o.status = 'COMPLETED'
"""  # noqa: S608


def sums(measures: tuple[str, ...]) -> str:
    """`sum(a) AS a, sum(b) AS b`."""
    return ", ".join(f"sum({name}) AS {name}" for name in measures)
