"""Processes."""

from typing import Annotated

import strawberry

from engine.store.processes import ProcessRepository
from graph.context import Info
from graph.ids import parse_process_id
from graph.loaders import ProcessRead
from graph.paging import After, Before, Connection, First, Last, PageArguments, connection
from graph.permissions import Permission, requires
from graph.types.enums import ProcessStatus
from graph.types.process import Process, process, process_columns


@strawberry.type
class ProcessQueries:
    """Processes."""

    @strawberry.field(
        description="The processes, the newest first.", directives=requires(Permission.READ_PROCESSES)
    )
    async def processes(  # noqa: PLR0917  # GraphQL arguments have names
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        statuses: Annotated[
            list[ProcessStatus] | None, strawberry.argument(description="Only those in one of these.")
        ] = None,
        workflow: Annotated[
            str | None, strawberry.argument(description="Only those of the workflow of this name.")
        ] = None,
        is_task: Annotated[
            bool | None, strawberry.argument(description="Only tasks, or only what is none.")
        ] = None,
    ) -> Connection[Process]:
        """The processes, the newest first."""
        dependencies, scope = info.context.dependencies, info.context.viewer.scope
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        repository = ProcessRepository(dependencies.database)
        columns = process_columns(info, "nodes") | process_columns(info, "edges", "node")
        page = await repository.page(
            scope,
            request=arguments.request(dependencies.settings),
            statuses=statuses,
            workflow=workflow,
            is_task=is_task,
            columns=columns,
        )
        return connection(
            page,
            info.context.budget,
            node=lambda record: process(ProcessRead(record=record)),
            key=lambda record: record.id,
            count=lambda: repository.count(scope, statuses=statuses, workflow=workflow, is_task=is_task),
        )

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
