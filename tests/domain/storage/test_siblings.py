from domain.errors import ConflictingEdit, StaleSubscription, UnsafeTransition
from domain.ids import ProcessId, SubscriptionId, new_uuid7
from domain.model.lifecycle import ACTIVE, PROVISIONING, TERMINATED
from domain.model.trees.history import TreeVersion, replay
from domain.model.trees.mapping import to_patch
from domain.scope import Scope
from domain.storage.changes import ChangeRepository
from domain.storage.listing.paging import PageRequest
from domain.storage.saving.locks import lock_subscriptions, release_subscriptions
from domain.storage.saving.saves import AuthoredPatch, ChangeAuthor, save_all
from tests.domain.circuits import new_circuit
from tests.domain.sample import NodeInactive, PortBlockInactive, new_node
from tests.domain.storage.conftest import AUTHOR, Store
from tests.domain.storage.related_pairs import load_circuit, load_node, moved, pairs
from tests.parity import parity
from tests.postgres import StatementLog

PROCESS = ProcessId(new_uuid7())
LEFT = ChangeAuthor(actor="tester", process_id=PROCESS, step_key="left")
RIGHT = ChangeAuthor(actor="tester", process_id=PROCESS, step_key="right")


async def held_node(store: Store) -> NodeInactive:
    """A node with two ports that the process holds."""
    node = new_node()
    node.node.ports = [PortBlockInactive.new(speed=1), PortBlockInactive.new(speed=2)]
    await store.save(node, author=LEFT)
    return node


async def version(store: Store, subscription_id: SubscriptionId) -> TreeVersion:
    """What the change records say of the subscription."""
    page = await ChangeRepository(store.database).page(
        Scope.all(), subscription_id=subscription_id, request=PageRequest(first=50)
    )
    return replay(reversed(page.rows))


async def assert_records_tell_what_is_stored(store: Store, subscription_id: SubscriptionId) -> None:
    trees = await store.subscriptions.trees(Scope.all(), [subscription_id])
    tree, told = trees[subscription_id], await version(store, subscription_id)
    own = [block for block in tree.blocks if block.subscription_id == subscription_id]
    assert {block.id: block for block in told.blocks} == {block.id: block for block in own}
    ids = {block.id for block in own}
    assert set(told.relations) == {
        relation for relation in tree.relations if relation.parent_id is None or relation.parent_id in ids
    }
    assert (told.version, told.status) == (tree.subscription.version, tree.subscription.status)


@parity("PM-16", mends="last-writer")
async def test_different_blocks_of_two_siblings_are_both_written(
    network: Store, statements: StatementLog
) -> None:
    node = await held_node(network)
    left, right = await load_node(network, node.id), await load_node(network, node.id)
    left.node.ports[0].speed = 10
    right.node.ports[1].speed = 20

    assert await network.save(left, author=LEFT) == {node.id: 2}
    with statements.recorded() as executed:
        assert await network.save(right, author=RIGHT) == {node.id: 3}

    assert executed.verbs == ["BEGIN", "WITH", "SELECT", "WITH", "WITH", "COMMIT"]
    stored = await load_node(network, node.id)
    assert [port.speed for port in stored.node.ports] == [10, 20]
    await assert_records_tell_what_is_stored(network, node.id)


async def test_different_fields_of_one_block_are_both_written(network: Store) -> None:
    node = await held_node(network)
    left, right = await load_node(network, node.id), await load_node(network, node.id)
    left.node.rack, left.description = "r7", "Left"
    right.node.redundant = True

    await network.save(left, author=LEFT)
    assert await network.save(right, author=RIGHT) == {node.id: 3}

    stored = await load_node(network, node.id)
    assert (stored.node.rack, stored.node.redundant, stored.description) == ("r7", True, "Left")
    await assert_records_tell_what_is_stored(network, node.id)


async def test_the_same_field_is_a_conflict_and_nothing_is_written(network: Store) -> None:
    node = await held_node(network)
    left, right = await load_node(network, node.id), await load_node(network, node.id)
    left.node.rack = "left"
    right.node.rack, right.node.ports = "right", []
    await network.save(left, author=LEFT)

    refusal = (await network.save(right, author=RIGHT))[node.id]

    assert isinstance(refusal, ConflictingEdit)
    assert refusal.path == (str(node.node.id), "rack")
    assert (refusal.expected, refusal.found) == ("nothing", '"left"')
    stored = await load_node(network, node.id)
    assert (stored.version, stored.node.rack, len(stored.node.ports)) == (2, "left", 2)
    await assert_records_tell_what_is_stored(network, node.id)


