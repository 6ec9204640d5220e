"""Forms of the admin, filled in as a browser shows them."""

from typing import Any

from django.test import Client


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send back from this page, unchanged."""
    context = client.get(path).context
    data = dict(_values(context["adminform"].form))
    for inline in context["inline_admin_formsets"]:
        data |= dict(_values(inline.formset.management_form))
        for form in inline.formset.forms:
            data |= dict(_values(form))
    return {name: value for name, value in data.items() if value is not None}


def _values(form: Any) -> Any:
    for field in form:
        value = field.value()
        yield field.html_name, [str(v) for v in value] if isinstance(value, list) else value
