"""Loaders: one per access path, each of which gathers the keys of one operation into one statement.

They remember what they have read, so they live as long as one operation, or one event of a subscription.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from strawberry.dataloader import DataLoader

from domain.ids import BlockId, CustomerId, ProcessId, ProductBlockId, ProductId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.tree import SubscriptionRecord, Tree
from domain.storage.annotation_reads import (
    AnnotationRepository,
    CustomerDescriptionRecord,
    MetadataRecord,
)
from domain.storage.changes import ChangeRecord, ChangeRepository
from domain.storage.database import Database
from domain.storage.product_blocks import ProductBlockRecord, ProductBlockRepository
from domain.storage.product_subscriptions import ProductSubscriptionRepository, StatusCount
from domain.storage.products import ProductRecord, ProductRepository
from domain.storage.related import BlockUse, Related, RelatedRepository
from domain.storage.subscriptions import SubscriptionRepository
from engine.actions import Action
from engine.errors import Refusal
from engine.pages import FormPageView
from engine.run.commands import Commands, Prospect, StartProspect, WaitingForm
from engine.store.processes import ProcessRepository
from engine.store.records import AttemptRecord, ProcessRecord, StepRecord
from graph.customers import CustomerRecord, Customers
from graph.permissions import Viewer

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Columns = frozenset[str] | None
"""Which columns to read; a loader serves one choice, so that all of its rows have what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsKey:
    """What to read: the steps of a process that began, with their deltas or without."""

    process_id: ProcessId
    deltas: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsRead:
    """The steps of a process that began.

    Attributes:
        deltas: Whether their deltas were read.
    """

    records: list[StepRecord]
    deltas: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRead:
    """A process as it was read: with its steps as of the same moment, or without."""

    record: ProcessRecord
    steps: StepsRead | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRead:
    """Why a command would be refused; a loader would raise an exception that is not in something."""

    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedQuestion:
    """Which related subscriptions to read: the users or the used ones, how far, and which of them."""

    users: bool
    depth: int
    statuses: frozenset[SubscriptionStatus] | None
    product_types: frozenset[str] | None


