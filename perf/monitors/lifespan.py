"""The life of an ASGI server, as it tells the application of it."""

import asyncio
from typing import Any

from perf.monitors.reporter import reporter


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """uvicorn ends by the signal that it was sent, and runs nothing of what others run at their
    end: what is left is told when it says that it shuts down."""
    while True:
        kind = (await receive())["type"]
        if kind == "lifespan.shutdown":
            await asyncio.to_thread(reporter.stop)
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