async def test_a_conflict_leaves_the_others_of_the_batch_alone(network: Store) -> None:
    nodes = [await held_node(network) for _ in range(3)]
    rights = [await load_node(network, node.id) for node in nodes]
    lefts = [await load_node(network, node.id) for node in nodes[:2]]
    for left in lefts:
        left.node.rack = "left"
    await network.save(*lefts, author=LEFT)
    rights[0].node.rack = rights[2].node.rack = "right"
    rights[1].node.redundant = True

    outcomes = await network.save(*rights, author=RIGHT)

    assert isinstance(outcomes[nodes[0].id], ConflictingEdit)
    assert (outcomes[nodes[1].id], outcomes[nodes[2].id]) == (3, 2)


async def test_siblings_that_make_the_same_of_it_agree(network: Store) -> None:
    node = await held_node(network)
    left, right = await load_node(network, node.id), await load_node(network, node.id)
    left.node.rack = right.node.rack = "r1"
    await network.save(left, author=LEFT)

    assert await network.save(right, author=RIGHT) == {node.id: 2}


async def test_a_change_of_somebody_else_in_between_makes_stale(network: Store) -> None:
    node = new_node()
    await network.save(node)
    late = await load_node(network, node.id)
    early = await load_node(network, node.id)
    early.node.rack = "somebody's"
    await network.save(early, author=AUTHOR)
    async with network.database.write() as connection:
        await lock_subscriptions(connection, [node.id], PROCESS, Scope.all())
    left = await load_node(network, node.id)
    left.node.price = None
    left.description = "Left"
    await network.save(left, author=LEFT)
    late.node.redundant = True

    refusal = (await network.save(late, author=RIGHT))[node.id]

    assert isinstance(refusal, StaleSubscription)
    assert (refusal.expected, refusal.found) == (1, 3)


async def test_who_does_not_hold_the_subscription_any_more_is_stale(network: Store) -> None:
    node = await held_node(network)
    left, right = await load_node(network, node.id), await load_node(network, node.id)
    left.node.rack = "left"
    right.node.redundant = True
    await network.save(left, author=LEFT)
    async with network.database.write() as connection:
        await release_subscriptions(connection, PROCESS, [node.id])

    refusal = (await network.save(right, author=RIGHT))[node.id]

    assert isinstance(refusal, StaleSubscription)
    assert (refusal.expected, refusal.found) == (1, 2)


async def test_a_removed_port_and_an_edited_rack_merge_in_a_save_that_decides(
    network: Store, statements: StatementLog
) -> None:
    node = await held_node(network)
    left, right = await load_node(network, node.id), await load_node(network, node.id)
    left.node.rack = "left"
    right.node.ports = right.node.ports[:1]
    await network.save(left, author=LEFT)

    with statements.recorded() as executed:
        assert await network.save(right, author=RIGHT) == {node.id: 3}

    assert executed.verbs == ["BEGIN", "SELECT", "WITH", "SELECT", "WITH", "WITH", "COMMIT"]
    stored = await load_node(network, node.id)
    assert (stored.node.rack, [port.speed for port in stored.node.ports]) == ("left", [1])
    await assert_records_tell_what_is_stored(network, node.id)


async def test_a_merged_change_of_status_is_checked_like_any_other(network: Store) -> None:
    ((node, circuit),) = await pairs(network, (ACTIVE, ACTIVE))
    async with network.database.write() as connection:
        await lock_subscriptions(connection, [node], PROCESS, Scope.all())
    left, right = await load_node(network, node), await load_node(network, node)
    left.description = "Left"
    await network.save(left, author=LEFT)

    refusal = (await network.save(moved(right, TERMINATED), author=RIGHT))[node]
    assert isinstance(refusal, UnsafeTransition)
    assert [user.subscription_id for user in refusal.users] == [circuit]

    assert await network.save(moved(right, PROVISIONING), author=RIGHT) == {node: 4}


async def test_a_reference_and_an_edit_beside_it_merge(network: Store) -> None:
    nodes = [new_node(), new_node()]
    circuit = new_circuit(nodes[0].node.uplink)
    await network.save(*nodes, circuit, author=LEFT)
    left, right = await load_circuit(network, circuit.id), await load_circuit(network, circuit.id)
    left.circuit.name = "left"
    right.circuit.endpoints[0].port = (await load_node(network, nodes[1].id)).node.uplink
    await network.save(left, author=LEFT)

    async with network.database.write() as connection:
        outcomes = await save_all(connection, [AuthoredPatch(patch=to_patch(right), author=RIGHT)])

    assert outcomes == {circuit.id: 3}
    stored = await load_circuit(network, circuit.id)
    port = stored.circuit.endpoints[0].port
    assert port is not None
    assert (stored.circuit.name, port.subscription_id) == ("left", nodes[1].id)
    await assert_records_tell_what_is_stored(network, circuit.id)
