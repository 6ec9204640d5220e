"""What somebody should look at of what a till could only tell afterwards."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from fynlo.accounts.admin.display import display
from pos.choices import LateFlag


class LateFilter(admin.SimpleListFilter):
    """Rows with a `flags` column."""

    title = "told late"
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "Anything to look at"), *((flag.value, flag.label) for flag in LateFlag)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "any":
            return queryset.exclude(flags=[])
        known = self.value() in LateFlag.values
        return queryset.filter(flags__contains=[self.value()]) if known else queryset


class ToldLate:
    """A page of rows with a `flags` column."""

    @display(description="To look at")
    def flags_shown(self, row: Any) -> str:
        return in_words(row.flags)


def in_words(flags: list[str]) -> str:
    known = [LateFlag(name).label for name in flags if name in LateFlag.values]
    return "; ".join(known) or "–"
