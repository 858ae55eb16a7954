import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from domain.errors import (
    ReferencedBlockNotFound,
    RelatedStatus,
    StaleSubscription,
    SubscriptionLocked,
    UnsafeTransition,
)
from domain.ids import ProcessId, SubscriptionId, new_uuid7
from domain.model.lifecycle import (
    ACTIVE,
    DISABLED,
    INITIAL,
    MIGRATING,
    PROVISIONING,
    SAFE_USER_STATUSES,
    TERMINATED,
    SubscriptionStatus,
)
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_patch
from domain.scope import Scope
from domain.storage.saving.saves import ChangeAuthor, SaveOutcome, save
from tests.domain.circuits import CircuitInactive, EndpointBlock, new_circuit
from tests.domain.sample import PortBlock, PortBlockInactive, new_node
from tests.domain.storage.conftest import AUTHOR, Store
from tests.domain.storage.related_pairs import load_circuit, load_node, move, moved, pairs
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

Status = SubscriptionStatus

EVERY_PAIR = list(product(Status, Status))


def other_than(status: Status) -> Status:
    """A status from which it can be changed to another one."""
    return ACTIVE if status is not ACTIVE else PROVISIONING


def refused(outcome: SaveOutcome) -> UnsafeTransition:
    assert isinstance(outcome, UnsafeTransition)
    return outcome


def as_active(port: PortBlockInactive) -> PortBlock:
    """The port as an active circuit holds it."""
    return PortBlock.model_validate(dict(port))


async def stored_status(store: Store, subscription_id: SubscriptionId) -> tuple[Status, int]:
    model = await store.load(subscription_id)
    return model.status, model.version


@parity("PM-20")
@parity("PM-14")
async def test_a_status_is_only_written_if_it_goes_together_with_that_of_every_user(
    network: Store, statements: StatementLog
) -> None:
    ids = await pairs(network, *((other_than(target), user) for target, user in EVERY_PAIR))
    nodes = [
        moved(await load_node(network, node), target)
        for (node, _), (target, _) in zip(ids, EVERY_PAIR, strict=True)
    ]

    with statements.recorded() as executed:
        outcomes = await network.save(*nodes)

    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "WITH", "COMMIT"]
    for (node, circuit), (target, user) in zip(ids, EVERY_PAIR, strict=True):
        if user in SAFE_USER_STATUSES[target]:
            assert outcomes[node] in {2, 3}, (target, user)
            continue
        refusal = refused(outcomes[node])
        assert (refusal.target, refusal.expected) == (target, SAFE_USER_STATUSES[target])
        assert refusal.users == (RelatedStatus(subscription_id=circuit, status=user),)
        assert (await stored_status(network, node))[0] is other_than(target)


@parity("PM-20")
async def test_a_user_only_gets_a_status_that_the_used_one_admits_and_may_always_end(network: Store) -> None:
    ids = await pairs(network, *((used, other_than(target)) for used, target in EVERY_PAIR))
    circuits = [
        moved(await load_circuit(network, circuit), target)
        for (_, circuit), (_, target) in zip(ids, EVERY_PAIR, strict=True)
    ]

    outcomes = await network.save(*circuits)

    for (node, circuit), (used, target) in zip(ids, EVERY_PAIR, strict=True):
        if target is TERMINATED or target in SAFE_USER_STATUSES[used]:
            assert outcomes[circuit] in {2, 3}, (used, target)
            continue
        refusal = refused(outcomes[circuit])
        assert (refusal.target, refusal.users) == (target, ())
        assert refusal.used == (RelatedStatus(subscription_id=node, status=used),)
        assert refusal.expected == {each for each in Status if target in SAFE_USER_STATUSES[each]}


@parity("PM-20", mends="roots-only")
@parity("PM-14", mends="roots-only")
@parity("W-18")
async def test_users_of_blocks_at_any_depth_count(network: Store) -> None:
    node = new_node()
    node.node.rack = "r1"
    node.node.ports = [PortBlockInactive.new(speed=1), PortBlockInactive.new(speed=2)]
    await network.save(node)
    deep = new_circuit((await load_node(network, node.id)).node.ports[1])
    await network.save(deep)
    assert await move(network, node.id, ACTIVE) == 2
    assert await move(network, deep.id, ACTIVE) == 2

    refusal = refused(await move(network, node.id, TERMINATED))

    assert refusal.users == (RelatedStatus(subscription_id=deep.id, status=ACTIVE),)
    assert await stored_status(network, node.id) == (ACTIVE, 2)


@parity("PM-20", mends="message")
async def test_the_refusal_holds_the_users_and_its_text_names_none(network: Store) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, DISABLED))
    other = new_circuit((await load_node(network, node)).node.uplink)
    await network.save(other)
    assert await move(network, other.id, ACTIVE) == 2

    refusal = refused(await move(network, node, MIGRATING))

    assert set(refusal.users) == {
        RelatedStatus(subscription_id=circuit, status=DISABLED),
        RelatedStatus(subscription_id=other.id, status=ACTIVE),
    }
    assert str(refusal) == (
        f"subscription {node} cannot be MIGRATING: found users of its blocks that are ACTIVE, DISABLED,"
        " expected them to be INITIAL or MIGRATING or TERMINATED"
    )


