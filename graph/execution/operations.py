"""Runs operations: once for queries and mutations, once per event for subscriptions."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from inspect import isasyncgen, isawaitable

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
)
from graphql.execution import execute_root_selection_set, execute_subscription_event

from domain.json import JsonValue
from graph.authentication.access_policy import AccessDenied, AskedOperation
from graph.authentication.admission import Admission
from graph.errors import GraphError, present_errors
from graph.execution.asked import asked_operation
from graph.execution.documents import Document, Documents, RequestRefused, select_operation
from graph.execution.needs import needs_of_variables, refusals
from graph.execution.request import GraphQLRequest
from graph.execution.turns import Turns
from graph.execution.variable_sizes import find_excess
from graph.permissions import NOT_ALLOWED, Viewer
from graph.settings import GraphSettings

Response = dict[str, JsonValue]


class TimedOut(GraphError):
    """An operation took longer than it may."""

    code = "TIMED_OUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOperation:
    """An operation that passed every gate and waits to be executed, by its viewer, once.

    Attributes:
        asked: What the application's access policy is still to be asked; None if nothing.
        extensions: What its responses tell beside data and errors.
    """

    kind: OperationType
    executor: Executor
    viewer: Viewer
    asked: AskedOperation | None = None
    extensions: Mapping[str, JsonValue] | None = None


class Operations:
    """Executes requests against one schema.

    Args:
        schema: The schema to execute against.
        executor_class: graphql-core's executor, or one made from it.
        new_context: Makes the context of one operation or one event.
        settings: The limits.
        admission: Asks the application's access policy, if it has one.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        executor_class: type[Executor],
        new_context: Callable[[Viewer], object],
        settings: GraphSettings | None = None,
        admission: Admission | None = None,
    ) -> None:
        self._schema = schema
        self._executor_class = executor_class
        self._new_context = new_context
        self._settings = settings or GraphSettings()
        self._admission = admission
        self._documents = Documents(schema, self._settings)
        self._turns = Turns(at_once=self._settings.operations_of_caller)

    async def wait_turn(self, viewer: Viewer) -> None:
        """Returns when it is the viewer's turn; to be awaited before a request is prepared."""
        await self._turns.take(viewer.name)

    def prepare(self, request: GraphQLRequest, viewer: Viewer) -> PreparedOperation:
        """Takes a request through all gates.

        Raises:
            RequestRefused: It does not parse, validate, name an operation, fit its variables, is too large,
                costs too much, or is not allowed.
        """
        self._require_small(request)
        document = self._documents.prepare(request.query)
        operation = select_operation(document, request.operation_name)
        name = operation.name.value if operation.name else None
        given = needs_of_variables(self._schema, operation, request.variables or {})
        refused = refusals((*document.needs[name], *given), viewer)
        if refused:
            raise RequestRefused(self._present(refused), forbidden=True)
        executor = self._executor_class.build(
            self._schema,
            document.node,
            context_value=self._new_context(viewer),
            raw_variable_values=None if request.variables is None else dict(request.variables),
            operation_name=request.operation_name,
            max_coercion_errors=self._settings.max_errors,
            hide_suggestions=not self._settings.introspection,
        )
        if isinstance(executor, list):
            raise RequestRefused(self._present(executor, code="INVALID_VARIABLES"))
        cost = document.costs[name].at(executor.variable_values.coerced)
        told: dict[str, JsonValue] = {"cost": cost, "costLimit": self._settings.max_cost}
        if cost > self._settings.max_cost:
            raise RequestRefused(self._present([_too_costly(operation, told)]))
        return PreparedOperation(
            kind=operation.operation,
            executor=executor,
            viewer=viewer,
            asked=self._asked(document, operation, request),
            extensions=told if request.asks_cost else None,
        )

    async def admit(self, operation: PreparedOperation) -> PreparedOperation:
        """Gives the operation as it may be executed, after the application's access policy was asked.

        Raises:
            RequestRefused: The access policy says no.
            AccessPolicyUnavailable: It says nothing.
        """
        if self._admission is None or operation.asked is None:
            return operation
        try:
            await self._admission.permit(operation.viewer, operation.asked)
        except AccessDenied as denied:
            error = GraphQLError(f"Not allowed: {denied.reason}", extensions={"code": NOT_ALLOWED})
            raise RequestRefused(self._present([error]), forbidden=True) from None
        return replace(operation, asked=None)

    async def execute(self, operation: PreparedOperation) -> Response:
        """Gives the response of a query or a mutation; failures are in it.

        A query that takes too long is given up, and its statements with it. A mutation is not, nor when
        its client goes: what has begun is carried out and told.
        """
        assert operation.asked is None, "the access policy was not asked"
        async with self._turns.running(operation.viewer.name):
            if operation.kind is OperationType.MUTATION:
                return await _to_the_end(self._run(operation))
            return await self._within_time(operation, operation.executor, execute_root_selection_set)

    async def stream(self, operation: PreparedOperation) -> AsyncGenerator[Response, None]:
        """Gives the responses of an operation of any kind: one, or one per event until its source ends.

        A source that fails ends the stream with a response that has only `errors`. Close the generator to
        stop early; its source is closed with it.
        """
        assert operation.asked is None, "the access policy was not asked"
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield await self.execute(operation)
            return
        source = create_source_event_stream(operation.executor)
        source = await source if isawaitable(source) else source
        if isinstance(source, ExecutionResult):
            yield self._respond(operation, source)
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
        async with self._turns.running(operation.viewer.name):
            return await self._within_time(operation, executor, execute_subscription_event)

    async def _run(self, operation: PreparedOperation) -> Response:
        result = execute_root_selection_set(operation.executor)
        return self._respond(operation, await result if isawaitable(result) else result)

    async def _within_time(
        self,
        operation: PreparedOperation,
        executor: Executor,
        execute: Callable[[Executor], ExecutionResult | Awaitable[ExecutionResult]],
    ) -> Response:
        """The response, or that it takes too long; whatever was waited for is cancelled then."""
        limit_s = self._settings.operation_timeout_s
        clock = asyncio.timeout(limit_s)
        try:
            async with clock:
                result = execute(executor)
                return self._respond(operation, await result if isawaitable(result) else result)
        except TimeoutError:
            if not clock.expired():
                raise
        message = f"The operation took longer than {limit_s:g} s and was given up: ask for less."
        error = GraphQLError(message, original_error=TimedOut(message))
        return self._respond(operation, ExecutionResult(data=None, errors=[error]))

    def _respond(self, operation: PreparedOperation, result: ExecutionResult) -> Response:
        response: Response = {}
        if result.errors:
            response["errors"] = self._present(result.errors, code=GraphError.code)
        response["data"] = result.data
        if operation.extensions is not None:
            response["extensions"] = dict(operation.extensions)
        return response

    def _present(self, errors: Sequence[GraphQLError], *, code: str | None = None) -> list[JsonValue]:
        return present_errors(errors, code=code, most=self._settings.max_errors)

    def _asked(
        self, document: Document, operation: OperationDefinitionNode, request: GraphQLRequest
    ) -> AskedOperation | None:
        """What the access policy is to be asked; None if it has no say in operations."""
        if self._admission is None or not self._admission.decides_operations:
            return None
        return asked_operation(self._schema, document.node, operation, variables=request.variables)

    def _require_small(self, request: GraphQLRequest) -> None:
        excess = find_excess(request.variables or {}, self._settings.variables)
        if excess is not None:
            raise RequestRefused(
                present_errors([GraphQLError(f"The variables {excess}.")], code="VARIABLES_TOO_LARGE")
            )


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


async def _to_the_end(response: Coroutine[None, None, Response]) -> Response:
    """The response; whoever is cancelled while it is made, waits until it is. The second time they do not."""
    async with asyncio.TaskGroup() as group:
        making = group.create_task(response, name="mutation")
        try:
            # A command that has begun lands: its client must be able to tell, by asking, what became of it.
            await asyncio.shield(making)
        except asyncio.CancelledError:
            await asyncio.wait([making])
            raise
    return making.result()


def _too_costly(operation: OperationDefinitionNode, told: Mapping[str, JsonValue]) -> GraphQLError:
    name = f"'{operation.name.value}'" if operation.name else "The operation"
    return GraphQLError(
        f"{name} may give {told['cost']} values: at most {told['costLimit']} are given. "
        "Ask for smaller pages, or for less of what is on them.",
        nodes=operation,
        extensions={"code": "COST_TOO_HIGH", **told},
    )
