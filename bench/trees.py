"""Loading and saving a subscription with 50 blocks, on an embedded PostgreSQL with full durability.

The yardstick, measured in turn with it on the same database: a connection that does the least SQL for the
same rows, with every value prepared beforehand and nothing checked. `python -m bench.trees --rounds 200`
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Annotated, Final
from uuid import UUID

import asyncpg
import typer

from bench.seeding.catalog import (
    CATALOG,
    CORE_NODE,
    CardBlock,
    NodeBlockInactive,
    NodeInactive,
    TransceiverBlock,
)
from bench.seeding.plan import FEWEST, OPERATOR
from bench.seeding.populate import populate
from bench.throughput import durable_postgres
from domain.ids import SubscriptionId
from domain.json import decode, encode
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model, to_patch
from domain.model.trees.patch import SubscriptionPatch
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.embedded import EmbeddedPostgres, ensure_database
from domain.storage.saving.saves import AuthoredPatch, ChangeAuthor, save_all
from domain.storage.subscriptions import SubscriptionRepository

TREES: Final = 100
CARDS: Final = 7
TRANSCEIVERS: Final = 6
BLOCKS: Final = 1 + CARDS + CARDS * TRANSCEIVERS

_AUTHOR = ChangeAuthor(actor="bench")

_LOAD = """
SELECT
    subscription.*, product.name,
    (
        SELECT json_agg(json_build_array(id, block, label, values)) FROM block
        WHERE subscription_id = subscription.id
    ) AS blocks,
    (
        SELECT json_agg(json_build_array(parent_id, attribute, position, child_id)) FROM block_relation
        WHERE subscription_id = subscription.id
    ) AS relations