@parity("PM-20", mends="bypass")
async def test_only_a_recorded_override_goes_round_the_check(network: Store) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, ACTIVE))

    assert isinstance(await move(network, node, TERMINATED), UnsafeTransition)
    assert await move(network, node, TERMINATED, override="the site burned down") == 3
    assert isinstance(await move(network, circuit, DISABLED), UnsafeTransition)
    assert await move(network, circuit, DISABLED, override="nobody is there") == 3

    async with network.database.writer() as connection:
        rows = await connection.fetch(
            "SELECT subscription_id, override FROM subscription_change WHERE version = 3"
        )
    assert {(row["subscription_id"], row["override"]) for row in rows} == {
        (node, "the site burned down"),
        (circuit, "nobody is there"),
    }


@pytest.mark.parametrize("used", Status)
async def test_an_added_reference_needs_a_used_one_that_admits_the_user(network: Store, used: Status) -> None:
    ((node, _), (_, circuit)) = await pairs(network, (used, INITIAL), (ACTIVE, ACTIVE))
    model = await with_reference(network, circuit, node)

    outcome = (await network.save(model))[circuit]

    if ACTIVE in SAFE_USER_STATUSES[used]:
        assert outcome == 3
    else:
        assert refused(outcome).used == (RelatedStatus(subscription_id=node, status=used),)
        assert await stored_status(network, circuit) == (ACTIVE, 2)


async def test_an_added_reference_needs_a_used_one_in_sync_or_held_by_the_same_process(
    network: Store,
) -> None:
    holder = ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()))
    node = new_node()
    await network.save(node, author=holder)
    circuit = new_circuit(node.node.uplink)

    refusal = (await network.save(circuit))[circuit.id]
    assert isinstance(refusal, SubscriptionLocked)
    assert (refusal.subscription_id, refusal.held_by) == (node.id, holder.process_id)
    assert str(refusal) == (
        f"subscription {circuit.id} cannot refer to a block of another one: found that out of sync,"
        " expected it in sync"
    )

    assert (await network.save(circuit, author=holder))[circuit.id] == 1


@pytest.mark.parametrize("circuit_first", [True, False])
async def test_patches_of_one_save_see_each_other_as_written(network: Store, circuit_first: bool) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, ACTIVE))
    models = [
        moved(await load_circuit(network, circuit), TERMINATED),
        moved(await load_node(network, node), TERMINATED),
    ]

    outcomes = await network.save(*(models if circuit_first else models[::-1]))

    assert outcomes == {node: 3, circuit: 3}


async def test_two_that_need_each_other_are_written_together(network: Store) -> None:
    ((node, circuit),) = await pairs(network, (DISABLED, DISABLED))
    models = [
        moved(await load_circuit(network, circuit), MIGRATING),
        moved(await load_node(network, node), MIGRATING),
    ]

    for model in models:
        assert isinstance((await network.save(model))[model.id], UnsafeTransition)

    assert await network.save(*models) == {node: 3, circuit: 3}


async def test_a_patch_falls_with_the_one_it_needs(network: Store) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, ACTIVE))
    stale = moved(await load_circuit(network, circuit), TERMINATED)
    described = await load_circuit(network, circuit)
    described.description = "Meanwhile"
    await network.save(described)

    outcomes = await network.save(stale, moved(await load_node(network, node), TERMINATED))

    assert isinstance(outcomes[circuit], StaleSubscription)
    assert refused(outcomes[node]).users == (RelatedStatus(subscription_id=circuit, status=ACTIVE),)
    assert await stored_status(network, node) == (ACTIVE, 2)


@pytest.mark.parametrize("circuit_first", [True, False])
async def test_of_two_in_each_others_way_the_later_is_refused(network: Store, circuit_first: bool) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, INITIAL))
    models = [
        moved(await load_circuit(network, circuit), ACTIVE),
        moved(await load_node(network, node), TERMINATED),
    ]

    outcomes = await network.save(*(models if circuit_first else models[::-1]))

    first, second = (circuit, node) if circuit_first else (node, circuit)
    assert isinstance(outcomes[first], int)
    assert isinstance(outcomes[second], UnsafeTransition)


async def test_new_ones_that_refer_to_each_other_are_written_in_one_save(
    network: Store, statements: StatementLog
) -> None:
    author = ChangeAuthor(actor="tester", process_id=ProcessId(new_uuid7()))
    nodes = [new_node() for _ in range(20)]
    circuits = [new_circuit(node.node.uplink) for node in nodes]

    with statements.recorded() as executed:
        outcomes = await network.save(*circuits, *nodes, author=author)

    assert set(outcomes.values()) == {1}
    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "WITH", "WITH", "COMMIT"]
    loaded = await load_circuit(network, circuits[3].id)
    port = loaded.circuit.endpoints[0].port
    assert port is not None
    assert (port.id, port.subscription_id) == (nodes[3].node.uplink.id, nodes[3].id)


