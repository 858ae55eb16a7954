"""Mutations, events, incremental delivery and middleware: where plans serve, and where they stay away."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

from collections.abc import AsyncIterator, Callable
from inspect import isawaitable
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLResolveInfo, create_source_event_stream, parse
from graphql.execution import ExperimentalIncrementalExecutionResults, execute_subscription_event

from graph.execution.executor import CountingExecutor
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.fast.handover import Tally
from tests.graph.execution.comparison import Answer, Executors, answer_of
from tests.graph.execution.test_traps import CORE
from tests.graph.execution.things import Root

BOTH = pytest.mark.parametrize("executor_class", [PlannedExecutor, CountingExecutor])


async def test_mutations_run_one_after_the_other_and_show_what_they_changed() -> None:
    query = """mutation {
      a: change(text: "one") { text renamed(text: "two") { text } again: text }
      b: changeLater(text: "three") { text leaf { text } }
      c: change(text: "four") { again: text }
    }"""

    compared = await Executors(CORE, new_root=Root).same(query)

    assert compared.plain.data == (
        '{"a": {"text": "one", "renamed": {"text": "two"}, "again": "two"}, '
        '"b": {"text": "three", "leaf": {"text": "leaf"}}, "c": {"again": "four"}}'
    )
    assert compared.tally == Tally(planned=7, handed=4)


@pytest.mark.parametrize("tame", [True, False])
async def test_every_event_is_read_by_the_plans_of_the_first(*, tame: bool) -> None:
    query = parse("""subscription ($tame: Boolean!) {
      counted(to: 30, tame: $tame) { textOrNone later { textOrNone } leaf { text } }
    }""")
    planned, plain = (
        each.build(CORE, query, raw_variable_values={"tame": tame})
        for each in (PlannedExecutor, CountingExecutor)
    )
    assert isinstance(planned, PlannedExecutor)
    assert isinstance(plain, CountingExecutor)
    remembered: list[tuple[int, ...]] = []

    events, same_events = [[each async for each in _events(executor)] for executor in (planned, plain)]
    for event, same_event in zip(events, same_events, strict=True):
        assert await _event(planned, event) == await _event(plain, same_event)
        remembered.append(_remembered(planned))

    assert len(events) == 30
    if tame:
        assert set(remembered) == {remembered[0]}
        assert planned.tally == Tally(planned=30 * 4, handed=30 * 2)


async def _events(executor: CountingExecutor) -> AsyncIterator[object]:
    source = create_source_event_stream(executor)
    source = await source if isawaitable(source) else source
    assert not isinstance(source, ExecutionResult)
    async for event in source:
        yield event


async def _event(executor: CountingExecutor, event: object) -> Answer:
    result = execute_subscription_event(executor.build_per_event_executor(event))
    return answer_of(await result if isawaitable(result) else result)


def _remembered(executor: PlannedExecutor) -> tuple[int, ...]:
    """How much is kept for all events: graphql-core's collected fields, too."""
    return tuple(
        len(kept)
        for kept in (
            executor._relevant_sub_fields,  # pyright: ignore[reportPrivateUsage]  # what grew with every event
            executor._plans,  # pyright: ignore[reportPrivateUsage]  # what must not
            executor._completions,  # pyright: ignore[reportPrivateUsage]  # what must not
        )
    )


DEFERRED = """{
  numbered(number: 4) { textOrNone ...Rest @defer(label: "rest") leafOrNone { text ... @defer { optional } } }
  all { textOrNone ... @defer { widgetOrNone { name } flagOrNone } }
}
fragment Rest on Thing { flagOrNone leavesOrNone { text } }
"""
STREAMED = "{ numbered(number: 4) { leavesOrNone @stream(initialCount: 1) { text } flagOrNone } }"


@pytest.mark.parametrize("query", [DEFERRED, STREAMED])
async def test_incremental_delivery_is_the_same(query: str) -> None:
    assert await _payloads(PlannedExecutor, query) == await _payloads(CountingExecutor, query)


async def _payloads(executor_class: type[CountingExecutor], query: str) -> list[object]:
    executor = executor_class.build(CORE, parse(query), root_value=Root())
    assert isinstance(executor, CountingExecutor)
    executed: Any = executor.execute_operation()
    result = await executed if isawaitable(executed) else executed
    assert isinstance(result, ExperimentalIncrementalExecutionResults)
    return [result.initial_result.formatted, *[each.formatted async for each in result.subsequent_results]]


def shouting(
    resolve: Callable[..., object], source: object, info: GraphQLResolveInfo, **arguments: object
) -> object:
    value = resolve(source, info, **arguments)
    return value.upper() if isinstance(value, str) else value


@BOTH
def test_middleware_sees_every_field(executor_class: type[CountingExecutor]) -> None:
    query = parse("{ numbered(number: 4) { leaf { text } } }")
    executor = executor_class.build(CORE, query, root_value=Root(), middleware=[shouting])
    assert isinstance(executor, CountingExecutor)

    assert executor.execute_operation() == ExecutionResult({"numbered": {"leaf": {"text": "LEAF"}}}, None)
