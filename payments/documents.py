"""What payments looks like outside."""

from fynlo.documents import Document
from payments import models

PAYMENT = Document(
    "payment",
    models.Payment,
    stream="payments",
    fields={
        "id": "id",
        "order": "order_id",
        "method": "method",
        "status": "status",
        "business_date": "business_date",
        "currency": "currency",
        "bill": "bill",
        "rounding": "rounding",
        "tip": "tip",
        "customer_fee": "customer_fee",
        "total": "total",
        "captured": "captured",
        "refunded": "refunded",
        "tendered": "tendered",
        "change": "change_given",
        "taken_by": "taken_by_id",
        "taken_at": "taken_at",
        "version": "version",
    },
)
