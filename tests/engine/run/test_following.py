import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from domain.ids import CustomerId, ProcessId
from domain.scope import Scope
from engine.run.bus import EventBus
from engine.run.follow import follow
from engine.states import ProcessStatus
from engine.store import aborts, deletions
from tests.engine.run.house import ACTOR, House


@asynccontextmanager
async def listening(house: House) -> AsyncGenerator[EventBus]:
    bus = EventBus(house.database)
    with bus.listening.armed() as begun:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(bus.run(), name="bus")
            await asyncio.wait_for(begun.get(), timeout=5)
            yield bus
            running.cancel()


async def collect(
    house: House, bus: EventBus, process_id: ProcessId, *, after: int, poll_s: float
) -> list[int]:
    async with asyncio.timeout(10):
        return [
            event.version
            async for told in follow(
                house.database, bus, process_id, scope=Scope.all(), after=after, poll_s=poll_s
            )
            if isinstance(told, list)
            for event in told
        ]


async def test_a_follower_gets_every_event_as_it_comes_until_the_end(house: House) -> None:
    async with listening(house) as bus, asyncio.TaskGroup() as tasks:
        process_id = await house.start("linear", text="a")
        following = tasks.create_task(collect(house, bus, process_id, after=0, poll_s=60))

        async with house.working():
            process = await house.until(process_id, ProcessStatus.COMPLETED)
            versions = await following

    assert sorted(set(versions)) == list(range(1, process.version + 1))
    assert versions == sorted(versions)


async def test_a_follower_goes_on_behind_its_cursor(house: House) -> None:
    async with house.working():
        process_id = await house.start("linear", text="a")
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    async with listening(house) as bus:
        versions = await collect(house, bus, process_id, after=process.version - 2, poll_s=60)

    assert sorted(set(versions)) == [process.version - 1, process.version]


async def test_a_lost_notification_costs_time_and_no_event(house: House) -> None:
    deaf = EventBus(house.database)
    async with asyncio.TaskGroup() as tasks:
        process_id = await house.start("linear", text="a")
        following = tasks.create_task(collect(house, deaf, process_id, after=0, poll_s=0.05))

        async with house.working():
            process = await house.until(process_id, ProcessStatus.COMPLETED)
            versions = await following

    assert sorted(set(versions)) == list(range(1, process.version + 1))


async def test_a_bus_comes_back_when_its_connection_is_lost(house: House) -> None:
    async with listening(house) as bus:
        with bus.listening.armed() as again:
            await house.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            await asyncio.wait_for(again.get(), timeout=5)
        process_id = await house.start("single", text="a")

        with bus.watch(process_id) as watch:
            async with house.working():
                woken = await watch.wait(5)

    assert woken


async def test_a_follower_of_a_process_that_is_deleted_comes_to_an_end(house: House) -> None:
    process_id = await house.start("single", text="a")
    deaf = EventBus(house.database)
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(collect(house, deaf, process_id, after=1, poll_s=0.05))
        async with house.database.write() as connection:
            await aborts.abort(connection, [process_id], reason=None, actor=ACTOR)
            await deletions.delete(connection, [process_id])

        versions = await asyncio.wait_for(following, timeout=5)

    assert versions == []


async def test_a_follower_is_told_no_more_of_a_process_that_comes_to_concern_another_customer(
    house: House,
) -> None:
    process_id = await house.start("linear", text="a")
    deaf, scope = EventBus(house.database), Scope.of(CustomerId("acme"))
    await house.rows("UPDATE process SET customers = '{acme}' RETURNING id")
    async with (
        asyncio.timeout(10),
        aclosing(follow(house.database, deaf, process_id, scope=scope, after=0, poll_s=0.05)) as told,
    ):
        first = await anext(told)
        await house.rows("UPDATE process SET customers = '{acme,other}' RETURNING id")
        async with house.working():
            await house.until(process_id, ProcessStatus.COMPLETED)
            rest = [each async for each in told]

    assert isinstance(first, list)
    assert rest == []
