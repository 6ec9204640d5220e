"""Documents: what an entity looks like outside, declared once, built by PostgreSQL.

    ORDER = Document(
        "order",
        Order,
        stream="orders",
        fields={"id": "id", "table_number": "table__number", "lines": Many(ORDER_LINE, "order")},
    )

The declaration is compiled once into a SQL expression that yields the document as JSON text;
lists, details, events, caches and the OpenAPI schema all come from it.

| column | in the document |
|---|---|
| timestamp | RFC 3339 in UTC, microseconds, `Z` |
| date, time | `2026-11-23`, `17:30` |
| numeric | decimal string without trailing zeros |
| money | integer of minor units |
| uuid, text, boolean, JSON, array | themselves |
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.expressions import RawSQL

Column: TypeAlias = "models.Field[Any, Any]"


@dataclass(frozen=True)
class Many:
    """A list of nested documents: the rows of `document.model` whose `by` equals this `on`.

    `on` may follow foreign keys: `category__parent`. `value` names the one field to list plainly
    instead of objects. `where` is SQL with `{row}` for the nested row.
    """

    document: "Document"
    by: str
    order_by: tuple[str, ...] = ("id",)
    on: str = "id"
    value: str = ""
    where: str = ""


@dataclass(frozen=True)
class Literal:
    """The same text in every document, such as an object's type."""

    value: str


