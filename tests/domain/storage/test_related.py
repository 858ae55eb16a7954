"""Who uses whom, for subscriptions and for blocks."""

from collections.abc import Mapping, Sequence

import pytest
import pytest_asyncio

from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.model.lifecycle import INITIAL, TERMINATED
from domain.scope import Scope
from domain.storage.related import MAX_DEPTH, BlockUse, InvalidDepth, Related, RelatedRepository
from tests.domain.circuits import CircuitInactive, new_circuit
from tests.domain.sample import CUSTOMER, OTHER_CUSTOMER, NodeInactive, new_node
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog

Found = Mapping[SubscriptionId, Sequence[Related]]


class Chain:
    """A node, a circuit on it, one on that, and one on that again; the customer of the second may differ."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.related = RelatedRepository(store.database)
        self.node = new_node()
        self.circuits: list[CircuitInactive] = []

    async def build(self, customers: Sequence[CustomerId]) -> None:
        await self.store.save(self.node)
        node = await self.store.load(self.node.id)
        assert isinstance(node, NodeInactive)
        self.node = node
        for number, customer in enumerate(customers):
            circuit = new_circuit(name=f"c{number}", customer=customer)
            if self.circuits:
                circuit.circuit.backbone = self.circuits[-1].circuit
            else:
                circuit = new_circuit(node.node.uplink, name="c0", customer=customer)
            await self.store.save(circuit)
            loaded = await self.store.load(circuit.id)
            assert isinstance(loaded, CircuitInactive)
            self.circuits.append(loaded)


@pytest_asyncio.fixture
async def chain(network: Store) -> Chain:
    chain = Chain(network)
    await chain.build([CUSTOMER] * 3)
    return chain


def depths(found: Found) -> dict[SubscriptionId, list[tuple[SubscriptionId, int]]]:
    return {root: [(each.subscription_id, each.depth) for each in related] for root, related in found.items()}


@parity("PM-11")
async def test_relations_are_followed_to_a_depth_in_one_statement(
    chain: Chain, statements: StatementLog
) -> None:
    node, (c0, c1, c2) = chain.node, chain.circuits
    roots = [node.id, c0.id, c2.id]

    with statements.recorded() as executed:
        direct = await chain.related.depends_on(Scope.all(), roots)
        all_used = await chain.related.depends_on(Scope.all(), roots, depth=10)
        users = await chain.related.in_use_by(Scope.all(), roots, depth=2)

    assert executed.verbs == ["SELECT"] * 3
    assert depths(direct) == {c0.id: [(node.id, 1)], c2.id: [(c1.id, 1)]}
    assert depths(all_used) == {
        c0.id: [(node.id, 1)],
        c2.id: [(c1.id, 1), (c0.id, 2), (node.id, 3)],
    }
    assert depths(users) == {
        node.id: [(c0.id, 1), (c1.id, 2)],
        c0.id: [(c1.id, 1), (c2.id, 2)],
    }


@parity("PM-11")
async def test_statuses_choose_what_is_given_and_product_types_what_is_followed(chain: Chain) -> None:
    node, (c0, c1, c2) = chain.node, chain.circuits
    async with chain.store.database.write() as connection:
        await connection.execute("UPDATE subscription SET status = 'TERMINATED' WHERE id = $1", c1.id)
    related = chain.related

    initial = await related.depends_on(Scope.all(), [c2.id], depth=10, statuses=[INITIAL])
    terminated = await related.depends_on(Scope.all(), [c2.id], depth=10, statuses=[TERMINATED])
    circuits = await related.depends_on(Scope.all(), [c2.id], depth=10, product_types=["Circuit"])
    nodes = await related.in_use_by(Scope.all(), [node.id], depth=10, product_types=["Node"])

    assert depths(initial) == {c2.id: [(c0.id, 2), (node.id, 3)]}
    assert depths(terminated) == {c2.id: [(c1.id, 1)]}
    assert depths(circuits) == {c2.id: [(c1.id, 1), (c0.id, 2), (node.id, 3)]}
    assert depths(nodes) == {node.id: [(c0.id, 1)]}


@parity("PM-26")
async def test_nothing_is_found_out_of_scope_or_by_way_of_it(network: Store) -> None:
    chain = Chain(network)
    await chain.build([CUSTOMER, OTHER_CUSTOMER, CUSTOMER])
    node, (c0, c1, c2) = chain.node, chain.circuits
    scope = Scope.of(CUSTOMER)

    used = await chain.related.depends_on(scope, [c2.id, c1.id, c0.id], depth=10)
    users = await chain.related.in_use_by(scope, [node.id, c1.id], depth=10)
    uses = await chain.related.blocks_in_use_by(scope, [c0.circuit.id, c1.circuit.id])
    below = await chain.related.blocks_used_by(scope, [c2.circuit.id, c1.circuit.id])

    assert depths(used) == {c0.id: [(node.id, 1)]}
    assert depths(users) == {node.id: [(c0.id, 1)]}
    assert {block: [use.subscription_id for use in found] for block, found in uses.items()} == {
        c0.circuit.id: [c0.id]
    }
    assert below == {}


@parity("PM-11")
async def test_blocks_tell_where_they_stand_and_what_stands_below(
    chain: Chain, statements: StatementLog
) -> None:
    node, (c0, c1, _) = chain.node, chain.circuits
    (endpoint,) = c0.circuit.endpoints

    with statements.recorded() as executed:
        uses = await chain.related.blocks_in_use_by(Scope.all(), [node.node.uplink.id, c0.circuit.id])
        below = await chain.related.blocks_used_by(Scope.all(), [endpoint.id, c0.circuit.id])

    def use(block: BlockId, subscription: SubscriptionId, parent: BlockId | None, attribute: str) -> BlockUse:
        return BlockUse(
            block_id=block, subscription_id=subscription, parent_id=parent, attribute=attribute, position=0
        )

    assert executed.verbs == ["SELECT"] * 2
    assert {key: set(found) for key, found in uses.items()} == {
        node.node.uplink.id: {
            use(node.node.uplink.id, node.id, node.node.id, "uplink"),
            use(node.node.uplink.id, c0.id, endpoint.id, "port"),
        },
        c0.circuit.id: {
            use(c0.circuit.id, c0.id, None, "circuit"),
            use(c0.circuit.id, c1.id, c1.circuit.id, "backbone"),
        },
    }
    assert below == {
        endpoint.id: [use(node.node.uplink.id, c0.id, endpoint.id, "port")],
        c0.circuit.id: [use(endpoint.id, c0.id, c0.circuit.id, "endpoints")],
    }


@pytest.mark.parametrize("depth", [0, MAX_DEPTH + 1])
async def test_a_depth_has_bounds(chain: Chain, statements: StatementLog, depth: int) -> None:
    with statements.recorded() as executed, pytest.raises(InvalidDepth):
        await chain.related.in_use_by(Scope.all(), [chain.node.id], depth=depth)

    assert len(executed) == 0
