"""What is out of scope changes no answer: it is as if it did not exist, but for the stubs of its blocks."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.model.trees.tree import Tree
from domain.scope import Scope
from domain.storage.annotation_reads import AnnotationRepository
from domain.storage.blocks import BlockRepository
from domain.storage.changes import ChangeRepository
from domain.storage.listing.filters import (
    BlockFilter,
    FieldFilter,
    Not,
    Operator,
    Quantifier,
    ValueFilter,
    Where,
)
from domain.storage.listing.orders import SubscriptionOrder
from domain.storage.listing.paging import PageRequest
from domain.storage.listing.sorting import OrderBy
from domain.storage.related import RelatedRepository
from domain.storage.subscriptions import CountBy
from tests.domain.circuits import Circuit, CircuitBlockInactive, CircuitInactive, new_circuit
from tests.domain.sample import NodeInactive, PortBlockInactive, new_node
from tests.domain.storage.conftest import Store
from tests.parity import parity

CUSTOMERS = [CustomerId(f"customer-{number}") for number in range(3)]
SETTINGS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A subscription to make, which may refer to earlier ones: to ports of nodes, or to a circuit.

    Attributes:
        ports: which of the ports that there are by then.
        backbone: which of the circuits that there are by then; None for none.
    """

    is_node: bool
    customer: CustomerId
    ports: list[int]
    backbone: int | None


PLANNED = st.builds(
    Planned,
    is_node=st.booleans(),
    customer=st.sampled_from(CUSTOMERS),
    ports=st.lists(st.integers(0, 5), max_size=3, unique=True),
    backbone=st.none() | st.integers(0, 5),
)
SCOPE = st.lists(st.sampled_from(CUSTOMERS), max_size=2, unique=True).map(lambda some: Scope.of(*some))


@dataclass(slots=True)
class World:
    """What is stored."""

    subscriptions: list[SubscriptionId]
    blocks: list[BlockId]


async def build(store: Store, plans: list[Planned]) -> World:
    ports: list[PortBlockInactive] = []
    circuits: list[CircuitBlockInactive] = []
    world = World(subscriptions=[], blocks=[])
    for plan in plans:
        model = new_node(customer=plan.customer) if plan.is_node else circuit_of(plan, ports, circuits)
        await store.save(model)
        loaded = await store.load(model.id)
        world.subscriptions.append(loaded.id)
        if isinstance(loaded, NodeInactive):
            loaded.node.uplink.speed = len(ports)
            await store.save(loaded)
            ports.append(loaded.node.uplink)
            world.blocks += [loaded.node.id, loaded.node.uplink.id]
        elif isinstance(loaded, CircuitInactive):
            circuits.append(loaded.circuit)
            world.blocks += [loaded.circuit.id, *(each.id for each in loaded.circuit.endpoints)]
    return world


def circuit_of(
    plan: Planned, ports: list[PortBlockInactive], circuits: list[CircuitBlockInactive]
) -> CircuitInactive:
    chosen = [ports[number] for number in plan.ports if number < len(ports)]
    circuit = new_circuit(*chosen, customer=plan.customer)
    if plan.backbone is not None and plan.backbone < len(circuits):
        circuit.circuit.backbone = circuits[plan.backbone]
    return circuit


THROUGH_PORTS: list[Where] = [
    BlockFilter(
        "circuit",
        outer,
        BlockFilter("endpoints", middle, BlockFilter("port", inner, ValueFilter("speed", Operator.GTE, 1))),
    )
    for outer in (Quantifier.SOME, Quantifier.NONE)
    for middle in Quantifier
    for inner in Quantifier
]
THROUGH_CIRCUITS: list[Where] = [
    BlockFilter(
        "circuit",
        Quantifier.SOME,
        BlockFilter("backbone", quantifier, Not(ValueFilter("name", Operator.EQ, "c2"))),
    )
    for quantifier in Quantifier
]

FILTERS = [*THROUGH_PORTS, *THROUGH_CIRCUITS]