class Loaders:
    """The loaders of one operation, for one viewer."""

    def __init__(
        self, database: Database, *, commands: Commands, viewer: Viewer, customers: Customers
    ) -> None:
        scope = viewer.scope
        products = ProductRepository(database)
        product_blocks = ProductBlockRepository(database)
        product_subscriptions = ProductSubscriptionRepository(database)
        subscriptions = SubscriptionRepository(database)
        processes = ProcessRepository(database)
        related = RelatedRepository(database)
        annotations = AnnotationRepository(database)
        self._subscription_repository = subscriptions
        self._process_repository = processes
        self._related_repository = related
        self._scope = scope
        self._viewer = viewer
        self._commands = commands
        self._subscriptions: dict[Columns, DataLoader[SubscriptionId, SubscriptionRecord | None]] = {}
        self._processes: dict[Columns, DataLoader[ProcessId, ProcessRead | None]] = {}
        self._change_repository = ChangeRepository(database)
        self._changes: dict[int, DataLoader[SubscriptionId, Sequence[ChangeRecord] | None]] = {}
        self._related: dict[RelatedQuestion, DataLoader[SubscriptionId, Sequence[Related] | None]] = {}
        self.customers: DataLoader[CustomerId, CustomerRecord | None] = _loader(customers.by_ids)
        self.products: DataLoader[ProductId, ProductRecord | None] = _loader(products.by_ids)
        self.products_by_name: DataLoader[str, ProductRecord | None] = _loader(products.by_names)
        self.product_blocks: DataLoader[ProductBlockId, ProductBlockRecord | None] = _loader(
            product_blocks.by_ids
        )
        self.product_blocks_by_name: DataLoader[str, ProductBlockRecord | None] = _loader(
            product_blocks.by_names
        )
        self.subscription_counts: DataLoader[ProductId, Sequence[StatusCount] | None] = _loader(
            lambda ids: product_subscriptions.counts_of(scope, ids)
        )
        self._product_subscriptions = product_subscriptions
        self._newest: dict[int, DataLoader[ProductId, Sequence[SubscriptionId] | None]] = {}
        self.trees: DataLoader[SubscriptionId, Tree | None] = _loader(
            lambda ids: subscriptions.trees(scope, ids)
        )
        self.owners_of_blocks: DataLoader[BlockId, SubscriptionId | None] = _loader(
            lambda ids: subscriptions.owners_of(scope, ids)
        )
        self.block_uses: DataLoader[BlockId, Sequence[BlockUse] | None] = _loader(
            lambda ids: related.blocks_in_use_by(scope, ids)
        )
        self.actions: DataLoader[SubscriptionId, tuple[Action, ...] | None] = _loader(
            lambda ids: commands.find_actions(ids, scope=scope, actor=viewer.name, claims=viewer.claims)
        )
        self.refusals: DataLoader[Prospect, RefusalRead | None] = _loader(self._read_refusals)
        self.start_refusals: DataLoader[StartProspect, RefusalRead | None] = _loader(
            self._read_start_refusals
        )
        self.start_forms: DataLoader[StartProspect, FormPageView | None] = _loader(
            lambda prospects: commands.view_start_forms(prospects, scope=scope)
        )
        self.metadata: DataLoader[SubscriptionId, MetadataRecord | None] = _loader(
            lambda ids: annotations.metadata_of(scope, ids)
        )
        self.customer_descriptions: DataLoader[SubscriptionId, Sequence[CustomerDescriptionRecord] | None] = (
            _loader(lambda ids: annotations.customer_descriptions_of(scope, ids))
        )
        self.changes_of_process: DataLoader[ProcessId, Sequence[ChangeRecord] | None] = _loader(
            lambda ids: self._change_repository.of_processes(scope, ids)
        )
        self.steps: DataLoader[StepsKey, list[StepRecord] | None] = _loader(self._read_steps)
        self.forms: DataLoader[ProcessId, WaitingForm | None] = _loader(
            lambda ids: commands.find_forms(ids, scope=scope)
        )
        self.attempts: DataLoader[tuple[ProcessId, str], list[AttemptRecord] | None] = _loader(
            processes.attempts_of
        )
        self.subscriptions_of_process: DataLoader[ProcessId, list[SubscriptionId] | None] = _loader(
            processes.subscriptions_of
        )
        self.last_validations: DataLoader[SubscriptionId, datetime | None] = _loader(
            processes.last_validations_of
        )
        self.processes_of_subscription: DataLoader[SubscriptionId, list[ProcessId] | None] = _loader(
            lambda ids: processes.processes_of(scope, ids)
        )

    async def count_processes(self, subscription_id: SubscriptionId) -> int:
        """Gives how many processes concern a subscription."""
        return len(await self.processes_of_subscription.load(subscription_id) or [])

    def subscriptions(self, columns: Columns = None) -> DataLoader[SubscriptionId, SubscriptionRecord | None]:
        """Gives the loader of subscriptions with these columns; None for all."""
        if columns not in self._subscriptions:
            self._subscriptions[columns] = _loader(
                lambda ids: self._subscription_repository.by_ids(self._scope, ids, columns)
            )
        return self._subscriptions[columns]

    def newest_subscriptions(self, number: int) -> DataLoader[ProductId, Sequence[SubscriptionId] | None]:
        """Gives the loader of the newest subscriptions of products, so many of each at most."""
        if number not in self._newest:
            self._newest[number] = _loader(
                lambda ids: self._product_subscriptions.newest_of(self._scope, ids, number=number)
            )
        return self._newest[number]

    def latest_changes(self, number: int) -> DataLoader[SubscriptionId, Sequence[ChangeRecord] | None]:
        """Gives the loader of the last changes of subscriptions, so many of each at most."""
        if number not in self._changes:
            self._changes[number] = _loader(
                lambda ids: self._change_repository.latest_of(self._scope, ids, number=number)
            )
        return self._changes[number]

    def related(self, question: RelatedQuestion) -> DataLoader[SubscriptionId, Sequence[Related] | None]:
        """Gives the loader of the subscriptions that others use, or are used by."""
        if question not in self._related:
            repository = self._related_repository
            read = repository.in_use_by if question.users else repository.depends_on
            self._related[question] = _loader(
                lambda ids: read(
                    self._scope,
                    ids,
                    depth=question.depth,
                    statuses=question.statuses,
                    product_types=question.product_types,
                )
            )
        return self._related[question]

    def processes(self, columns: Columns = None) -> DataLoader[ProcessId, ProcessRead | None]:
        """Gives the loader of processes with these heavy columns beside the light ones; None for all.

        With "steps" among them, each process comes with its steps as of the same moment.
        """
        if columns not in self._processes:
            self._processes[columns] = _loader(lambda ids: self._read_processes(ids, columns))
        return self._processes[columns]

    async def _read_processes(
        self, ids: Sequence[ProcessId], columns: Columns
    ) -> Mapping[ProcessId, ProcessRead]:
        if columns is None or "steps" in columns:
            snapshots = await self._process_repository.snapshots(self._scope, ids, columns)
            deltas = columns is None or "deltas" in columns
            return {
                process_id: ProcessRead(record=record, steps=StepsRead(records=steps, deltas=deltas))
                for process_id, (record, steps) in snapshots.items()
            }
        records = await self._process_repository.by_ids(self._scope, ids, columns)
        return {process_id: ProcessRead(record=record) for process_id, record in records.items()}

    async def _read_refusals(self, prospects: Sequence[Prospect]) -> Mapping[Prospect, RefusalRead]:
        refusals = await self._commands.find_refusals(
            prospects, actor=self._viewer.name, claims=self._viewer.claims
        )
        return {prospect: RefusalRead(refusal=refusal) for prospect, refusal in refusals.items()}

    async def _read_start_refusals(
        self, prospects: Sequence[StartProspect]
    ) -> Mapping[StartProspect, RefusalRead]:
        refusals = await self._commands.find_start_refusals(
            prospects, actor=self._viewer.name, scope=self._scope, claims=self._viewer.claims
        )
        return {prospect: RefusalRead(refusal=refusal) for prospect, refusal in refusals.items()}

    async def _read_steps(self, keys: Sequence[StepsKey]) -> Mapping[StepsKey, list[StepRecord]]:
        """All steps that are asked for at once are read alike, so that they take one statement."""
        deltas = any(key.deltas for key in keys)
        found = await self._process_repository.steps_of({key.process_id for key in keys}, deltas=deltas)
        return {key: found[key.process_id] for key in keys}


def _loader(read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]) -> DataLoader[Key, Value | None]:
    """Makes a loader of a read by keys; a key without a row gives None."""

    async def load(keys: list[Key]) -> list[Value | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return _SharedLoader(load)


class _SharedLoader(DataLoader[Key, Value]):
    """Lets none of those who wait for a key give it up for the others: a field beside one may have failed."""

    def __init__(self, load: Callable[[list[Key]], Awaitable[Sequence[Value]]]) -> None:
        super().__init__(load_fn=load)
        self._waiting: Counter[asyncio.Future[Value]] = Counter()

    def load(self, key: Key) -> Awaitable[Value]:
        shared = super().load(key)
        if not isinstance(shared, asyncio.Future) or shared.done():
            return shared
        self._waiting[shared] += 1
        own = asyncio.shield(shared)
        own.add_done_callback(lambda _: self._leave(shared))
        return own

    def _leave(self, shared: asyncio.Future[Value]) -> None:
        self._waiting[shared] -= 1
        if not self._waiting[shared]:
            del self._waiting[shared]
            shared.cancel()
