from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from bench.seeding.catalog import CATALOG
from bench.seeding.copies import Row
from bench.seeding.plan import (
    CUSTOMER_SHARES,
    FEWEST,
    IN_SYNC_SHARES,
    OPERATOR,
    PRODUCT_SHARES,
    STATUS_SHARES,
    exact_counts,
)
from bench.seeding.populate import MOST, SUBSCRIPTIONS, TABLES, made_rows, populate
from bench.seeding.workflows import REGISTRY
from domain.ids import SubscriptionId
from domain.json import JsonValue
from domain.model.lifecycle import INITIAL, SAFE_USER_STATUSES, SubscriptionStatus
from domain.model.trees.history import replay
from domain.model.trees.mapping import to_model, to_patch
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.embedded import create_database, drop_database
from domain.storage.subscriptions import SubscriptionRepository
from domain.storage.value_indexes import index_difference
from tests.postgres import PostgresServer

FEW = 2000
SAMPLE_PER_PRODUCT = 50


@pytest_asyncio.fixture(scope="module")
async def few(postgres_server: PostgresServer) -> AsyncGenerator[Database]:
    """A database with 2,000 made subscriptions."""
    name = f"few_{uuid4().hex}"
    await create_database(postgres_server.address, name)
    try:
        await populate(postgres_server.dsn(name), subscriptions=FEW)
        async with Database(postgres_server.dsn(name), read_pool_size=1, write_pool_size=1) as database:
            yield database
    finally:
        await drop_database(postgres_server.address, name, force=True)


def test_exact_counts_add_up_to_the_total_and_keep_to_the_shares() -> None:
    counts = exact_counts(10, {"half": 50, "third": 33, "rest": 17})

    assert counts == {"half": 5, "third": 3, "rest": 2}


def test_two_builds_are_equal() -> None:
    assert _rows(seed=1) == _rows(seed=1)


def test_another_seed_makes_other_rows() -> None:
    assert _rows(seed=1) != _rows(seed=2)


@pytest.mark.parametrize(
    ("query", "shares"),
    [
        (
            "SELECT name, count(*) FROM subscription JOIN product ON product.id = product_id GROUP BY 1",
            PRODUCT_SHARES,
        ),
        ("SELECT status, count(*) FROM subscription GROUP BY 1", STATUS_SHARES),
        ("SELECT customer_id, count(*) FROM subscription GROUP BY 1", CUSTOMER_SHARES),
        ("SELECT in_sync, count(*) FROM subscription GROUP BY 1", IN_SYNC_SHARES),
    ],
    ids=["product", "status", "customer", "in sync"],
)
async def test_subscriptions_have_exactly_their_shares(
    few: Database, query: str, shares: Mapping[str, float]
) -> None:
    counts = await _counted(few, query)

    assert counts == {key: count for key, count in exact_counts(FEW, shares).items() if count}


async def test_nodes_belong_to_the_operator(few: Database) -> None:
    counts = await _counted(
        few,
        "SELECT customer_id, count(*) FROM subscription JOIN product ON product.id = product_id"
        " WHERE product.model = 'Node' GROUP BY 1",
    )

    assert counts == {OPERATOR: 40}


async def test_every_relation_leads_to_a_block_and_names_its_owner_if_that_is_another(few: Database) -> None:
    wrong = await _value(
        few,
        "SELECT count(*) FROM block_relation AS relation LEFT JOIN block ON block.id = relation.child_id"
        " WHERE block.id IS NULL OR relation.owner_id IS DISTINCT FROM"
        " nullif(block.subscription_id, relation.subscription_id)",
    )

    assert wrong == 0


async def test_every_block_has_one_place_in_the_tree_of_its_owner(few: Database) -> None:
    misplaced = await _value(
        few,
        "SELECT count(*) FROM block WHERE 1 <> (SELECT count(*) FROM block_relation AS relation"
        " WHERE relation.child_id = block.id AND relation.subscription_id = block.subscription_id)",
    )
    foreign_parents = await _value(
        few,
        "SELECT count(*) FROM block_relation AS relation LEFT JOIN block ON block.id = relation.parent_id"
        " WHERE relation.parent_id IS NOT NULL"
        " AND relation.subscription_id IS DISTINCT FROM block.subscription_id",
    )

    assert (misplaced, foreign_parents) == (0, 0)


async def test_no_root_field_is_a_reference(few: Database) -> None:
    roots = await _counted(
        few,
        "SELECT owner_id IS NULL, count(*) FROM block_relation WHERE parent_id IS NULL GROUP BY 1",
    )

    assert roots == {True: FEW}


async def test_references_keep_to_the_safe_statuses(few: Database) -> None:
    async with few.writer() as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT used.status AS used, users.status AS users FROM block_relation AS relation"
            " JOIN subscription AS users ON users.id = relation.subscription_id"
            " JOIN subscription AS used ON used.id = relation.owner_id"
        )

    unsafe = [
        (row["used"], row["users"])
        for row in rows
        if SubscriptionStatus(row["users"]) not in SAFE_USER_STATUSES[SubscriptionStatus(row["used"])]
    ]
    assert unsafe == []
    assert {row["used"] for row in rows} >= set(SubscriptionStatus) - {INITIAL}