FROM subscription JOIN product ON product.id = subscription.product_id
WHERE subscription.id = ANY ($1::uuid[])
"""
_UPDATE_SUBSCRIPTION = """
WITH updated AS (
    UPDATE subscription SET version = version + 1, modified_at = now() WHERE id = $1 RETURNING id, version
)
INSERT INTO subscription_change (subscription_id, version, actor, at, before, after)
SELECT id, version, 'bench', now(), $2, $3 FROM updated
"""
_UPDATE_BLOCKS = """
UPDATE block SET values = incoming.stored::jsonb
FROM unnest($1::uuid[], $2::text[]) AS incoming (id, stored)
WHERE block.id = incoming.id
"""

Work = Callable[[], Awaitable[object]]


def main(rounds: Annotated[int, typer.Option(min=10)] = 200) -> None:
    """Print the medians of loading and saving beside those of the yardstick."""
    with durable_postgres() as server:
        asyncio.run(measure(server, rounds=rounds))


async def measure(server: EmbeddedPostgres, *, rounds: int) -> None:
    """Make the trees, then take the times in turn and print them."""
    await ensure_database(server.dsn(), "bench")
    dsn = server.dsn("bench")
    await populate(dsn, subscriptions=FEWEST)
    raw = await asyncpg.connect(dsn)
    try:
        async with Database(dsn, read_pool_size=1, write_pool_size=1) as database:
            floor = Floor(database, await made_trees(database))
            yardstick = Yardstick(raw)
            await raw.execute("VACUUM ANALYZE")
            await compare_loads(floor, yardstick, rounds=rounds)
            await compare_saves(floor, yardstick, rounds=rounds)
    finally:
        await raw.close()


async def compare_loads(floor: "Floor", yardstick: "Yardstick", *, rounds: int) -> None:
    """Time loading one tree, and all at once."""
    one, everything = floor.ids[:1], floor.ids
    single, batch = Comparison(), Comparison()
    for _ in range(rounds):
        await single.take(lambda: floor.load(one), lambda: yardstick.load(one))
    for _ in range(max(rounds // 10, 5)):
        await batch.take(lambda: floor.load(everything), lambda: yardstick.load(everything))
    single.show(f"load a tree of {BLOCKS} blocks")
    batch.show(f"load {TREES} trees at once, each", per=TREES)
    reading = await timed_median(lambda: floor.read(one), rounds)
    print(f"    of a load, reading rows without building the model: {reading * 1000:.2f} ms")


async def compare_saves(floor: "Floor", yardstick: "Yardstick", *, rounds: int) -> None:
    """Time saving a tree of which one block changed, and one of which all did."""
    for changed, title in ((1, "save a tree, 1 block changed"), (BLOCKS, f"save a tree, {BLOCKS} changed")):
        comparison, patching = Comparison(), list[float]()
        for number in range(rounds):
            model = await floor.changed(floor.ids[0], changed, number)
            other = to_patch(await floor.changed(floor.ids[1], changed, number))
            prepared = PreparedSave(other)
            patching.append(await timed(lambda model=model: _patch(model)))
            await comparison.take(
                lambda model=model: floor.save(model), lambda prepared=prepared: yardstick.save(prepared)
            )
        comparison.show(title)
        print(f"    of a save, making the patch: {median(patching) * 1000:.2f} ms")


async def _patch(model: SubscriptionModel) -> SubscriptionPatch:
    return to_patch(model)


class Floor:
    """What a step does: through repository, models and patches."""

    def __init__(self, database: Database, ids: Sequence[SubscriptionId]) -> None:
        self.ids = ids
        self._database = database
        self._repository = SubscriptionRepository(database)

    async def read(self, ids: Sequence[SubscriptionId]) -> None:
        """Read the stored trees."""
        await self._repository.trees(Scope.all(), ids)

    async def load(self, ids: Sequence[SubscriptionId]) -> list[SubscriptionModel]:
        """Read the stored trees and build their models."""
        trees = await self._repository.trees(Scope.all(), ids)
        return [to_model(CATALOG, tree) for tree in trees.values()]

    async def changed(self, subscription_id: SubscriptionId, blocks: int, number: int) -> SubscriptionModel:
        """A loaded subscription of which some blocks are changed."""
        (model,) = await self.load([subscription_id])
        assert isinstance(model, NodeInactive)
        transceivers = [each for card in model.node.cards for each in card.transceivers]
        for transceiver in transceivers[:blocks]:
            transceiver.serial = f"S{number:06}"
        for card in model.node.cards[: max(blocks - len(transceivers), 0)]:
            card.slot = number
        if blocks == BLOCKS:
            model.node.site = f"site-{number}"
        return model

    async def save(self, model: SubscriptionModel) -> None:
        """Write what changed."""
        change = AuthoredPatch(patch=to_patch(model), author=_AUTHOR)
        async with self._database.write() as connection:
            outcomes = await save_all(connection, [change])
        assert isinstance(outcomes[model.id], int), outcomes


class PreparedSave:
    """The rows of a patch, ready to be sent."""

    def __init__(self, patch: SubscriptionPatch) -> None:
        self.subscription_id = patch.subscription_id
        self.before = encode(patch.before)
        self.after = encode(patch.after)
        self.block_ids: list[UUID] = [block.id for block in patch.blocks_written]
        self.values = [encode(dict(block.values)) for block in patch.blocks_written]


class Yardstick:
    """The least SQL for the same rows."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def load(self, ids: Sequence[SubscriptionId]) -> None:
        """Read the rows and parse their JSON."""
        for row in await self._connection.fetch(_LOAD, ids):
            decode(row["blocks"])
            decode(row["relations"])

    async def save(self, prepared: PreparedSave) -> None:
        """Write the rows in one transaction."""
        async with self._connection.transaction():
            await self._connection.execute(
                _UPDATE_SUBSCRIPTION, prepared.subscription_id, prepared.before, prepared.after
            )
            await self._connection.execute(_UPDATE_BLOCKS, prepared.block_ids, prepared.values)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Times of the floor and of the yardstick, taken in turn."""

    floor_s: list[float] = field(default_factory=list[float])
    yardstick_s: list[float] = field(default_factory=list[float])

    async def take(self, floor: Work, yardstick: Work) -> None:
        """Time both; who begins alternates."""
        if len(self.floor_s) % 2:
            self.floor_s.append(await timed(floor))
            self.yardstick_s.append(await timed(yardstick))
        else:
            self.yardstick_s.append(await timed(yardstick))
            self.floor_s.append(await timed(floor))

    def show(self, title: str, *, per: int = 1) -> None:
        """Print medians, and the median of the ratios pair by pair with its quartiles."""
        ratios = [floor / least for floor, least in zip(self.floor_s, self.yardstick_s, strict=True)]
        low, middle, high = quantiles(ratios, n=4)
        print(
            f"{title:36} {median(self.floor_s) / per * 1000:7.2f} ms, yardstick"
            f" {median(self.yardstick_s) / per * 1000:6.2f} ms, ratio {middle:5.2f} ({low:.2f}-{high:.2f})"
        )


async def timed(work: Work) -> float:
    """The seconds that some work takes."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def timed_median(work: Work, rounds: int) -> float:
    """The median of the seconds that some work takes."""
    return median([await timed(work) for _ in range(rounds)])


async def made_trees(database: Database) -> list[SubscriptionId]:
    """Save the subscriptions to work with."""
    models = [_tree(number) for number in range(TREES)]
    changes = [AuthoredPatch(patch=to_patch(model), author=_AUTHOR) for model in models]
    async with database.write() as connection:
        await save_all(connection, changes)
    return [model.id for model in models]


def _tree(number: int) -> NodeInactive:
    cards = [
        CardBlock.new(
            slot=slot,
            transceivers=[
                TransceiverBlock.new(serial=f"{number}-{slot}-{position}", wavelength_nm=1550.12)
                for position in range(TRANSCEIVERS)
            ],
        )
        for slot in range(CARDS)
    ]
    node = NodeBlockInactive.new(hostname=f"node-{number}", vendor="acme", site="site-01", cards=cards)
    return NodeInactive.new(product=CORE_NODE, customer_id=OPERATOR, node=node)


if __name__ == "__main__":
    typer.run(main)