async def test_a_new_one_is_refused_with_the_new_one_it_refers_to(network: Store) -> None:
    node = new_node()
    circuit = new_circuit(node.node.uplink)
    unknown = replace(to_patch(node), product="Unknown")

    async with network.database.write() as connection:
        outcomes = await save(connection, [to_patch(circuit), unknown], author=AUTHOR)

    refusal = outcomes[circuit.id]
    assert isinstance(refusal, ReferencedBlockNotFound)
    assert (refusal.block_id, refusal.expected_owner) == (node.node.uplink.id, node.id)
    assert await network.subscriptions.count(Scope.all()) == 0


async def save_behind(store: Store, first: SubscriptionModel, second: SubscriptionModel) -> SaveOutcome:
    """What becomes of the second save, which comes before the first is committed."""
    async with asyncio.TaskGroup() as tasks, store.database.write() as connection:
        (outcome,) = (await save(connection, [to_patch(first)], author=AUTHOR)).values()
        assert isinstance(outcome, int)
        late = tasks.create_task(store.save(second), name="late save")
        await eventually(store.has_a_waiting_writer)
    return late.result()[second.id]


async def with_reference(store: Store, circuit: SubscriptionId, node: SubscriptionId) -> CircuitInactive:
    model = await load_circuit(store, circuit)
    port = (await load_node(store, node)).node.uplink
    model.circuit.endpoints = [*model.circuit.endpoints, EndpointBlock.new(vlan=1, port=as_active(port))]
    return model


@parity("PM-20")
async def test_a_reference_that_is_added_while_the_used_one_ends_is_refused(network: Store) -> None:
    node, (_, circuit) = new_node(), (await pairs(network, (ACTIVE, ACTIVE)))[0]
    await network.save(node)
    ends = moved(await load_node(network, node.id), TERMINATED)

    outcome = await save_behind(network, ends, await with_reference(network, circuit, node.id))

    assert refused(outcome).used == (RelatedStatus(subscription_id=node.id, status=TERMINATED),)
    assert await stored_status(network, circuit) == (ACTIVE, 2)


@parity("PM-20")
async def test_the_used_one_does_not_end_while_a_reference_is_added(network: Store) -> None:
    node, (_, circuit) = new_node(), (await pairs(network, (ACTIVE, ACTIVE)))[0]
    node.node.rack = "r1"
    await network.save(node)
    assert await move(network, node.id, ACTIVE) == 2
    ends = moved(await load_node(network, node.id), TERMINATED)

    outcome = await save_behind(network, await with_reference(network, circuit, node.id), ends)

    assert refused(outcome).users == (RelatedStatus(subscription_id=circuit, status=ACTIVE),)
    assert await stored_status(network, node.id) == (ACTIVE, 2)


@pytest.mark.parametrize("circuit_first", [True, False])
async def test_of_two_changes_of_status_at_once_the_second_sees_the_first(
    network: Store, circuit_first: bool
) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, INITIAL))
    models = [
        moved(await load_circuit(network, circuit), ACTIVE),
        moved(await load_node(network, node), MIGRATING),
    ]
    first, second = models if circuit_first else models[::-1]

    outcome = refused(await save_behind(network, first, second))

    if circuit_first:
        assert outcome.users == (RelatedStatus(subscription_id=circuit, status=ACTIVE),)
    else:
        assert outcome.used == (RelatedStatus(subscription_id=node, status=MIGRATING),)


async def test_saves_of_related_ones_in_opposite_order_do_not_block_each_other(network: Store) -> None:
    ids = await pairs(network, (ACTIVE, ACTIVE), (ACTIVE, ACTIVE))
    rounds = 25

    async def change(name: str, order: Sequence[SubscriptionId], *, status: bool) -> int:
        written = 0
        for number in range(rounds):
            models = [await network.load(each) for each in order]
            for model in models:
                model.description = f"{name} {number}"
            if status:
                target = PROVISIONING if models[-1].status is ACTIVE else ACTIVE
                models[-1] = moved(models[-1], target)
            outcomes = await network.save(*models)
            assert all(isinstance(each, int | StaleSubscription) for each in outcomes.values()), outcomes
            written += sum(isinstance(each, int) for each in outcomes.values())
        return written

    (first_node, first_circuit), (second_node, second_circuit) = ids
    every = [first_node, first_circuit, second_node, second_circuit]
    async with asyncio.timeout(60):
        written = await asyncio.gather(
            change("a", every, status=False),
            change("b", every[::-1], status=False),
            change("c", [second_circuit, first_node], status=True),
            change("d", [first_circuit, second_node], status=True),
        )

    versions = [(await network.load(each)).version for each in every]
    before = [1 + 1] * 4
    assert sum(versions) == sum(before) + sum(written)
