"""What an HTML form sends."""

from urllib.parse import parse_qsl

from starlette.requests import Request


async def form_of(request: Request) -> dict[str, str]:
    """`application/x-www-form-urlencoded`; of a name that comes twice the last counts."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
