"""OpenAPI from the declared operations and documents; nothing is written twice."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import ListSerializer

from fynlo.accounts.choices import Permission
from fynlo.api.idempotency import KEY_FORM
from fynlo.api.inputs import Input, distinct
from fynlo.api.operations import VERSION_FORM, Access, Operation
from fynlo.documents import Document, schema

_TEXT = {"type": "string"}
_FIELD_ERROR = {
    "type": "object",
    "properties": {"field": _TEXT, "code": _TEXT, "detail": _TEXT},
    "required": ["field", "code", "detail"],
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` says what to do.",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "request_id": _TEXT,
        "errors": {"type": "array", "items": _FIELD_ERROR},
    },
    "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
}
_KEY = {"type": "string", "pattern": f"^{KEY_FORM}$", "maxLength": 255}
_VERSION = {
    "type": "string",
    "pattern": f"^{VERSION_FORM}$",
    "description": "The version that you read, instead of `version` in the body.",
}
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "device": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Device <token>` of a paired device",
    },
}


def only_the_api(endpoints: list[Any], **_: Any) -> list[Any]:
    """The schema's own pages are not part of the API."""
    return [row for row in endpoints if not row[0].startswith(("/api/v1/schema", "/api/v1/docs"))]


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The problem shape and the two ways to sign in."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = SECURITY
    return result


def component_name(document: Document) -> str:
    """`order_line` is published as `OrderLine`."""
    return document.name.title().replace("_", "")


_WORDS = {
    "retrieve": "read",
    "create": "make",
    "partial_update": "change",
    "destroy": "remove",
}


class OperationSchema(AutoSchema):
    """Reads the action's Operation instead of guessing."""

    @property
    def operation(self) -> Operation:
        declared: Operation = getattr(self.view, self.view.action).operation
        return declared

    def get_operation_id(self) -> str:
        return f"{self.view.basename}_{self.view.action}".replace("-", "_")

    def get_summary(self) -> str:
        """`Tax rate: change`, `Order: void line`; `Login`, which is all that its view does."""
        noun = str(self.view.basename.replace("-", " ").capitalize())
        words = _WORDS.get(self.view.action, self.view.action.replace("_", " "))
        actions = [one for one in vars(type(self.view)).values() if hasattr(one, "operation")]
        return noun if len(actions) == 1 else f"{noun}: {words}"

    def get_request_serializer(self) -> Any:
        return self.operation.body

    def get_response_serializers(self) -> Any:
        return None

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.operation.pages

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = [self.operation.query] if self.operation.query else []
        if self.method == "POST" and self.operation.access is not Access.PUBLIC:
            found.append(_header("Idempotency-Key", _KEY, required=self.operation.money))
        if self._minds_versions():
            found.append(_header("If-Match", _VERSION))
        return found

    def _minds_versions(self) -> bool:
        body = self.operation.body
        in_body = body is not None and "version" in body().fields  # type: ignore[attr-defined]
        return self.operation.versioned or self.operation.guarded or in_body

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        shape: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        given = force_instance(serializer)
        if isinstance(given, Input):
            shape.update(additionalProperties=False, **given.json_schema)
        return shape

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)
        narrow(field, schema)

    def get_description(self) -> str:
        asks = self.operation.access
        who = asks.label if isinstance(asks, Permission) else asks.value
        return f"{super().get_description()}\n\nNeeds: {who}.".strip()

    def get_auth(self) -> list[dict[str, Any]]:
        if self.operation.access is Access.PUBLIC:
            return [{}]
        if self.operation.access is Access.MEMBER_OR_DEVICE:
            return [{"bearer": []}, {"device": []}]
        return [{"device" if self.operation.access is Access.DEVICE else "bearer": []}]

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        status = str(self.operation.status)
        problem = {"$ref": "#/components/schemas/Problem"}
        refused = {
            "description": "Refused",
            "content": {"application/problem+json": {"schema": problem}},
        }
        done: dict[str, Any] = {"description": "Done"}
        if self.operation.answers is not None:
            done["content"] = {"application/json": {"schema": self._answer_schema()}}
            done["content"].update({media_type: {} for media_type in self.operation.also})
        answers = {status: done}
        if self.operation.queues:
            answers["202"] = {**done, "description": "Not done yet: look at `status_url`"}
        if status == "201":
            answers["200"] = {**done, "description": "Made before by the very same request"}
        if self.method == "GET":
            answers["304"] = {"description": "Not changed since the ETag in If-None-Match"}
        return {**answers, "default": refused}

    def _answer_schema(self) -> dict[str, Any]:
        answers = self.operation.answers
        if isinstance(answers, Document):
            shape = self._component(answers)
        elif isinstance(answers, dict):
            shape = answers
        else:
            shape = self.resolve_serializer(answers, "response").ref
        return _paged(shape) if self.operation.pages else shape

    def _component(self, document: Document) -> dict[str, Any]:
        component = ResolvedComponent(
            name=component_name(document),
            type=ResolvedComponent.SCHEMA,
            object=document.name,
            schema=schema(document),
        )
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference


def narrow(field: Any, shape: dict[str, Any]) -> None:
    """Puts into a field's JSON Schema what drf-spectacular does not know of it."""
    shape.pop("x-spec-enum-id", None)
    for keyword, value in getattr(field, "json_schema", {}).items():
        shape[keyword] = value
        if value is None:
            del shape[keyword]
    if isinstance(field, ListSerializer):
        lengths = {"minItems": field.min_length, "maxItems": field.max_length}  # type: ignore[attr-defined]
        shape.update({keyword: value for keyword, value in lengths.items() if value is not None})
    if distinct in field.validators:
        shape["uniqueItems"] = True
    if isinstance(shape.get("type"), list):
        shape["anyOf"] = [{**shape, "type": shape["type"][0]}, {"type": "null"}]
        for keyword in shape.keys() - {"anyOf", "default", "description"}:
            del shape[keyword]


def _paged(shape: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": shape},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["results", "next"],
    }


def _header(name: str, shape: dict[str, Any], *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, shape, OpenApiParameter.HEADER, required=required)
