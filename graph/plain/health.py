"""Whether the server can do its work: it answers, and the database answers it."""

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.json import encode
from domain.storage.database import Database

TIMEOUT_S = 3.0

logger = structlog.get_logger(__name__)


def health_routes(database: Database) -> list[BaseRoute]:
    """Gives the route `GET /health`: 200 while the database answers, else 503."""

    async def health(_: Request) -> Response:
        try:
            async with asyncio.timeout(TIMEOUT_S), database.read() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except Exception as error:  # noqa: BLE001  # whatever it is, the answer is that it does not work
            logger.warning("health.database_unavailable", error=str(error))
            return _json(503, "unavailable")
        return _json(200, "ok")

    return [Route("/health", health)]


def _json(status: int, word: str) -> Response:
    return Response(encode({"status": word}), status_code=status, media_type="application/json")
