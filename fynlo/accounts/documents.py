from fynlo.accounts.models import Device, Membership, Restaurant, Session
from fynlo.documents import Document

RESTAURANT = Document(
    "restaurant",
    Restaurant,
    stream="menu",
    fields={
        "id": "id",
        "name": "name",
        "currency": "currency",
        "country": "country",
        "time_zone": "time_zone",
        "day_starts_at": "day_starts_at",
        "version": "version",
    },
)

MEMBER = Document(
    "member",
    Membership,
    stream="staff",
    fields={
        "id": "user_id",
        "membership": "id",
        "email": "user__email",
        "name": "user__name",
        "employee_code": "employee_code",
        "pin_must_change": "pin_must_change",
    },
)

DEVICE = Document(
    "device",
    Device,
    stream="staff",
    fields={
        "id": "id",
        "kind": "kind",
        "name": "name",
        "model": "model",
        "app_version": "app_version",
        "paired_at": "paired_at",
        "last_seen_at": "last_seen_at",
        "clock_skew_ms": "clock_skew_ms",
        "queue_depth": "queue_depth",
        "revoked_at": "revoked_at",
        "version": "version",
    },
)

SESSION = Document(
    "session",
    Session,
    stream="staff",
    fields={
        "id": "id",
        "user": "user_id",
        "membership": "membership_id",
        "name": "user__name",
        "role": "membership__role",
        "device": "device_id",
        "device_name": "device__name",
        "address": "address",
        "user_agent": "user_agent",
        "started_at": "started_at",
        "expires_at": "expires_at",
        "revoked_at": "revoked_at",
        "version": "version",
    },
)
