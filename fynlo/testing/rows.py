"""Rows of any model, holding whatever their columns can hold, drawn by hypothesis."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from hypothesis import strategies as st

from fynlo.documents import Column, Document, Many, field_of
from fynlo.testing.rendering import reached

M = TypeVar("M", bound=models.Model)
Strategy = st.SearchStrategy[Any]

TEXT = st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from(
    "'\"\\%{}\n🍝é\u2028"
)
WHOLE = st.integers(-(2**53), 2**53)
INSTANTS = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | st.text(TEXT, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(TEXT, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _text(column: Any) -> Strategy:
    return st.text(TEXT, max_size=min(column.max_length or 20, 20))


def _number(column: Any) -> Strategy:
    low, high = connection.ops.integer_field_range(column.get_internal_type())
    return st.integers(max(low, -(2**53)), min(high, 2**53))


def _decimal(column: Any) -> Strategy:
    most = 10 ** (column.max_digits - column.decimal_places) - 1
    return st.decimals(-most, most, places=column.decimal_places)


_STRATEGIES: list[tuple[type[Any], Callable[[Any], Strategy]]] = [
    (models.UUIDField, lambda _: st.uuids()),
    (models.DateTimeField, lambda _: INSTANTS | INSTANTS.map(lambda at: at.replace(microsecond=0))),
    (models.DateField, lambda _: st.dates(date(1900, 1, 1), date(2200, 1, 1))),
    (models.TimeField, lambda _: st.times()),
    (models.DecimalField, _decimal),
    (models.BooleanField, lambda _: st.booleans()),
    (models.IntegerField, _number),
    (models.JSONField, lambda _: st.lists(JSON, max_size=3)),
    (models.GenericIPAddressField, lambda _: st.ip_addresses().map(str)),
    (ArrayField, lambda column: st.lists(strategy_of(column.base_field), max_size=4)),
    (models.CharField, _text),
    (models.TextField, _text),
    (models.BinaryField, lambda _: st.binary(max_size=20)),
]


def strategy_of(column: Column) -> Strategy:
    """Any value of the column, of its choices where it has some, None where it may be null."""
    values = (
        st.sampled_from([value for value, _ in column.flatchoices])
        if column.choices
        else next(made(column) for kind, made in _STRATEGIES if isinstance(column, kind))
    )
    return st.none() | values if column.null else values


_MADE_BY_POSTGRESQL = (models.AutoField, models.GeneratedField)


class Rows:
    """Makes rows, and on the way the rows that they must point at."""

    def __init__(self, draw: Callable[[Strategy], Any]) -> None:
        self._draw = draw
        self._known: dict[type[models.Model], models.Model] = {}

    def tree(self, document: Document, **given: Any) -> models.Model:
        """A row of the document's model, with up to three rows in each of its lists."""
        row = self.make(document.model, **given)
        for many in document.fields.values():
            if isinstance(many, Many):
                column = field_of(many.document.model, many.by)
                owner = reached(row, many.on.split("__"))
                for _ in range(self._draw(st.integers(0, 3))):
                    self.tree(many.document, **{column.attname: owner})
        return row

    def make(self, model: type[M], **given: Any) -> M:
        """`given` is by attribute: `order_id`, not `order`."""
        values = dict(given)
        for column in model._meta.concrete_fields:
            if column.attname not in given and not isinstance(column, _MADE_BY_POSTGRESQL):
                values[column.attname] = self._value(column)
        row = model._base_manager.create(**values)
        self._known.setdefault(model, row)
        return row

    def _value(self, column: Column) -> Any:
        if not isinstance(column, models.ForeignKey):
            return self._draw(strategy_of(column))
        target = column.remote_field.model
        if column.null and (target is column.model or self._draw(st.booleans())):
            return getattr(self._known.get(target), "pk", None)
        known = self._known.get(target) or self.make(target)
        return getattr(known, column.target_field.attname)


_LOOSEN = """
DO $$ DECLARE it record; BEGIN
    FOR it IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype IN ('c', 'u', 'x') AND connamespace = 'public'::regnamespace
            AND conrelid <> 0 AND conparentid = 0 AND coninhcount = 0
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', it.place, it.conname);
    END LOOP;
    FOR it IN SELECT indexrelid::regclass AS place FROM pg_index JOIN pg_class c ON c.oid = indrelid
        WHERE indisunique AND NOT indisprimary AND c.relnamespace = 'public'::regnamespace
    LOOP EXECUTE format('DROP INDEX %s', it.place); END LOOP;
    FOR it IN SELECT DISTINCT tgrelid::regclass AS place FROM pg_trigger WHERE NOT tgisinternal
    LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', it.place); END LOOP;
END $$
"""


def loosen() -> None:
    """Until the transaction is undone the tables take anything that fits their columns.

    The rules of the business are tested elsewhere; here they would only hide values.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOSEN)
