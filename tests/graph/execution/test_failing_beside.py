"""A field that fails gives up those beside it, not what others wait for."""
# graphql-core types its executor by a position that only incremental delivery uses, and leaves it open.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeArgument=false

import asyncio
from collections.abc import Mapping, Sequence
from inspect import isawaitable
from typing import Any

import pytest
import strawberry
from graphql import parse

from graph.execution.executor import CountingExecutor
from graph.execution.fast.executor import PlannedExecutor
from graph.loaders import _loader  # pyright: ignore[reportPrivateUsage]  # every loader is made by it


@strawberry.type
class Row:
    """Two rows load the same key; one of them fails while it waits."""

    fails: strawberry.Private[bool]

    @strawberry.field
    async def loaded(self, info: strawberry.Info) -> str:
        return await info.context["loader"].load("key")

    @strawberry.field
    async def other(self, info: strawberry.Info) -> str:
        await info.context["loading"].wait()
        if self.fails:
            raise ValueError("This one fails.")
        info.context["failed"].set()
        return "fine"


@strawberry.type
class Query:
    """The rows."""

    @strawberry.field
    def row(self, *, fails: bool) -> Row | None:
        return Row(fails=fails)


@pytest.mark.parametrize("executor_class", [PlannedExecutor, CountingExecutor])
async def test_what_is_given_up_by_one_field_is_loaded_for_the_others(
    executor_class: type[CountingExecutor],
) -> None:
    loading, failed = asyncio.Event(), asyncio.Event()

    async def load(keys: Sequence[str]) -> Mapping[str, str]:
        loading.set()
        await failed.wait()
        return {key: f"value of {key}" for key in keys}

    executor = executor_class.build(
        strawberry.Schema(Query)._schema,  # pyright: ignore[reportPrivateUsage]  # graphql-core executes it
        parse("{ failing: row(fails: true) { loaded other } fine: row(fails: false) { loaded other } }"),
        context_value={"loader": _loader(load), "loading": loading, "failed": failed},
    )
    assert isinstance(executor, CountingExecutor)
    executed: Any = executor.execute_operation()
    result = await executed if isawaitable(executed) else executed

    assert result.data == {"failing": None, "fine": {"loaded": "value of key", "other": "fine"}}
    assert [error.path for error in result.errors] == [["failing", "other"]]
