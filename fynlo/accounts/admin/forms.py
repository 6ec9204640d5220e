"""Forms of one restaurant's rows."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

STALE = "Somebody changed this while you were editing. Open it again and repeat your change."


class RowForm(forms.ModelForm[Any]):
    """Checks the constraints that also speak of columns which the form does not show."""

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"restaurant", "archived_at"}

    def _update_errors(self, errors: ValidationError) -> None:
        plain = {
            field: [self._in_plain_words(found) for found in rows]
            for field, rows in errors.error_dict.items()
        }
        super()._update_errors(ValidationError(plain))  # type: ignore[misc]

    def _in_plain_words(self, error: ValidationError) -> ValidationError:
        """`Constraint “sku_unique” is violated.` is for programmers."""
        for constraint in self.instance._meta.constraints:
            if constraint.get_violation_error_message() == error.message:
                words = constraint.name.removesuffix("_unique").replace("_", " ")
                taken = constraint.name.endswith("_unique")
                return ValidationError(
                    f"Already in use: {words}." if taken else f"Not possible: {words}."
                )
        return error


class OwnedForm(RowForm):
    """A row of `restaurant_id`, which is None for a new restaurant."""

    restaurant_id: ClassVar[UUID | None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and self.restaurant_id:
            self.instance.restaurant_id = self.restaurant_id


class TenantForm(OwnedForm):
    """Refuses to overwrite what changed since the form was opened."""

    opened_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opened_version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opened = cleaned.get("opened_version")
        if not self.instance._state.adding and opened != self.instance.version:
            self.add_error(NON_FIELD_ERRORS, STALE)
        return cleaned

    def has_changed(self) -> bool:
        return any(name != "opened_version" for name in self.changed_data)
