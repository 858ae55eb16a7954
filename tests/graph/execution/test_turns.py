"""Callers that ask for much at once, and others beside them."""

import asyncio

from graph.execution.turns import Turns


async def test_another_caller_comes_in_between() -> None:
    turns = Turns(at_once=20)
    begun: list[str] = []

    async def begin(caller: str, number: int) -> None:
        await turns.take(caller)
        begun.append(f"{caller} {number}")

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(begin("greedy", number), name="greedy")
        group.create_task(begin("other", 0), name="other")

    assert begun == ["greedy 0", "other 0", "greedy 1", "greedy 2"]


async def test_a_turn_that_is_not_awaited_any_more_is_the_next_ones() -> None:
    turns = Turns(at_once=20)
    await turns.take("greedy")
    gone = asyncio.create_task(turns.take("greedy"), name="gone")
    after = asyncio.create_task(turns.take("greedy"), name="after")
    await asyncio.sleep(0)

    gone.cancel()

    async with asyncio.timeout(5):
        await after


async def test_so_many_operations_of_a_caller_run_at_once_and_the_others_in_order() -> None:
    turns = Turns(at_once=2)
    begun = {name: asyncio.Event() for name in ("a", "b", "c", "other")}
    ends = {name: asyncio.Event() for name in begun}

    async def run(caller: str, name: str) -> None:
        async with turns.running(caller):
            begun[name].set()
            await ends[name].wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name in ("a", "b", "c"):
            group.create_task(run("greedy", name), name=name)
        group.create_task(run("modest", "other"), name="other")
        for name in ("a", "b", "other"):
            await begun[name].wait()
        waited = not begun["c"].is_set()
        ends["b"].set()
        await begun["c"].wait()
        for end in ends.values():
            end.set()

    assert waited
