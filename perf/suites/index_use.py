"""Whether what is asked most has an index, and which indexes nobody asks: a part of `stress`."""

from typing import Any

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import Scenario, at_most

HOT = {
    "orders_newest": "SELECT id FROM pos_order WHERE restaurant_id = %(id)s"
    " ORDER BY opened_at DESC, id DESC LIMIT 20",
    "orders_open": "SELECT id FROM pos_order WHERE restaurant_id = %(id)s AND status = 'OPEN'"
    " AND table_id = %(id)s",
    "orders_changed": "SELECT id FROM pos_order WHERE restaurant_id = %(id)s"
    " AND updated_at > now() ORDER BY updated_at, id",
    "lines_of_an_order": "SELECT * FROM pos_orderline WHERE order_id = %(id)s",
    "events_since": "SELECT * FROM events_event WHERE restaurant_id = %(id)s AND stream = 'menu'"
    " AND seq > 0 ORDER BY seq",
    "products": "SELECT id FROM pos_product WHERE restaurant_id = %(id)s",
    "payments_of_an_order": "SELECT id FROM payments_payment WHERE order_id = %(id)s",
    "sessions_of_a_member": "SELECT id FROM accounts_session WHERE membership_id = %(id)s",
}


def indexes(lab: Context) -> Outcome:
    """Each hot statement is planned where reading a whole table, and sorting, count as impossible:
    if there is an index for it, it is in the plan. What lacks one is an error by its name."""
    outcome, cursor = Outcome(), lab.cursor()
    cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
    for name, sql in HOT.items():
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", {"id": lab.target.ready["restaurant"]})
        for step in _laborious(cursor.fetchone()[0][0]["Plan"]):
            outcome.fail(f"{name} has no index: {step}")
    outcome.figures["without_index"] = outcome.errors.total()
    cursor.execute("SELECT count(*) FROM pg_stat_user_indexes WHERE idx_scan = 0")
    outcome.figures["indexes_never_used"] = cursor.fetchone()[0]
    return outcome


def _laborious(plan: dict[str, Any]) -> list[str]:
    """Tables that are read from beginning to end, and rows that are put in order afterwards."""
    own = [plan["Node Type"]] if plan["Node Type"] in ("Seq Scan", "Sort") else []
    return own + [step for part in plan.get("Plans", []) for step in _laborious(part)]


INDEXES = [
    Scenario(
        "indexes",
        "an index for what is asked most",
        indexes,
        (at_most("without_index", 0, "Without one each order makes all the next ones slower."),),
        unit="statements",
        blocks=1,
    )
]
