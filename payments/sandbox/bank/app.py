import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette

from payments.sandbox.bank import problems
from payments.sandbox.bank.api import Api
from payments.sandbox.bank.control import Control
from payments.sandbox.bank.credentials import credentials
from payments.sandbox.bank.doors import Doors
from payments.sandbox.bank.engine import Engine
from payments.sandbox.bank.hosted import Hosted
from payments.sandbox.bank.outbox import Sender
from payments.sandbox.bank.store import Store, clock


def application(folder: Path, *, url: str) -> Starlette:
    """The bank that lives in `folder`; `url` is where the world reaches it."""
    known = credentials(folder)
    store = Store(folder / "bank.sqlite3")
    woken = asyncio.Event()
    engine = Engine(store, clock, woken.set)
    doors = Doors(store, known)
    jku = f"{url}/.well-known/jwks"
    sender = Sender(store, engine, woken, jku)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(sender.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return Starlette(
        routes=[
            *Api(store, engine, doors, url).routes(),
            *Hosted(store, engine).routes(),
            *Control(store, doors, woken.set, jku).routes(),
        ],
        exception_handlers={problems.Problem: problems.answer},
        lifespan=lifespan,
    )
