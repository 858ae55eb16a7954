"""Single processes; the list is generated."""

from typing import Annotated

import strawberry

from graph.context import Info
from graph.ids import parse_process_id
from graph.permissions import Permission, requires
from graph.types.process import Process, process, process_columns


@strawberry.type
class ProcessQueries:
    """Single processes."""

    @strawberry.field(
        description="One process; null if there is none for this viewer.",
        directives=requires(Permission.READ_PROCESSES),
    )
    async def process(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # the argument's name in GraphQL
    ) -> Process | None:
        """One process."""
        loader = info.context.loaders.processes(process_columns(info))
        read = await loader.load(parse_process_id(id))
        return None if read is None else process(read)
