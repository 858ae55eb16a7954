"""Trees with references: whole in one statement, cut where the scope ends."""

from collections.abc import Iterable

import pytest

from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.tree import BlockStub, Tree
from domain.scope import Scope
from domain.storage.catalog_sync import sync
from domain.storage.database import Database
from domain.storage.related import RelatedRepository
from tests.domain.circuits import CircuitInactive, TreeBlock, new_circuit
from tests.domain.sample import CUSTOMER, OTHER_CUSTOMER, NodeInactive, PortBlockInactive, new_node
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog


async def saved_node(store: Store, *, customer: CustomerId = CUSTOMER) -> NodeInactive:
    """A stored node with three ports, as it is loaded."""
    node = new_node(customer=customer)
    node.node.ports = [PortBlockInactive.new(speed=speed, label=f"port {speed}") for speed in (3, 1, 2)]
    await store.save(node)
    loaded = await store.load(node.id)
    assert isinstance(loaded, NodeInactive)
    return loaded


async def saved_circuit(store: Store, circuit: CircuitInactive) -> CircuitInactive:
    await store.save(circuit)
    loaded = await store.load(circuit.id)
    assert isinstance(loaded, CircuitInactive)
    return loaded


async def tree_of(store: Store, subscription_id: SubscriptionId, scope: Scope | None = None) -> Tree:
    return (await store.subscriptions.trees(scope or Scope.all(), [subscription_id]))[subscription_id]


def ids(blocks: Iterable[ProductBlockModel]) -> set[BlockId]:
    return {block.id for block in blocks}


@parity("PM-10")
@parity("PM-13")
async def test_blocks_of_others_come_with_all_below_them(network: Store, statements: StatementLog) -> None:
    node = await saved_node(network)
    inner = await saved_circuit(network, new_circuit(node.node.ports[0], node.node.uplink, name="inner"))
    outer = new_circuit(name="outer")
    outer.circuit.backbone = inner.circuit
    await network.save(outer)

    with statements.recorded() as executed:
        tree = await tree_of(network, outer.id)

    assert executed.verbs == ["SELECT"]
    endpoints = inner.circuit.endpoints
    assert {block.id for block in tree.blocks} == ids(
        [outer.circuit, inner.circuit, *endpoints, node.node.ports[0], node.node.uplink]
    )
    assert {
        block.id: block.subscription_id for block in tree.blocks if block.subscription_id != outer.id
    } == {
        inner.circuit.id: inner.id,
        **{endpoint.id: inner.id for endpoint in endpoints},
        node.node.ports[0].id: node.id,
        node.node.uplink.id: node.id,
    }
    owners = {(each.parent_id, each.attribute): each.owner_id for each in tree.relations}
    assert owners == {
        (None, "circuit"): None,
        (outer.circuit.id, "backbone"): inner.id,
        (inner.circuit.id, "endpoints"): None,
        (endpoints[0].id, "port"): node.id,
        (endpoints[1].id, "port"): node.id,
    }
    assert tree.stubs == ()


@parity("PM-10")
@parity("PM-26")
async def test_blocks_out_of_scope_are_stubs_without_an_owner(network: Store) -> None:
    node = await saved_node(network, customer=OTHER_CUSTOMER)
    inner = await saved_circuit(network, new_circuit(node.node.uplink, name="inner"))
    outer = new_circuit(node.node.ports[1], name="outer")
    outer.circuit.backbone = inner.circuit
    await network.save(outer)

    tree = await tree_of(network, outer.id, Scope.of(CUSTOMER))

    assert tree.stubs == tuple(
        sorted(
            (BlockStub(id=block.id, block="PortBlock") for block in (node.node.uplink, node.node.ports[1])),
            key=lambda stub: stub.id,
        )
    )
    assert {block.subscription_id for block in tree.blocks} == {outer.id, inner.id}
    places = {each.child_id: each.owner_id for each in tree.relations}
    assert {places[stub.id] for stub in tree.stubs} == {None}
    assert node.id not in places.values()


async def test_nothing_below_a_stub_is_reached(network: Store) -> None:
    """What an out-of-scope tree refers to is not loaded by way of it, even if it is in scope itself."""
    node = await saved_node(network)
    inner = await saved_circuit(network, new_circuit(node.node.uplink, name="inner", customer=OTHER_CUSTOMER))
    outer = new_circuit(name="outer")
    outer.circuit.backbone = inner.circuit
    await network.save(outer)

    tree = await tree_of(network, outer.id, Scope.of(CUSTOMER))

    assert [block.id for block in tree.blocks] == [outer.circuit.id]
    assert tree.stubs == (BlockStub(id=inner.circuit.id, block="CircuitBlock"),)


