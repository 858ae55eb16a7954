"""Runs operations: once for queries and mutations, once per event for subscriptions."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isasyncgen, isawaitable

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    create_source_event_stream,
)
from graphql.execution import execute_root_selection_set, execute_subscription_event

from domain.json import JsonValue
from graph.errors import present_errors
from graph.execution.documents import Documents, RequestRefused, select_operation
from graph.execution.request import GraphQLRequest
from graph.limits import DocumentLimits
from graph.permissions import Viewer, refusals

Response = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOperation:
    """An operation that passed every gate and waits to be executed, by its viewer, once."""

    kind: OperationType
    executor: Executor
    viewer: Viewer


class Operations:
    """Executes requests against one schema.

    Args:
        schema: The schema to execute against.
        executor_class: graphql-core's executor, or one made from it.
        new_context: Makes the context of one operation or one event.
        limits: The largest document to take.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        executor_class: type[Executor],
        new_context: Callable[[Viewer], object],
        limits: DocumentLimits | None = None,
    ) -> None:
        self._schema = schema
        self._executor_class = executor_class
        self._new_context = new_context
        self._documents = Documents(schema, limits=limits or DocumentLimits())

    def prepare(self, request: GraphQLRequest, viewer: Viewer) -> PreparedOperation:
        """Takes a request through all gates.

        Raises:
            RequestRefused: It does not parse, validate, name an operation, fit its variables, or is not
                allowed.
        """
        document = self._documents.prepare(request.query)
        operation = select_operation(document, request.operation_name)
        name = operation.name.value if operation.name else None
        refused = refusals(document.needs[name], viewer)
        if refused:
            raise RequestRefused(present_errors(refused), forbidden=True)
        executor = self._executor_class.build(
            self._schema,
            document.node,
            context_value=self._new_context(viewer),
            raw_variable_values=None if request.variables is None else dict(request.variables),
            operation_name=request.operation_name,
        )
        if isinstance(executor, list):
            raise RequestRefused(present_errors(executor, code="INVALID_VARIABLES"))
        return PreparedOperation(kind=operation.operation, executor=executor, viewer=viewer)

    async def execute(self, operation: PreparedOperation) -> Response:
        """Gives the response of a query or a mutation; failures are in it."""
        result = execute_root_selection_set(operation.executor)
        return _respond(await result if isawaitable(result) else result)

    async def stream(self, operation: PreparedOperation) -> AsyncGenerator[Response, None]:
        """Gives the responses of an operation of any kind: one, or one per event until its source ends.

        A source that fails ends the stream with a response that has only `errors`. Close the generator to
        stop early; its source is closed with it.
        """
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self.execute(operation)
            return
        source = create_source_event_stream(operation.executor)
        source = await source if isawaitable(source) else source
        if isinstance(source, ExecutionResult):
            yield _respond(source)
            return
        async with aclosing(_events(source)) as events:
            async for event in events:
                if isinstance(event, _Failure):
                    yield event.response
                else:
                    yield await self._respond_to_event(operation, event)

    async def _respond_to_event(self, operation: PreparedOperation, event: object) -> Response:
        executor = operation.executor.build_per_event_executor(event)
        executor.context_value = self._new_context(operation.viewer)
        result = execute_subscription_event(executor)
        return _respond(await result if isawaitable(result) else result)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """The end of a source that failed."""

    response: Response


async def _events(source: AsyncIterable[object]) -> AsyncGenerator[object, None]:
    """The source's events, and a `Failure` last if it raised; closes the source however it is left."""
    try:
        async for event in source:
            yield event
    except GraphQLError as error:
        yield _Failure(response={"errors": present_errors([error])})
    except Exception as error:  # noqa: BLE001  # the edge of a stream: what its source raises ends it in the open
        located = GraphQLError(str(error), original_error=error)
        yield _Failure(response={"errors": present_errors([located])})
    finally:
        if isasyncgen(source):
            await source.aclose()


def _respond(result: ExecutionResult) -> Response:
    response: Response = {}
    if result.errors:
        response["errors"] = present_errors(result.errors)
    response["data"] = result.data
    return response
