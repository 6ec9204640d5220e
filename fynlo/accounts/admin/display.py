"""The theme's decorators, with types."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.template.loader import render_to_string
from unfold import decorators

from fynlo.accounts.selectors import restaurant_profile
from fynlo.money import for_people

F = TypeVar("F", bound=Callable[..., Any])


def badge(text: str, colour: str) -> str:
    """`colour` is one of the theme's: default, primary, success, info, warning, danger."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def display(**options: Any) -> Callable[[F], F]:
    """A column or a read-only value."""
    mark: Callable[[F], F] = decorators.display(**options)
    return mark


def action(**options: Any) -> Callable[[F], F]:
    """Something to do with the chosen rows. `permissions` are checked before it runs."""
    mark: Callable[[F], F] = decorators.action(**options)
    return mark


def money_column(field: str, title: str) -> Any:
    """A list column that shows minor units as people read them, in the row's currency."""

    def column(admin: Any, obj: Any) -> str:
        amount = getattr(obj, field)
        if amount is None:
            return "–"
        currency = getattr(obj, "currency", "") or restaurant_profile(obj.restaurant_id).currency
        return for_people(amount, currency)

    column.short_description = title  # type: ignore[attr-defined]
    column.admin_order_field = field  # type: ignore[attr-defined]
    column.__name__ = f"{field}_money"
    return column