async def test_trees_that_refer_to_each_other_end(network: Store) -> None:
    first = await saved_circuit(network, new_circuit(name="first"))
    second = new_circuit(name="second")
    second.circuit.backbone = first.circuit
    await network.save(second)
    async with network.database.write() as connection:
        await connection.execute(
            """
            INSERT INTO block_relation (subscription_id, parent_id, attribute, position, child_id, owner_id)
            VALUES ($1, $2, 'backbone', 0, $3, $4)
            """,
            first.id,
            first.circuit.id,
            second.circuit.id,
            second.id,
        )

    trees = await network.subscriptions.trees(Scope.all(), [first.id, second.id])
    related = RelatedRepository(network.database)
    used = await related.depends_on(Scope.all(), [first.id, second.id], depth=10)

    both = {first.circuit.id, second.circuit.id}
    assert [{block.id for block in trees[each.id].blocks} for each in (first, second)] == [both, both]
    assert [len(trees[each.id].relations) for each in (first, second)] == [3, 3]
    assert {root: [each.subscription_id for each in found] for root, found in used.items()} == {
        first.id: [second.id],
        second.id: [first.id],
    }


@parity("PM-13", mends="diamonds")
async def test_a_block_in_two_places_is_loaded_once(network: Store) -> None:
    node = await saved_node(network)
    port = node.node.uplink
    circuit = new_circuit(port, port)
    shared = TreeBlock.new(name="shared")
    circuit.circuit.tree = TreeBlock.new(name="parent", first=shared)
    circuit.circuit.extras = [shared]

    loaded = await saved_circuit(network, circuit)
    tree = await tree_of(network, circuit.id)

    assert len(tree.blocks) == len({block.id for block in tree.blocks})
    first, second = loaded.circuit.endpoints
    assert first.port is second.port
    assert loaded.circuit.tree is not None
    assert loaded.circuit.tree.first is loaded.circuit.extras[0]


@parity("W-11")
@parity("PM-13", mends="label")
@parity("PM-06", mends="order")
async def test_labels_and_the_order_of_lists_survive(network: Store) -> None:
    node = await saved_node(network)
    node.node.ports[0].vlans = [10, 9, 100, 1]
    await network.save(node)

    loaded = await network.load(node.id)

    assert isinstance(loaded, NodeInactive)
    assert [port.label for port in loaded.node.ports] == ["port 3", "port 1", "port 2"]
    assert loaded.node.ports[0].vlans == [10, 9, 100, 1]


class Pair(SubscriptionModel, name="Pair"):
    """Two fields of the same kind of block."""

    left: TreeBlock
    right: TreeBlock


PAIRS = Catalog([Product(name="Pair", tag="PAIR", product_type="Pair", description="A pair", model=Pair)])


@parity("PM-13", mends="root-fields")
async def test_two_fields_with_the_same_kind_of_block_are_told_apart(database: Database) -> None:
    await sync(database, PAIRS)
    store = Store(database, PAIRS)
    pair = Pair.new(
        product="Pair",
        customer_id=CUSTOMER,
        left=TreeBlock.new(name="left"),
        right=TreeBlock.new(name="right"),
    )
    await store.save(pair)

    loaded = await store.load(pair.id)

    assert isinstance(loaded, Pair)
    assert (loaded.left.name, loaded.right.name) == ("left", "right")
    assert (loaded.left.id, loaded.right.id) == (pair.left.id, pair.right.id)


@pytest.mark.parametrize("count", [1, 20])
async def test_any_number_of_trees_with_references_is_one_statement(
    network: Store, statements: StatementLog, count: int
) -> None:
    node = await saved_node(network)
    circuits = [new_circuit(node.node.uplink, name=f"c{number}") for number in range(count)]
    await network.save(*circuits)

    with statements.recorded() as executed:
        trees = await network.subscriptions.trees(Scope.all(), [circuit.id for circuit in circuits])

    assert executed.verbs == ["SELECT"]
    assert {subscription_id: len(tree.blocks) for subscription_id, tree in trees.items()} == {
        circuit.id: 3 for circuit in circuits
    }