@dataclass(frozen=True, eq=False)
class Document:
    """`stream` is the WebSocket stream that its events travel on."""

    name: str
    model: type[models.Model]
    fields: Mapping[str, "str | Many | Literal"]
    stream: str = ""

    @cached_property
    def expression(self) -> str:
        """SQL for the JSON text of one row of the model's table, `%` doubled for parameters."""
        table = self.model._meta.db_table
        return f"({_object(self, _quote(table), 0)})::text".replace("%", "%%")

    @property
    def shows_others(self) -> bool:
        """Whether a field follows a foreign key: `table__number`."""
        return any(isinstance(source, str) and "__" in source for source in self.fields.values())

    @cached_property
    def _by_id(self) -> str:
        return (
            f"SELECT {self.expression} FROM {_quote(self.model._meta.db_table)}"  # noqa: S608
            " WHERE restaurant_id = %s AND id = ANY(%s) ORDER BY id"
        )

    def by_id(self, restaurant_id: UUID, ids: Iterable[UUID]) -> list[str]:
        """The documents of those of these rows that the restaurant has, in the order of their ids,
        by a statement that is put together once."""
        with connection.cursor() as cursor:
            cursor.execute(self._by_id, [restaurant_id, list(ids)])
            return [text for (text,) in cursor.fetchall()]

    def read(self, rows: models.QuerySet[Any]) -> list[str]:
        """The documents of a queryset, in its order, in one statement."""
        return list(self.annotated(rows).values_list("document", flat=True))

    def annotated(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The queryset with the JSON text as `document`."""
        built = RawSQL(self.expression, [], output_field=models.TextField())  # noqa: S611
        annotated: models.QuerySet[Any] = rows.annotate(document=built)
        return annotated


# What follows puts together SQL of declarations alone: no request has a part in it.


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


def _object(document: Document, alias: str, depth: int) -> str:
    columns = ", ".join(
        f"{_value(document, source, alias, depth)} AS {_name(name)}"
        for name, source in document.fields.items()
    )
    row = f"o{depth}"
    fields = f"(SELECT {columns}) {row}"
    return f"(SELECT row_to_json({row}) FROM {fields})"  # noqa: S608


def _value(document: Document, source: str | Many | Literal, alias: str, depth: int) -> str:
    if isinstance(source, Literal):
        return f"{_text(source.value)}::text"
    if isinstance(source, Many):
        return _list(document.model, source, alias, depth + 1)
    return _path(document.model, source.split("__"), alias, depth + 1)


def _list(outer: type[models.Model], source: Many, parent: str, depth: int) -> str:
    model, alias = source.document.model, f"d{depth}"
    order = ", ".join(
        f"{alias}.{_column(model, name.lstrip('-'))}{' DESC' if name[0] == '-' else ''}"
        for name in source.order_by
    )
    where = f" AND {source.where.format(row=alias)}" if source.where else ""
    item = (
        _value(source.document, source.document.fields[source.value], alias, depth)
        if source.value
        else _object(source.document, alias, depth)
    )
    owner = _path(outer, source.on.split("__"), parent, depth + 1)
    return (
        f"(SELECT COALESCE(json_agg({item} ORDER BY {order}), '[]')"  # noqa: S608
        f" FROM {_quote(model._meta.db_table)} {alias}"
        f" WHERE {alias}.{_column(model, source.by)} = {owner}{where})"
    )


def _path(model: type[models.Model], path: list[str], alias: str, depth: int) -> str:
    if len(path) == 1:
        return _formatted(stored_as(model, path[0]), f"{alias}.{_column(model, path[0])}")
    target, inner = followed(model, path[0]), f"r{depth}"
    return (
        f"(SELECT {_path(target, path[1:], inner, depth + 1)}"  # noqa: S608
        f" FROM {_quote(target._meta.db_table)} {inner}"
        f" WHERE {inner}.{_column(target, 'pk')} = {alias}.{_column(model, path[0])})"
    )


def field_of(model: type[models.Model], name: str) -> Column:
    """By name, or by attribute: `table` and `table_id` are one column, as are `id` and `pk`."""
    if name == "pk":
        return model._meta.pk
    return next(f for f in model._meta.concrete_fields if name in (f.name, f.attname))


def stored_as(model: type[models.Model], name: str) -> Column:
    """The field itself, or the one whose values a foreign key or a generated column holds."""
    found = field_of(model, name)
    if isinstance(found, models.GeneratedField):
        return found.output_field or found
    return found.target_field if isinstance(found, models.ForeignKey) else found


def followed(model: type[models.Model], name: str) -> type[models.Model]:
    """The model that a foreign key points at."""
    foreign_key = field_of(model, name)
    assert isinstance(foreign_key, models.ForeignKey)
    return foreign_key.remote_field.model


def _column(model: type[models.Model], name: str) -> str:
    return _quote(str(field_of(model, name).column))


def _formatted(column_type: "models.Field[Any, Any]", column: str) -> str:
    if isinstance(column_type, models.DateTimeField):
        pattern = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
        return f"to_char({column} AT TIME ZONE 'UTC', '{pattern}')"
    if isinstance(column_type, models.TimeField):
        return f"to_char({column}, 'HH24:MI')"
    if isinstance(column_type, models.DecimalField):
        return f"trim_scale({column})::text"
    return column


def json_list(documents: Iterable[str]) -> str:
    """The documents as one JSON array."""
    return f"[{','.join(documents)}]"


_JSON_TYPES: list[tuple[type[Any], dict[str, Any]]] = [
    (models.UUIDField, {"type": "string", "format": "uuid"}),
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.TimeField, {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}),
    (models.DecimalField, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.JSONField, {}),
    (models.Field, {"type": "string"}),
]


def schema(document: Document) -> dict[str, Any]:
    """The document as an OpenAPI 3.1 schema."""
    properties = {name: _schema_of(document, source) for name, source in document.fields.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _schema_of(document: Document, source: str | Many | Literal) -> dict[str, Any]:
    if isinstance(source, Literal):
        return {"type": "string", "const": source.value}
    if isinstance(source, Many):
        return {"type": "array", "items": _item_schema(source)}
    model, nullable = document.model, False
    *relations, last = source.split("__")
    for relation in relations:
        nullable = nullable or field_of(model, relation).null
        model = followed(model, relation)
    nullable = nullable or field_of(model, last).null
    shape = _json_type(stored_as(model, last))
    return {"anyOf": [shape, {"type": "null"}]} if nullable else shape


def _item_schema(source: Many) -> dict[str, Any]:
    if source.value:
        return _schema_of(source.document, source.document.fields[source.value])
    return schema(source.document)


def _json_type(column: Column) -> dict[str, Any]:
    if isinstance(column, ArrayField):
        return {"type": "array", "items": _json_type(column.base_field)}
    shape = dict(next(shape for kind, shape in _JSON_TYPES if isinstance(column, kind)))
    if column.choices:
        shape["enum"] = [value for value, _ in column.flatchoices]
    return shape
