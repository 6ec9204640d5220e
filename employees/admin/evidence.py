"""What a punch was judged by, as people read it."""

from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from fynlo.accounts.admin.display import badge


def signs(signals: list[dict[str, Any]]) -> SafeString | str:
    """A sentence for each sign of fraud, with its weight."""
    rows = [(one.get("detail", ""), one.get("weight", 0)) for one in signals]
    return format_html_join("", "<div>{} <small>+{}</small></div>", rows) if rows else "–"


def risk_badge(risk: int) -> str:
    colour = "danger" if risk >= 40 else "warning" if risk else "success"
    return badge(str(risk), colour)
