"""Rows of models that no scene knows yet, so that whatever gets an admin page is walked."""

from collections.abc import Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db import models

from fynlo.accounts.models import Restaurant, User
from fynlo.clock import utc_now
from fynlo.db import new_id

NOW = utc_now()
PLAIN: tuple[tuple[type[Any], Any], ...] = (
    (models.DateTimeField, NOW),
    (models.DateField, NOW.date()),
    (models.BooleanField, False),
    (models.DecimalField, Decimal(1)),
    (models.IntegerField, 1),
    (models.TimeField, time(12)),
    (models.UUIDField, new_id()),
    (models.GenericIPAddressField, "192.0.2.1"),
    (ArrayField, []),
    (models.JSONField, []),
)
MADE_BY_POSTGRESQL = (models.AutoField, models.GeneratedField)


def with_all_others(rows: Sequence[Any], *, word: str) -> list[Any]:
    """These rows of one restaurant, and one of every other model that has an admin page.

    A model whose constraints refuse what is made up here fails the test that asks for it: it
    then needs a row in `admin_scene.furnish`.
    """
    known = {type(row): row for row in rows}
    for model in admin.site._registry:
        if model is not User and model not in known:
            _make(model, known, word)
    return list(known.values())


def _make(model: Any, known: dict[Any, Any], word: str) -> Any:
    columns = [
        column
        for column in model._meta.concrete_fields
        if not (_is_own_key(column) or isinstance(column, MADE_BY_POSTGRESQL))
    ]
    values = {column.name: _value(column, known, word) for column in columns}
    if "ends_at" in values:
        values["ends_at"] = NOW + timedelta(hours=1)
    known[model] = model._base_manager.create(**values)
    if model._meta.label == "payments.LedgerTransaction":
        _balance(known[model], known[Restaurant])
    return known[model]


def _is_own_key(column: Any) -> bool:
    return column.primary_key and not isinstance(column, models.ForeignKey)


def _balance(posted: Any, place: Restaurant) -> None:
    """PostgreSQL refuses what is posted without two entries that come to nothing."""
    accounts, entries = (
        apps.get_model("payments", name)._base_manager for name in ("LedgerAccount", "LedgerEntry")
    )
    for code, amount in (("cash_drawer", 850), ("guest_receivable", -850)):
        account = accounts.create(restaurant=place, code=code)
        entries.create(transaction=posted, account=account, amount=amount, currency=place.currency)


def _value(column: Any, known: dict[Any, Any], word: str) -> Any:
    if isinstance(column, models.ForeignKey):
        return _owner(column, known, word)
    if column.name in ("country", "currency"):
        return getattr(known[Restaurant], column.name)
    if column.has_default():
        return column.get_default()
    if column.choices:
        return column.choices[0][0]
    if isinstance(column, models.CharField | models.TextField):
        return f"{word} {column.name}"[: column.max_length]
    plain = next(value for kind, value in PLAIN if isinstance(column, kind))
    return None if column.null else plain


def _owner(column: Any, known: dict[Any, Any], word: str) -> Any:
    target = column.related_model
    if target in known:
        return known[target]
    return None if column.null else _make(target, known, word)
