"""Which server answers."""

from functools import cache
from importlib import metadata

import strawberry

from graph.permissions import Permission, requires
from graph.settings import GraphSettings

_DISTRIBUTION = "orchestrion"


@strawberry.type(description="Which server answers.", directives=requires(Permission.CONNECT))
class Server:
    """Which server answers."""

    version: str = strawberry.field(description="The version of Orchestrion that it runs.")
    environment: str | None = strawberry.field(
        description="What its operators call the place it stands in, such as staging; null if nothing."
    )


def server(settings: GraphSettings) -> Server:
    """Gives the server as a result."""
    return Server(version=_version(), environment=settings.environment)


@cache
def _version() -> str:
    return metadata.version(_DISTRIBUTION)