async def answers(store: Store, scope: Scope, world: World) -> dict[str, Any]:
    """Everything that can be asked, with what is answered or refused."""
    reads, related = store.subscriptions, RelatedRepository(store.database)
    blocks, changes = BlockRepository(store.database), ChangeRepository(store.database)
    annotations, ids = AnnotationRepository(store.database), world.subscriptions
    found: dict[str, Any] = {
        "by ids": await reads.by_ids(scope, ids),
        "owners": await reads.owners_of(scope, world.blocks),
        "blocks": await blocks.by_ids(scope, world.blocks),
        "blocks of": await blocks.of_subscriptions(scope, ids),
        "used": await related.depends_on(scope, ids, depth=5),
        "users": await related.in_use_by(scope, ids, depth=5),
        "uses of blocks": await related.blocks_in_use_by(scope, world.blocks),
        "below blocks": await related.blocks_used_by(scope, world.blocks),
        "metadata": await annotations.metadata_of(scope, ids),
        "trees": {key: known(tree) for key, tree in (await reads.trees(scope, ids)).items()},
        "counts": [await reads.counts(scope, [by]) for by in CountBy],
        "changes": {
            key: len(page.rows)
            for key, page in (await changes.pages_of(scope, ids, request=PageRequest(first=9))).items()
        },
    }
    for order in SubscriptionOrder:
        page = await reads.page(scope, request=PageRequest(first=3), order=[OrderBy(order)])
        found[f"page by {order}"] = (page.rows, page.has_next)
    for number, where in enumerate(FILTERS):
        page = await reads.page(scope, request=PageRequest(first=9), where=where, family=Circuit.family())
        found[f"filter {number}"] = [record.id for record in page.rows]
        found[f"count {number}"] = await reads.count(scope, where, family=Circuit.family())
    found["by product"] = await reads.count(scope, FieldFilter("product_name", Operator.EQ, "Circuit"))
    for subscription_id in ids:
        try:
            version = await changes.tree_at(scope, subscription_id, 1)
            owners = [each.owner_id for each in version.relations]
            found[f"version of {subscription_id}"] = (version.blocks, owners)
        except DomainError as error:
            found[f"version of {subscription_id}"] = (type(error), str(error))
    return found


def known(tree: Tree) -> Tree:
    """A tree without its stubs and the places in which they stand."""
    hidden = {stub.id for stub in tree.stubs}
    return replace(
        tree,
        stubs=(),
        relations=tuple(relation for relation in tree.relations if relation.child_id not in hidden),
    )


async def forget_what_is_out_of(store: Store, scope: Scope) -> None:
    customers = sorted(scope.customers or ())
    async with store.database.write() as connection:
        await connection.execute(
            "CREATE TEMPORARY TABLE gone ON COMMIT DROP AS"
            " SELECT id FROM subscription WHERE customer_id <> ALL ($1::text[])",
            customers,
        )
        for statement in (
            "DELETE FROM block_relation WHERE subscription_id IN (TABLE gone) OR owner_id IN (TABLE gone)",
            "DELETE FROM block WHERE subscription_id IN (TABLE gone)",
            "DELETE FROM subscription_change WHERE subscription_id IN (TABLE gone)",
            "DELETE FROM subscription WHERE id IN (TABLE gone)",
        ):
            await connection.execute(statement)


async def clear(store: Store) -> None:
    async with store.database.write() as connection:
        for table in ("block_relation", "block", "subscription_change", "subscription"):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608  # our own tables


@parity("PM-26")
@given(plans=st.lists(PLANNED, min_size=1, max_size=6), scope=SCOPE)
@SETTINGS
async def test_what_is_out_of_scope_is_as_if_it_did_not_exist(
    network: Store, plans: list[Planned], scope: Scope
) -> None:
    await clear(network)
    world = await build(network, plans)

    seen = await answers(network, scope, world)
    await forget_what_is_out_of(network, scope)
    alone = await answers(network, scope, world)

    assert seen == alone
