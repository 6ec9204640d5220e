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

    def validate_constraints(self) -> None:
        try:
            self.instance.validate_constraints(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            plain = {
                field: [_in_plain_words(found) for found in errors]
                for field, errors in error.error_dict.items()
            }
            self._update_errors(ValidationError(plain))  # type: ignore[attr-defined]


def _in_plain_words(error: ValidationError) -> ValidationError:
    """`Constraint “category_name_unique” is violated.` is for programmers."""
    name = (error.params or {}).get("name", "")
    if not name:
        return error
    if name.endswith("_unique"):
        return ValidationError(f"Already in use: {name.removesuffix('_unique').replace('_', ' ')}.")
    return ValidationError(f"Not possible: {name.replace('_', ' ')}.")


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
