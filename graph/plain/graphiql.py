"""GraphiQL, served from our own files: it works on a machine without any other network."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).resolve().parent.parent / "static" / "graphiql"

# Only the page's own files may run, and it may talk to this server alone; its editor sets styles inline.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def graphiql_routes() -> list[BaseRoute]:
    """Gives the routes `/` (the page) and `/graphiql/` (its files)."""

    async def page(_: Request) -> Response:
        return FileResponse(
            FILES / "index.html", headers={"content-security-policy": CONTENT_SECURITY_POLICY}
        )

    return [Route("/", page), Mount("/graphiql", StaticFiles(directory=FILES))]
