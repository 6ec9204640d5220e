from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.admin.forms import TenantForm
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from syncing.choices import Strategy
from syncing.documents import FIELD_STRATEGY
from syncing.errors import StrategyRefused
from syncing.models import FieldStrategy
from syncing.selectors.strategies import strategies_in_force, strategy_figures
from syncing.services.strategies import check_rule


class StrategyForm(TenantForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        try:
            check_rule(*(cleaned.get(name, "") for name in ("entity", "field", "strategy")))
        except StrategyRefused as error:
            self.add_error(error.field, error.detail)
        return cleaned


@admin.register(FieldStrategy)
class FieldStrategyAdmin(TenantAdmin):
    """Rules of one's own, beside those that are in force without them."""

    document = FIELD_STRATEGY
    may_view = Permission.MANAGE_DEVICES
    may_change = Permission.EDIT_SYNC_RULES
    form = StrategyForm
    list_display = ("rule", "winner")
    list_filter = ("entity", "strategy")
    ordering = ("entity", "field", "pk")
    list_before_template = "admin/syncing/strategies.html"
    fields: ClassVar[Any] = (("entity", "field", "strategy"),)

    @display(description="Field", ordering="field")
    def rule(self, row: FieldStrategy) -> str:
        return in_words(row.entity, row.field)

    @display(description="Where both have changed it", ordering="strategy")
    def winner(self, row: FieldStrategy) -> str:
        return badge(row.get_strategy_display(), "info")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        tables = {"in_force": _in_force(request), "figures": _figures(request)}
        context = {**(extra_context or {}), **tables}
        response: HttpResponse = super().changelist_view(request, context)
        return response


def in_words(entity: str, field: str) -> str:
    name = entity.replace("_", " ").capitalize()
    return f"{name}: all others" if field == "*" else f"{name}: {field.replace('_', ' ')}"


def _in_force(request: HttpRequest) -> list[dict[str, Any]]:
    """Of the one restaurant; who governs several reads the rows themselves."""
    places = list(authority(request).places)
    rules = strategies_in_force(places[0]) if len(places) == 1 else []
    return [_row(rule) for rule in rules]


def _figures(request: HttpRequest) -> list[dict[str, Any]]:
    places = list(authority(request).places)
    return [_row(row) for row in strategy_figures(places[0], now=utc_now())] if places else []


def _row(row: dict[str, Any]) -> dict[str, Any]:
    words = in_words(row["entity"], row["field"])
    return {**row, "rule": words, "winner": Strategy(row["strategy"]).label}