async def test_rows_keep_the_foreign_keys(few: Database) -> None:
    # They are not checked while rows are copied; a constraint that is made anew is.
    async with few.writer() as connection:
        keys = await connection.fetch(
            "SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS definition"
            " FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY ($1::text[])",
            [table.name for table in TABLES],
        )
        for key in keys:
            await connection.execute(f'ALTER TABLE "{key["table"]}" ADD {key["definition"]}')

    assert len(keys) == 10


async def test_lists_meet_ties_absent_values_and_long_descriptions(few: Database) -> None:
    async with few.writer() as connection:
        found = await connection.fetchrow(
            "SELECT count(*) - count(start_at) > 10 AS without_start, count(end_at) > 10 AS with_end,"
            " count(start_at) > count(DISTINCT start_at) AS same_start,"
            " count(*) > count(DISTINCT description) AS same_description,"
            " count(*) FILTER (WHERE char_length(description) > 100) > 1 AS long_descriptions,"
            " count(note) > 10 AS noted FROM subscription"
        )

    assert found is not None
    assert set(found.values()) == {True}


async def test_declared_values_are_indexed(few: Database) -> None:
    async with few.writer() as connection:
        difference = await index_difference(connection, CATALOG)

    assert difference.is_empty
    assert [f"{field.family.name}.{field.name}" for field in CATALOG.indexed_fields] == [
        "NodeBlock.hostname",
        "PortBlock.mtu",
        "CircuitBlock.circuit_number",
        "CircuitBlock.monthly_fee",
        "PrefixBlock.prefix",
        "VpnBlock.route_distinguisher",
        "EndpointBlock.vlan",
        "PortAttachmentBlock.vlan",
    ]


async def test_every_tree_fits_its_model_and_is_unchanged(few: Database) -> None:
    trees = await SubscriptionRepository(few).trees(Scope.all(), await _ids(few))

    patches = [to_patch(to_model(CATALOG, tree)) for tree in trees.values()]

    assert len(patches) == FEW
    assert [patch.after for patch in patches if not patch.is_empty] == []


async def test_change_records_are_what_a_first_save_writes(few: Database) -> None:
    ids = await _sample(few, per_product=10)
    trees = await SubscriptionRepository(few).trees(Scope.all(), ids)

    changes = await _changes(few, ids)

    models = [to_model(CATALOG, tree) for tree in trees.values()]
    unsaved = [type(model).model_validate(dict(model)) for model in models]
    first = {model.id: to_patch(model).after for model in unsaved}
    unchanged = {identifier: made[0].after for identifier, made in changes.items() if len(made) == 1}
    assert {identifier: first[identifier] for identifier in unchanged} == unchanged
    assert len(unchanged) > 50


async def test_change_records_replay_to_the_stored_blocks(few: Database) -> None:
    ids = await _sample(few, per_product=10)
    trees = await SubscriptionRepository(few).trees(Scope.all(), ids)

    changes = await _changes(few, ids)

    assert len(changes) == 10 * len(CATALOG.products)
    for subscription_id, tree in trees.items():
        version = replay(changes[subscription_id])
        assert version.version == tree.subscription.version
        assert set(version.relations) <= set(tree.relations)
        assert {block.id: block for block in version.blocks} == {
            block.id: block for block in tree.blocks if block.subscription_id == subscription_id
        }


async def test_processes_are_of_every_workflow_and_have_the_steps_that_they_had(few: Database) -> None:
    async with few.writer() as connection:
        rows = await connection.fetch("SELECT DISTINCT workflow, fingerprint, target, is_task FROM process")
    steps = await _value(
        few,
        "SELECT count(*) FROM process WHERE status = 'COMPLETED' AND json_array_length(steps)"
        " <> (SELECT count(*) FROM process_step WHERE process_id = id AND process_step.status = 'SUCCESS')",
    )

    assert {tuple(row) for row in rows} == {
        (workflow.name, workflow.fingerprint, workflow.target, workflow.is_task)
        for workflow in REGISTRY.workflows
    }
    assert steps == 0


async def test_every_status_of_a_process_is_met_but_the_passing_ones(few: Database) -> None:
    counts = await _counted(few, "SELECT status, count(*) FROM process GROUP BY 1")

    assert sum(counts.values()) == FEW
    assert counts.keys() >= {"COMPLETED", "FAILED", "SUSPENDED", "ABORTED", "AWAITING_CALLBACK"}


async def test_what_is_not_over_holds_its_subscription_and_nothing_else_does(few: Database) -> None:
    holders = await _ids_of(few, "SELECT held_by FROM subscription WHERE NOT in_sync")
    going = await _ids_of(
        few,
        "SELECT id FROM process WHERE status NOT IN ('COMPLETED', 'ABORTED') AND target <> 'SYSTEM'",
    )

    assert holders == going
    assert len(holders) == exact_counts(FEW, IN_SYNC_SHARES)[False]


