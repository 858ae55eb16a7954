"""What lists are filtered by: every operator on every kind of value, and what is refused."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv6Interface
from typing import Any

import pytest

from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import ACTIVE, INITIAL
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage.listing.filters import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_IN_VALUES,
    And,
    BlockFilter,
    FieldFilter,
    FilterTooSlow,
    InvalidFilter,
    Not,
    Operator,
    Or,
    Quantifier,
    ValueFilter,
    Where,
)
from domain.storage.listing.paging import PageRequest
from domain.storage.saving.checks import checked_scalar
from domain.storage.subscriptions import SubscriptionRepository
from tests.domain.circuits import (
    Circuit,
    FibreHop,
    RecordBlock,
    TreeBlock,
    WaveHop,
    WaveHopInactive,
    new_circuit,
)
from tests.domain.sample import (
    CUSTOMER,
    OTHER_CUSTOMER,
    Media,
    Node,
    NodeBlockInactive,
    NodeInactive,
    PortBlockInactive,
    new_node,
)
from tests.domain.storage.conftest import Store
from tests.parity import parity
from tests.postgres import StatementLog
from tests.waiting import eventually

WEST, EAST = timezone(timedelta(hours=-1)), timezone(timedelta(hours=1))
EQ, IN, LT, LTE, GT, GTE = (Operator(name) for name in ("eq", "in", "lt", "lte", "gt", "gte"))
IS_NULL, CONTAINS, STARTS_WITH = Operator.IS_NULL, Operator.CONTAINS, Operator.STARTS_WITH
SOME, EVERY, NONE = Quantifier
NODES = Node.family()


async def names(
    store: Store, where: Where, *, scope: Scope | None = None, family: ModelFamily[Any] | None = None
) -> list[str]:
    """The descriptions of what a filter lets pass, sorted; counted as well."""
    scope = scope or Scope.all()
    page = await store.subscriptions.page(scope, request=PageRequest(first=100), where=where, family=family)
    assert await store.subscriptions.count(scope, where, family=family) == len(page.rows)
    return sorted(record.description for record in page.rows)


async def saved(store: Store, **nodes: SubscriptionModel) -> None:
    for name, node in nodes.items():
        node.description = name
    await store.save(*nodes.values())


def node_with(*ports: PortBlockInactive, **values: Any) -> NodeInactive:
    node = new_node()
    for name, value in values.items():
        setattr(node.node, name, value)
    node.node.ports = list(ports)
    return node


def of_node(where: Any, quantifier: Quantifier = SOME) -> BlockFilter:
    return BlockFilter("node", quantifier, where)


JANUARY = datetime(2024, 1, 1, tzinfo=UTC)
VALUES: list[tuple[str, Any, Any, Any]] = [
    ("name", "Amber", "b%_\\", "z" * 300),
    ("rack", "R1", "R10", "R2"),
    ("price", Decimal("-1.50"), Decimal(2), Decimal("10.01")),
    ("weight_kg", 0.25, 3.0, 1e20),
    (
        "installed_at",
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 2, 1, tzinfo=UTC),
        datetime(2024, 11, 1, tzinfo=UTC),
    ),
]


@parity("PM-06")
@pytest.mark.parametrize(("field", "low", "middle", "high"), VALUES, ids=[case[0] for case in VALUES])
async def test_values_compare_by_their_type(
    store: Store, field: str, low: object, middle: object, high: object
) -> None:
    await saved(
        store,
        low=node_with(**{field: low}),
        middle=node_with(**{field: middle}),
        high=node_with(**{field: high}),
    )

    async def found(operator: Operator, value: object) -> list[str]:
        return await names(store, of_node(ValueFilter(field, operator, value)), family=NODES)

    assert await found(EQ, middle) == ["middle"]
    assert await found(IN, [low, high]) == ["high", "low"]
    assert await found(IN, []) == []
    assert await found(LT, middle) == ["low"]
    assert await found(LTE, middle) == ["low", "middle"]
    assert await found(GT, middle) == ["high"]
    assert await found(GTE, high) == ["high"]
    assert await found(IS_NULL, False) == ["high", "low", "middle"]


async def test_what_is_absent_satisfies_only_negations(store: Store) -> None:
    await saved(store, empty=node_with(rack=None), full=node_with(rack="R1"))
    one = of_node(ValueFilter("rack", EQ, "R1"))
    other = of_node(ValueFilter("rack", EQ, "R2"))

    assert await names(store, one, family=NODES) == ["full"]
    assert await names(store, Not(one), family=NODES) == ["empty"]
    assert await names(store, Not(other), family=NODES) == ["empty", "full"]
    assert await names(store, of_node(Not(ValueFilter("rack", LT, "Z"))), family=NODES) == ["empty"]
    assert await names(store, of_node(ValueFilter("rack", IS_NULL, True)), family=NODES) == ["empty"]
    assert await names(store, Or(()), family=NODES) == []
    assert await names(store, And(()), family=NODES) == ["empty", "full"]


async def test_closed_sets_networks_and_ids_compare_for_equality(store: Store) -> None:
    loopback = IPv6Interface("2001:db8::1/64")
    await saved(
        store,
        copper=node_with(PortBlockInactive.new(media=Media.COPPER), loopback=loopback, redundant=True),
        fibre=node_with(PortBlockInactive.new(media=Media.FIBRE)),
    )

    async def found(where: Any) -> list[str]:
        return await names(store, of_node(where), family=NODES)

    assert await found(BlockFilter("ports", SOME, ValueFilter("media", EQ, Media.COPPER))) == ["copper"]
    assert await found(BlockFilter("ports", SOME, ValueFilter("media", IN, ["fibre"]))) == ["fibre"]
    assert await found(ValueFilter("loopback", EQ, loopback)) == ["copper"]
    assert await found(ValueFilter("redundant", EQ, True)) == ["copper"]


async def test_texts_are_searched_as_they_are_written(store: Store) -> None:
    await saved(
        store,
        percent=node_with(name="100%_\\x"),
        plain=node_with(name="100 Gbit"),
        accent=node_with(name="É\ud7ffx"),
    )

    async def found(operator: Operator, value: str) -> list[str]:
        return await names(store, of_node(ValueFilter("name", operator, value)), family=NODES)

    assert await found(CONTAINS, "%") == ["percent"]
    assert await found(CONTAINS, "_\\") == ["percent"]
    assert await found(CONTAINS, "gBIT") == ["plain"]
    assert await found(CONTAINS, "É") == ["accent"]
    assert await found(CONTAINS, "é") == []
    assert await found(CONTAINS, "") == ["accent", "percent", "plain"]
    assert await found(STARTS_WITH, "100") == ["percent", "plain"]
    assert await found(STARTS_WITH, "100%") == ["percent"]
    assert await found(STARTS_WITH, "100 g") == []
    assert await found(STARTS_WITH, "É\ud7ff") == ["accent"]
    assert await found(STARTS_WITH, "\U0010ffff") == []
    assert await found(STARTS_WITH, "") == ["accent", "percent", "plain"]


async def test_long_texts_are_told_apart_beyond_what_an_index_holds(store: Store) -> None:
    stem = "x" * 250
    await saved(store, a=node_with(name=stem + "a"), b=node_with(name=stem + "b"), short=node_with(name="x"))

    async def found(operator: Operator, value: object) -> list[str]:
        return await names(store, of_node(ValueFilter("name", operator, value)), family=NODES)

    assert await found(EQ, stem + "a") == ["a"]
    assert await found(IN, [stem + "b", "x"]) == ["b", "short"]
    assert await found(LT, stem + "b") == ["a", "short"]
    assert await found(GT, stem + "a") == ["b"]
    assert await found(GTE, stem + "a") == ["a", "b"]
    assert await found(STARTS_WITH, stem + "a") == ["a"]


async def test_blocks_and_items_are_counted_by_quantifier(store: Store) -> None:
    def port(speed: int | None, *vlans: int) -> PortBlockInactive:
        return PortBlockInactive.new(speed=speed, vlans=list(vlans), label=f"port {speed}")

    await saved(
        store,
        none=node_with(),
        slow=node_with(port(1, 7), port(2)),
        mixed=node_with(port(1, 7, 8), port(10, 7)),
        fast=node_with(port(10, 9), port(2**70)),
    )

    async def found(quantifier: Quantifier, where: Any) -> list[str]:
        return await names(store, of_node(BlockFilter("ports", quantifier, where)), family=NODES)

    fast = ValueFilter("speed", GTE, 10)
    assert await found(SOME, fast) == ["fast", "mixed"]
    assert await found(EVERY, fast) == ["fast", "none"]
    assert await found(NONE, fast) == ["none", "slow"]
    assert await found(SOME, ValueFilter("speed", EQ, 2**70)) == ["fast"]
    assert await found(SOME, ValueFilter("vlans", EQ, 8, SOME)) == ["mixed"]
    assert await found(SOME, ValueFilter("vlans", GT, 7, EVERY)) == ["fast", "slow"]
    assert await found(EVERY, ValueFilter("vlans", IN, [7, 8], NONE)) == ["fast", "none"]
    assert await found(SOME, ValueFilter("label", STARTS_WITH, "port 10")) == ["fast", "mixed"]
    assert await found(SOME, ValueFilter("label", CONTAINS, "ORT 2")) == ["slow"]


async def test_every_column_of_a_subscription_can_be_filtered_by(store: Store) -> None:
    mine, theirs = new_node(), new_node(customer=OTHER_CUSTOMER)
    await saved(store, mine=mine, theirs=theirs)
    async with store.database.write() as connection:
        await connection.execute(
            "UPDATE subscription SET note = 'Call first', start_at = $2, status = 'ACTIVE' WHERE id = $1",
            mine.id,
            datetime(2024, 5, 1, tzinfo=UTC),
        )
        await connection.execute("UPDATE subscription SET in_sync = false WHERE id = $1", theirs.id)

    async def found(field: str, operator: Operator, value: object) -> list[str]:
        return await names(store, FieldFilter(field, operator, value))

    assert await found("id", EQ, mine.id) == ["mine"]
    assert await found("customer_id", STARTS_WITH, "customer-2") == ["theirs"]
    assert await found("status", EQ, ACTIVE) == ["mine"]
    assert await found("status", IN, [INITIAL, "ACTIVE"]) == ["mine", "theirs"]
    assert await found("description", CONTAINS, "IN") == ["mine"]
    assert await found("description", GT, "n") == ["theirs"]
    assert await found("note", CONTAINS, "call") == ["mine"]
    assert await found("note", IS_NULL, True) == ["theirs"]
    assert await found("in_sync", EQ, True) == ["mine"]
    assert await found("held_by", IS_NULL, True) == ["mine", "theirs"]
    assert await found("version", LT, 2**80) == ["mine", "theirs"]
    assert await found("start_at", EQ, datetime(2024, 5, 1, tzinfo=UTC)) == ["mine"]
    assert await found("start_at", GT, datetime(2020, 5, 1, tzinfo=UTC)) == ["mine"]
    assert await found("start_at", LT, datetime(2025, 5, 1, tzinfo=UTC)) == ["mine"]
    assert await found("end_at", IS_NULL, False) == []
    assert await found("created_at", GT, datetime(2020, 5, 1, tzinfo=UTC)) == ["mine", "theirs"]
    assert await found("modified_at", LT, datetime(2020, 5, 1, tzinfo=UTC)) == []
    assert await found("product_name", EQ, "Small node") == ["mine", "theirs"]
    assert await found("product_type", IN, ["Other"]) == []
    assert await found("product_tag", STARTS_WITH, "NO") == ["mine", "theirs"]


async def test_references_and_unions_are_filtered_through(network: Store) -> None:
    node = new_node()
    node.node.uplink.speed = 7
    await saved(network, node=node)
    port = await network.load(node.id)
    assert isinstance(port, NodeInactive)
    fibre, wave = new_circuit(port.node.uplink), new_circuit()
    fibre.circuit.backup = FibreHop.new(length_m=2.5, cost=1)
    wave.circuit.backup = WaveHopInactive.new(colour=4)
    wave.circuit.hops = [FibreHop.new(length_m=9.5, cost=5)]
    wave.circuit.extras = [TreeBlock.new(name="tree"), RecordBlock.new(text="record", on=date(2024, 2, 3))]
    await saved(network, fibre=fibre, wave=wave)

    async def found(where: Any) -> list[str]:
        return await names(network, BlockFilter("circuit", SOME, where), family=Circuit.family())

    def through(speed: int) -> BlockFilter:
        inner = BlockFilter("port", SOME, ValueFilter("speed", EQ, speed))
        return BlockFilter("endpoints", SOME, inner)

    assert await found(through(7)) == ["fibre"]
    assert await found(through(8)) == []
    assert await found(BlockFilter("backup", SOME, ValueFilter("cost", EQ, 1))) == ["fibre"]
    assert await found(BlockFilter("backup", SOME, ValueFilter("colour", EQ, 4))) == ["wave"]
    assert await found(BlockFilter("backup", NONE, And(()), WaveHop.family())) == ["fibre"]
    assert await found(BlockFilter("hops", SOME, ValueFilter("cost", GT, 4))) == ["wave"]
    assert await found(BlockFilter("hops", SOME, ValueFilter("length_m", GT, 9.0), FibreHop.family())) == [
        "wave"
    ]
    record = ValueFilter("on", LT, date(2024, 3, 1))
    assert await found(BlockFilter("extras", SOME, record, RecordBlock.family())) == ["wave"]


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (FieldFilter("password", EQ, "a"), "password"),
        (FieldFilter("status", EQ, "active"), "status"),
        (FieldFilter("status", LT, ACTIVE), "status"),
        (FieldFilter("version", EQ, True), "version"),
        (FieldFilter("in_sync", EQ, 1), "in_sync"),
        (FieldFilter("start_at", LT, datetime(2024, 1, 1)), "start_at"),  # noqa: DTZ001
        (FieldFilter("start_at", LT, datetime.max.replace(tzinfo=WEST)), "start_at"),
        (FieldFilter("created_at", EQ, datetime.min.replace(tzinfo=EAST)), "created_at"),
        (FieldFilter("customer_id", EQ, 10**5000), "customer_id"),
        (FieldFilter("note", IS_NULL, None), "note"),
        (FieldFilter("note", CONTAINS, "\x00"), "note"),
        (FieldFilter("description", EQ, "\ud800"), "description"),
        (FieldFilter("customer_id", IN, "customer-1"), "customer_id"),
        (FieldFilter("version", IN, range(3)), "version"),
        (FieldFilter("customer_id", IN, ["a"] * (MAX_IN_VALUES + 1)), "customer_id"),
        (BlockFilter("port", SOME, And(())), "port"),
        (of_node(ValueFilter("colour", EQ, 1)), "node.colour"),
        (of_node(ValueFilter("name", EQ, 1)), "node.name"),
        (of_node(ValueFilter("name", EQ, None)), "node.name"),
        (of_node(ValueFilter("price", EQ, "1")), "node.price"),
        (of_node(BlockFilter("uplink", SOME, ValueFilter("speed", EQ, 10**5000))), "node.uplink.speed"),
        (of_node(ValueFilter("price", EQ, Decimal("NaN"))), "node.price"),
        (of_node(ValueFilter("price", EQ, Decimal("1E+20000"))), "node.price"),
        (of_node(ValueFilter("weight_kg", EQ, float("inf"))), "node.weight_kg"),
        (of_node(ValueFilter("redundant", GT, False)), "node.redundant"),
        (of_node(ValueFilter("loopback", LT, IPv6Interface("::1/64"))), "node.loopback"),
        (of_node(ValueFilter("loopback", EQ, "::1/64")), "node.loopback"),
        (of_node(ValueFilter("weight_kg", CONTAINS, "1")), "node.weight_kg"),
        (of_node(ValueFilter("name", EQ, "a", SOME)), "node.name"),
        (of_node(BlockFilter("uplink", SOME, ValueFilter("vlans", EQ, 1))), "node.uplink.vlans"),
        (of_node(BlockFilter("uplink", SOME, ValueFilter("media", EQ, "wood"))), "node.uplink.media"),
        (of_node(BlockFilter("rack", SOME, And(()))), "node.rack"),
        (of_node(BlockFilter("uplink", SOME, And(()), NodeBlockInactive.family())), "node.uplink"),
    ],
)
async def test_what_the_models_do_not_have_is_refused_before_any_statement(
    store: Store, statements: StatementLog, where: Where, field: str
) -> None:
    with statements.recorded() as executed, pytest.raises(InvalidFilter) as refused:
        await store.subscriptions.count(Scope.all(), where, family=NODES)

    assert refused.value.field == field
    assert len(executed) == 0


async def test_conditions_on_blocks_need_a_model(store: Store) -> None:
    with pytest.raises(InvalidFilter, match="expected a list of the subscriptions of one model"):
        await store.subscriptions.count(Scope.all(), of_node(And(())))


def nested(levels: int) -> Where:
    where: Where = FieldFilter("description", EQ, "node")
    for _ in range(levels - 1):
        where = And((where,))
    return where


async def test_a_filter_has_a_size(store: Store) -> None:
    await saved(store, node=new_node())
    one = FieldFilter("description", EQ, "node")

    assert await names(store, nested(MAX_DEPTH)) == ["node"]
    assert await names(store, And((one,) * (MAX_CONDITIONS - 1))) == ["node"]
    assert await names(store, FieldFilter("description", IN, ["node"] * MAX_IN_VALUES)) == ["node"]
    with pytest.raises(InvalidFilter):
        await names(store, nested(MAX_DEPTH + 1))
    with pytest.raises(InvalidFilter):
        await names(store, And((one,) * MAX_CONDITIONS))


async def test_values_of_another_type_count_as_absent(store: Store) -> None:
    """What was stored before a field changed its type neither matches nor breaks a filter."""
    await saved(store, number=node_with(price=Decimal(5)), drifted=node_with(price=Decimal(5)))
    async with store.database.write() as connection:
        await connection.execute(
            """
            UPDATE block SET values = values || '{"price": "1E999999", "weight_kg": "heavy"}'
            WHERE block = 'NodeBlock' AND subscription_id = (
                SELECT id FROM subscription WHERE description = 'drifted'
            )
            """
        )

    assert await names(store, of_node(ValueFilter("price", GTE, -1)), family=NODES) == ["number"]
    assert await names(store, of_node(ValueFilter("weight_kg", LT, 1.0)), family=NODES) == []


@pytest.mark.parametrize("limit_s", [0.001])
async def test_a_slow_filter_is_given_up_and_leaves_nothing_behind(store: Store, limit_s: float) -> None:
    await saved(store, node=new_node())
    async with store.database.write() as connection:
        await connection.execute(
            """
            INSERT INTO block (id, subscription_id, block, values)
            SELECT gen_random_uuid(), subscription.id, 'PortBlock',
                jsonb_build_object('vlans', jsonb_build_array(number))
            FROM subscription, generate_series(1, 100000) AS number
            """
        )
        await connection.execute(
            """
            INSERT INTO block_relation (subscription_id, parent_id, attribute, position, child_id)
            SELECT block.subscription_id, node.id, 'ports', 10 + row_number() OVER (), block.id
            FROM block, block AS node
            WHERE block.block = 'PortBlock' AND node.block = 'NodeBlock'
            """
        )
    reads = SubscriptionRepository(store.database, filter_limit_s=limit_s)
    where = of_node(BlockFilter("ports", SOME, ValueFilter("vlans", EQ, -1, SOME)))

    with pytest.raises(FilterTooSlow) as given_up:
        await reads.count(Scope.all(), where, family=NODES)

    async def nothing_runs() -> bool:
        async with store.database.writer() as connection:
            return await connection.fetchval(
                "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND state = 'active' AND pid <> pg_backend_pid())"
            )

    assert given_up.value.limit_s == limit_s
    await eventually(nothing_runs)
    assert [await store.subscriptions.count(Scope.all()) for _ in range(8)] == [1] * 8


@parity("PM-26")
async def test_a_filter_does_not_see_blocks_out_of_scope(network: Store) -> None:
    """A reference to a block out of scope is as if it did not exist."""
    node = new_node(customer=OTHER_CUSTOMER)
    await saved(network, node=node)
    loaded = await network.load(node.id)
    assert isinstance(loaded, NodeInactive)
    await saved(network, circuit=new_circuit(loaded.node.uplink, customer=CUSTOMER))

    def through(quantifier: Quantifier) -> Where:
        inner = BlockFilter("port", quantifier, ValueFilter("speed", EQ, 10**10))
        return BlockFilter("circuit", SOME, BlockFilter("endpoints", SOME, inner))

    async def found(quantifier: Quantifier, scope: Scope) -> Sequence[str]:
        return await names(network, through(quantifier), scope=scope, family=Circuit.family())

    assert await found(SOME, Scope.all()) == ["circuit"]
    assert await found(SOME, Scope.of(CUSTOMER)) == []
    assert await found(NONE, Scope.of(CUSTOMER)) == ["circuit"]
    assert await found(EVERY, Scope.of(CUSTOMER)) == ["circuit"]


def test_a_number_that_cannot_be_compared_is_no_choice() -> None:
    grade = RecordBlock.structure().scalars["grade"].scalar

    with pytest.raises(InvalidFilter) as refused:
        checked_scalar(grade, Decimal("sNaN"), "grade")

    assert (refused.value.field, refused.value.expected) == ("grade", "one of 1, 3")
