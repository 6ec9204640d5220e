"""The theme's decorators, with types."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.template.loader import render_to_string
from unfold import decorators

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