async def test_what_a_process_made_or_changed_names_it(few: Database) -> None:
    counts = await _counted(
        few,
        "SELECT target || ' ' || subscription_change.version, count(*) FROM subscription_change JOIN process"
        " ON process.id = process_id JOIN process_subscription AS link"
        " ON link.process_id = process.id AND link.subscription_id = subscription_change.subscription_id"
        " GROUP BY 1",
    )

    assert set(counts) == {"CREATE 1", "MODIFY 2"}
    assert sum(counts.values()) == await _value(
        few, "SELECT count(*) FROM subscription_change WHERE process_id IS NOT NULL"
    )


async def test_the_events_of_a_process_lead_to_its_version(few: Database) -> None:
    astray = await _value(
        few,
        "SELECT count(*) FROM process WHERE status NOT IN ('COMPLETED', 'ABORTED')"
        " AND version <> (SELECT max(event.version) FROM event WHERE process_id = id)",
    )

    assert astray == 0


async def test_the_large_database_has_copies_that_differ_in_what_has_to_differ(
    seeded_database: Database,
) -> None:
    async with seeded_database.writer() as connection:
        found = await connection.fetchrow(
            "SELECT count(*) = count(DISTINCT values->>'circuit_number') AS circuits,"
            " (SELECT count(*) FROM process) AS processes,"
            " (SELECT count(*) FROM subscription WHERE strpos(description, '~') > 0) AS marks,"
            " (SELECT count(*) FROM subscription WHERE start_at < created_at) AS too_early"
            " FROM block WHERE block = 'CircuitBlock' AND values ? 'circuit_number'"
        )

    assert found is not None
    assert dict(found) == {"circuits": True, "processes": SUBSCRIPTIONS, "marks": 0, "too_early": 0}


async def test_a_sample_of_the_large_database_fits_its_models(seeded_database: Database) -> None:
    ids = await _sample(seeded_database, per_product=SAMPLE_PER_PRODUCT)

    trees = await SubscriptionRepository(seeded_database).trees(Scope.all(), ids)
    models = [to_model(CATALOG, tree) for tree in trees.values()]

    assert Counter(model.product for model in models) == dict.fromkeys(PRODUCT_SHARES, SAMPLE_PER_PRODUCT)
    assert await _value(seeded_database, "SELECT count(*) FROM subscription") == SUBSCRIPTIONS


async def test_sessions_of_the_large_database_only_read(seeded_database: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with seeded_database.write() as connection:
            await connection.execute("UPDATE subscription SET note = NULL")


async def test_a_database_that_has_subscriptions_is_refused(few: Database) -> None:
    with pytest.raises(ValueError, match="found subscriptions in the database, expected an empty one"):
        await populate(few.dsn, subscriptions=FEWEST)

    assert await _value(few, "SELECT count(*) FROM subscription") == FEW


@pytest.mark.parametrize("number", [FEWEST - 1, MOST + 1])
async def test_too_few_and_too_many_subscriptions_are_refused(database_dsn: str, number: int) -> None:
    expected = f"found {number} subscriptions to make, expected at least {FEWEST} and at most {MOST}"

    with pytest.raises(ValueError, match=expected):
        await populate(database_dsn, subscriptions=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A change record, as it is stored."""

    subscription_id: SubscriptionId
    version: int
    at: datetime
    after: JsonValue


def _rows(*, seed: int) -> dict[str, list[Row]]:
    products = {product.name: UUID(int=number) for number, product in enumerate(CATALOG.products)}
    rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    for chunk in made_rows(FEW, seed=seed, products=products):
        for table, more in chunk.items():
            rows[table] += more
    return rows


async def _counted(database: Database, query: str) -> dict[object, int]:
    async with database.writer() as connection:
        return {row[0]: row[1] for row in await connection.fetch(query)}


async def _value(database: Database, query: str) -> int:
    async with database.writer() as connection:
        return await connection.fetchval(query)


async def _ids_of(database: Database, query: str) -> set[UUID]:
    async with database.writer() as connection:
        return {row[0] for row in await connection.fetch(query)}


async def _ids(database: Database) -> list[SubscriptionId]:
    async with database.writer() as connection:
        rows = await connection.fetch("SELECT id FROM subscription ORDER BY id")
    return [SubscriptionId(row["id"]) for row in rows]


async def _sample(database: Database, *, per_product: int) -> list[SubscriptionId]:
    """Some subscriptions of every product, spread over the others by the noise in their ids."""
    async with database.writer() as connection:
        rows = await connection.fetch(
            "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY product_id ORDER BY md5(id::text))"
            " AS place FROM subscription) AS placed WHERE place <= $1",
            per_product,
        )
    return [SubscriptionId(row["id"]) for row in rows]


async def _changes(database: Database, ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, list[_Change]]:
    async with database.writer() as connection:
        rows = await connection.fetch(
            "SELECT subscription_id, version, at, after FROM subscription_change"
            " WHERE subscription_id = ANY ($1::uuid[]) ORDER BY version",
            list(ids),
        )
    changes: dict[SubscriptionId, list[_Change]] = {}
    for row in rows:
        changes.setdefault(SubscriptionId(row["subscription_id"]), []).append(_Change(**row))
    return changes
