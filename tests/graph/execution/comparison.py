"""The same operation, executed by plans and by graphql-core alone."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, parse

from graph.execution.executor import CountingExecutor
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.fast.handover import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as text, so that the order of its keys and of its errors counts.

    Attributes:
        causes: The classes of the errors' causes.
    """

    data: str
    errors: tuple[str, ...]
    causes: tuple[type | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both answers to one operation.

    Attributes:
        tally: How the fields were answered where there were plans.
    """

    planned: Answer
    plain: Answer
    tally: Tally


class Executors:
    """Executes operations of one schema both ways.

    Args:
        new_context: Makes a context for each execution.
        new_root: Makes a root value for each execution.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        new_context: Callable[[], object] = lambda: None,
        new_root: Callable[[], object] = lambda: None,
        planned: type[PlannedExecutor] = PlannedExecutor,
    ) -> None:
        self._schema = schema
        self._new_context = new_context
        self._new_root = new_root
        self._planned = planned

    async def compare(self, query: str | DocumentNode, **variables: object) -> Comparison:
        """Executes an operation by plans, then by graphql-core alone."""
        document = parse(query) if isinstance(query, str) else query
        plans = self._build(self._planned, document, variables)
        plain = self._build(CountingExecutor, document, variables)
        assert isinstance(plans, PlannedExecutor)
        return Comparison(planned=await _answer(plans), plain=await _answer(plain), tally=plans.tally)

    async def same(self, query: str | DocumentNode, **variables: object) -> Comparison:
        """Executes an operation both ways, whose answers must be the same."""
        compared = await self.compare(query, **variables)
        assert compared.planned == compared.plain
        return compared

    def _build(
        self, executor_class: type[CountingExecutor], document: DocumentNode, variables: Mapping[str, object]
    ) -> CountingExecutor:
        executor = executor_class.build(
            self._schema,
            document,
            root_value=self._new_root(),
            context_value=self._new_context(),
            raw_variable_values=dict(variables),
        )
        assert isinstance(executor, CountingExecutor), executor
        return executor


async def _answer(executor: CountingExecutor) -> Answer:
    executed: Any = executor.execute_operation()
    result = await executed if isawaitable(executed) else executed
    while executor.background_futures:  # what was given up is still read
        await asyncio.wait(executor.background_futures)
    assert isinstance(result, ExecutionResult)
    return answer_of(result)


def answer_of(result: ExecutionResult) -> Answer:
    """A result as it is compared."""
    errors = result.errors or []
    return Answer(
        data=json.dumps(result.data, default=_unjustly),
        errors=tuple(json.dumps(error.formatted, default=repr) for error in errors),
        causes=tuple(type(error.original_error) if error.original_error else None for error in errors),
    )


def _unjustly(value: object) -> str:
    return f"{type(value).__name__} {value!r}"
