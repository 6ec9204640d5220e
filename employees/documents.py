"""What staff look like outside. Wages are in them: they go to the stream `staff` alone."""

from employees.models import (
    Adjustment,
    Break,
    BreakType,
    ClockAttempt,
    LabourPolicy,
    PayrollPeriod,
    Shift,
    Swap,
    TimeEntry,
)
from fynlo.accounts.models import Membership
from fynlo.documents import Document, Many

STAFF_MEMBER = Document(
    "staff_member",
    Membership,
    stream="staff",
    fields={
        "id": "id",
        "user": "user_id",
        "name": "user__name",
        "email": "user__email",
        "role": "role",
        "employee_code": "employee_code",
        "job_title": "job_title",
        "hourly_wage": "hourly_wage",
        "currency": "restaurant__currency",
        "contract_minutes": "contract_minutes",
        "is_active": "is_active",
        "pin_must_change": "pin_must_change",
        "granted": "granted",
        "withheld": "withheld",
        "version": "version",
    },
)

BREAK_TYPE = Document(
    "break_type",
    BreakType,
    stream="staff",
    fields={
        "id": "id",
        "name": "name",
        "expected_minutes": "expected_minutes",
        "minimum_minutes": "minimum_minutes",
        "is_paid": "is_paid",
        "version": "version",
    },
)

BREAK = Document(
    "break",
    Break,
    fields={
        "id": "id",
        "kind": "kind_id",
        "name": "name",
        "is_paid": "is_paid",
        "expected_minutes": "expected_minutes",
        "minimum_minutes": "minimum_minutes",
        "started_at": "started_at",
        "ended_at": "ended_at",
    },
)

TIME_ENTRY = Document(
    "time_entry",
    TimeEntry,
    stream="staff",
    fields={
        "id": "id",
        "member": "member_id",
        "name": "member__user__name",
        "job_title": "job_title",
        "hourly_wage": "hourly_wage",
        "currency": "currency",
        "started_at": "started_at",
        "ended_at": "ended_at",
        "clocked_in_at": "clocked_in_at",
        "clocked_out_at": "clocked_out_at",
        "reason": "reason",
        "flags": "flags",
        "breaks": Many(
            BREAK, "entry", order_by=("started_at", "id"), where="{row}.replaced_by_id IS NULL"
        ),
        "overtime_began_at": "overtime_began_at",
        "version": "version",
    },
)

CLOCK_ATTEMPT = Document(
    "clock_attempt",
    ClockAttempt,
    stream="staff",
    fields={
        "id": "id",
        "member": "member_id",
        "name": "member__user__name",
        "employee_code": "employee_code",
        "device": "device_id",
        "device_name": "device__name",
        "entry": "entry_id",
        "punch": "punch",
        "attempted_at": "attempted_at",
        "occurred_at": "occurred_at",
        "refusal": "refusal",
        "address": "address",
        "distance_band": "distance_band",
        "signals": "signals",
        "risk": "risk",
        "version": "version",
    },
)

LABOUR_POLICY = Document(
    "labour_policy",
    LabourPolicy,
    stream="staff",
    fields={
        "id": "id",
        "rules": "rules",
        "week_starts_on": "week_starts_on",
        "overtime_alert_minutes": "overtime_alert_minutes",
        "early_minutes": "early_minutes",
        "early_mode": "early_mode",
        "late_minutes": "late_minutes",
        "forgotten_minutes": "forgotten_minutes",
        "longest_minutes": "longest_minutes",
        "signals": "signals",
        "latitude": "latitude",
        "longitude": "longitude",
        "radius_m": "radius_m",
        "networks": "networks",
        "version": "version",
    },
)

ADJUSTMENT = Document(
    "adjustment",
    Adjustment,
    stream="staff",
    fields={
        "id": "id",
        "entry": "entry_id",
        "member": "entry__member_id",
        "name": "entry__member__user__name",
        "proposed_started_at": "proposed_started_at",
        "proposed_ended_at": "proposed_ended_at",
        "proposed_breaks": "proposed_breaks",
        "reason": "reason",
        "requested_by": "requested_by_id",
        "requested_at": "requested_at",
        "state": "state",
        "decided_by": "decided_by_id",
        "decided_at": "decided_at",
        "note": "note",
        "before": "before",
        "is_correction": "is_correction",
        "version": "version",
    },
)

PAYROLL_PERIOD = Document(
    "payroll_period",
    PayrollPeriod,
    stream="staff",
    fields={
        "id": "id",
        "starts_on": "starts_on",
        "ends_on": "ends_on",
        "locked_at": "locked_at",
        "locked_by": "locked_by_id",
        "version": "version",
    },
)

SHIFT = Document(
    "shift",
    Shift,
    stream="staff",
    fields={
        "id": "id",
        "member": "member_id",
        "name": "member__user__name",
        "job_title": "job_title",
        "starts_at": "starts_at",
        "ends_at": "ends_at",
        "note": "note",
        "is_cancelled": "is_cancelled",
        "published_member": "published_member_id",
        "published_starts_at": "published_starts_at",
        "published_ends_at": "published_ends_at",
        "published_at": "published_at",
        "version": "version",
    },
)

PUBLISHED_SHIFT = Document(
    "published_shift",
    Shift,
    fields={
        "id": "id",
        "member": "published_member_id",
        "name": "published_member__user__name",
        "job_title": "job_title",
        "starts_at": "published_starts_at",
        "ends_at": "published_ends_at",
        "published_at": "published_at",
        "version": "version",
    },
)

SWAP = Document(
    "swap",
    Swap,
    stream="staff",
    fields={
        "id": "id",
        "shift": "shift_id",
        "starts_at": "shift__published_starts_at",
        "from_member": "from_member_id",
        "from_name": "from_member__user__name",
        "to_member": "to_member_id",
        "to_name": "to_member__user__name",
        "state": "state",
        "asked_at": "asked_at",
        "decided_by": "decided_by_id",
        "version": "version",
    },
)
