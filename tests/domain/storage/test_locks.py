import asyncio

import pytest

from domain.errors import SubscriptionLocked, SubscriptionNotFound, UnexpectedHolder
from domain.ids import ProcessId, SubscriptionId, new_uuid7
from domain.scope import Scope
from domain.storage.saving.locks import lock_related, lock_subscriptions, release_subscriptions, set_in_sync
from tests.domain.circuits import new_circuit
from tests.domain.sample import OTHER_CUSTOMER, new_node
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

HOLDER, RIVAL = ProcessId(new_uuid7()), ProcessId(new_uuid7())


async def held_by(store: Store, *ids: SubscriptionId) -> list[tuple[bool, ProcessId | None]]:
    records = await store.subscriptions.by_ids(Scope.all(), ids)
    return [(records[each].in_sync, records[each].held_by) for each in ids]


async def lock(
    store: Store, *ids: SubscriptionId, holder: ProcessId = HOLDER, scope: Scope | None = None
) -> dict[SubscriptionId, int]:
    async with store.database.write() as connection:
        return await lock_subscriptions(connection, ids, holder, scope or Scope.all())


@parity("PM-25")
async def test_a_locked_subscription_is_out_of_sync_until_it_is_released(store: Store) -> None:
    one, other = new_node(), new_node()
    await store.save(one, other)

    versions = await lock(store, one.id, other.id)
    locked = await held_by(store, one.id, other.id)
    async with store.database.write() as connection:
        released = await release_subscriptions(connection, HOLDER, [one.id])

    assert versions == {one.id: 1, other.id: 1}
    assert locked == [(False, HOLDER), (False, HOLDER)]
    assert released == {one.id}
    assert await held_by(store, one.id, other.id) == [(True, None), (False, HOLDER)]


async def test_any_number_is_locked_in_one_statement(store: Store, statements: StatementLog) -> None:
    nodes = [new_node() for _ in range(10)]
    await store.save(*nodes)

    with statements.recorded() as executed:
        await lock(store, *(node.id for node in nodes))

    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]


async def test_a_holder_may_lock_again(store: Store) -> None:
    node = new_node()
    await store.save(node)
    await lock(store, node.id)

    assert await lock(store, node.id) == {node.id: 1}


async def test_nothing_is_locked_if_one_is_held_by_another(store: Store) -> None:
    free, held = new_node(), new_node()
    await store.save(free, held)
    await lock(store, held.id)

    async with store.database.write() as connection:
        with pytest.raises(SubscriptionLocked) as refused:
            await lock_subscriptions(connection, [free.id, held.id], RIVAL, Scope.all())

    assert (refused.value.subscription_id, refused.value.held_by) == (held.id, HOLDER)
    assert await held_by(store, free.id, held.id) == [(True, None), (False, HOLDER)]


async def test_what_is_out_of_scope_is_not_found(store: Store) -> None:
    node = new_node()
    await store.save(node)

    with pytest.raises(SubscriptionNotFound):
        await lock(store, node.id, scope=Scope.of(OTHER_CUSTOMER))

    assert await held_by(store, node.id) == [(True, None)]


@parity("PM-25")
@parity("W-17")
async def test_of_two_at_once_the_second_waits_and_is_refused(store: Store) -> None:
    node = new_node()
    await store.save(node)

    async def lock_late() -> ProcessId | None:
        with pytest.raises(SubscriptionLocked) as refused:
            await lock(store, node.id, holder=RIVAL)
        return refused.value.held_by

    async with asyncio.TaskGroup() as tasks, store.database.write() as connection:
        await lock_subscriptions(connection, [node.id], HOLDER, Scope.all())
        late = tasks.create_task(lock_late(), name="late lock")
        await eventually(store.has_a_waiting_writer)

    assert late.result() == HOLDER


async def test_only_the_holder_can_release(store: Store) -> None:
    node = new_node()
    await store.save(node)
    await lock(store, node.id)

    async with store.database.write() as connection:
        released = await release_subscriptions(connection, RIVAL, [node.id])

    assert released == frozenset()
    assert await held_by(store, node.id) == [(False, HOLDER)]


async def test_related_rows_are_locked_in_one_statement(network: Store, statements: StatementLog) -> None:
    nodes = [new_node() for _ in range(3)]
    circuit = new_circuit(*(node.node.uplink for node in nodes[:2]))
    await network.save(*nodes, circuit)
    unknown = SubscriptionId(new_uuid7())

    with statements.recorded() as executed:
        async with network.database.write() as connection:
            locked = await lock_related(connection, [circuit.id, unknown], beside=[nodes[2].id])

    assert locked == {circuit.id, *(node.id for node in nodes)}
    assert executed.verbs == ["BEGIN", "SELECT", "COMMIT"]
    assert await held_by(network, circuit.id, nodes[0].id) == [(True, None), (True, None)]


@parity("W-17")
async def test_of_two_that_decide_about_related_ones_the_second_sees_the_first(network: Store) -> None:
    node = new_node()
    circuit = new_circuit(node.node.uplink)
    await network.save(node, circuit)

    async def in_sync_behind() -> bool:
        async with network.database.write() as connection:
            await lock_related(connection, [node.id])
            return await connection.fetchval("SELECT in_sync FROM subscription WHERE id = $1", circuit.id)

    async with asyncio.TaskGroup() as tasks, network.database.write() as connection:
        await lock_related(connection, [circuit.id])
        await lock_subscriptions(connection, [circuit.id], HOLDER, Scope.all())
        late = tasks.create_task(in_sync_behind(), name="late start")
        await eventually(network.has_a_waiting_writer)

    assert late.result() is False


@parity("PM-25")
async def test_a_subscription_is_put_in_sync_by_hand(store: Store, statements: StatementLog) -> None:
    node = new_node()
    await store.save(node)
    await lock(store, node.id)

    with statements.recorded() as executed:
        async with store.database.write() as connection:
            repaired = await set_in_sync(
                connection, Scope.all(), node.id, actor="operator", expected_holder=HOLDER
            )

    assert repaired
    assert executed.verbs == ["BEGIN", "WITH", "COMMIT"]
    assert await held_by(store, node.id) == [(True, None)]
    async with store.database.write() as connection:
        assert not await set_in_sync(connection, Scope.all(), node.id, actor="operator", expected_holder=None)


@pytest.mark.parametrize("expected", [RIVAL, None])
async def test_only_the_expected_holder_is_put_aside(store: Store, expected: ProcessId | None) -> None:
    node = new_node()
    await store.save(node)
    await lock(store, node.id)

    async with store.database.write() as connection:
        with pytest.raises(UnexpectedHolder) as refused:
            await set_in_sync(connection, Scope.all(), node.id, actor="operator", expected_holder=expected)
        with pytest.raises(SubscriptionNotFound):
            await set_in_sync(
                connection, Scope.of(OTHER_CUSTOMER), node.id, actor="operator", expected_holder=HOLDER
            )

    assert (refused.value.expected, refused.value.found) == (expected, HOLDER)
    assert await held_by(store, node.id) == [(False, HOLDER)]
