from collections.abc import Awaitable, Callable

from hypercorn.config import Config
from starlette.types import ASGIApp

async def serve(
    app: ASGIApp, config: Config, *, shutdown_trigger: Callable[[], Awaitable[object]] | None = None
) -> None: ...
