"""What staff look like outside. Wages are in them: they go to the stream `staff` alone."""

from fynlo.accounts.models import Membership
from fynlo.documents import Document

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
