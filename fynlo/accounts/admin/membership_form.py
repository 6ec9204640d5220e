"""Who works here, as which role, with which code and PIN."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from fynlo.accounts.admin.forms import TenantForm
from fynlo.accounts.authority import Authority
from fynlo.accounts.choices import GIVES, Role
from fynlo.accounts.errors import PinNotAccepted
from fynlo.accounts.models import Membership, User
from fynlo.accounts.selectors import user_of_email
from fynlo.accounts.services.pins import check_strength


class MembershipForm(TenantForm):
    """`authority` is that of the person who fills it in."""

    authority: ClassVar[Authority]
    role = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    pin = forms.CharField(
        label="New PIN",
        required=False,
        strip=False,
        max_length=8,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="4 to 8 digits. Leave empty to keep the present one.",
    )

    class Meta:
        model = Membership
        fields = ("role", "employee_code", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            roles = [(role.value, role.label) for role in self._roles_to_give()]
            self.fields["role"].choices = roles  # type: ignore[attr-defined]

    def _roles_to_give(self) -> tuple[Role, ...]:
        role = self.authority.role_in(self.instance.restaurant_id)
        return tuple(one for one in Role if role and one in GIVES.get(role, ()))

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        try:
            if pin:
                check_strength(pin)
        except PinNotAccepted as error:
            raise ValidationError(error.detail) from error
        return pin

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        stays = cleaned.get("role") == Role.OWNER and cleaned.get("is_active", True)
        if self.initial.get("role") == Role.OWNER and not stays and self._is_last_owner():
            raise ValidationError("A restaurant needs an owner: this is the last active one.")
        return cleaned

    def _is_last_owner(self) -> bool:
        member = self.instance
        rows = Membership.objects.for_restaurant(member.restaurant_id)
        others = rows.filter(role=Role.OWNER, is_active=True, user__is_active=True)
        return not others.exclude(pk=member.pk).exists()


class NewMembershipForm(MembershipForm):
    """Somebody new to Fynlo, or somebody who already works where this person governs."""

    email = forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget)
    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        user = user_of_email(email)
        if user and not self._works_for_me(user):
            raise ValidationError("This address cannot be added here. Ask Fynlo to add it.")
        here = Membership.objects.for_restaurant(self.instance.restaurant_id)
        if user and here.filter(user=user).exists():
            raise ValidationError("This person already works here.")
        return email

    def _works_for_me(self, user: User) -> bool:
        rows = Membership.objects.filter(user=user)
        return self.authority.everywhere or (
            not user.is_superuser and self.authority.limit(rows, path="restaurant").exists()
        )
