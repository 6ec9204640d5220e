"""What whoever may not approve something themselves asks a colleague for."""

from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from fynlo.accounts.choices import Permission
from fynlo.accounts.services.approvals import approve
from fynlo.clock import utc_now


class ApprovedForm(forms.Form):
    employee_code = forms.CharField(
        label="Approved by",
        required=False,
        max_length=12,
        widget=UnfoldAdminTextInputWidget,
        help_text="The employee code of whoever approves it, when you may not do so yourself.",
    )
    pin = forms.CharField(
        label="Their PIN",
        required=False,
        max_length=8,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("employee_code")) != bool(cleaned.get("pin")):
            self.add_error("pin", "An approval takes both the code and the PIN.")
        return cleaned


def approver_of(given: dict[str, Any], *, place: UUID, restaurant_id: UUID) -> UUID | None:
    """Whoever typed their PIN; None when nobody did. Tries are counted for `place`.

    Raises what `approve` does.
    """
    if not given["pin"]:
        return None
    return approve(
        place=place,
        restaurant_id=restaurant_id,
        employee_code=given["employee_code"],
        pin=given["pin"],
        permission=Permission.APPROVE,
        now=utc_now(),
    )
