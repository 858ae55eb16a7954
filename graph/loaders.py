"""Loaders: one per access path, each of which gathers the keys of one operation into one statement.

They remember what they have read, so they live as long as one operation, or one event of a subscription.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeAlias, TypeVar

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
from domain.storage.listing.paging import Page, PageRequest
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

Loader: TypeAlias = DataLoader[Key, Value | None]
"""What reads values by their keys; a key without a row gives None."""

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
    """The loaders of one operation, for one viewer; each is made when it is first asked for."""

    def __init__(
        self, database: Database, *, commands: Commands, viewer: Viewer, customers: Customers
    ) -> None:
        self._database = database
        self._commands = commands
        self._viewer = viewer
        self._scope = viewer.scope
        self._customers = customers
        self._subscriptions: dict[Columns, Loader[SubscriptionId, SubscriptionRecord]] = {}
        self._processes: dict[Columns, Loader[ProcessId, ProcessRead]] = {}
        self._changes: dict[PageRequest, Loader[SubscriptionId, Page[ChangeRecord]]] = {}
        self._related: dict[RelatedQuestion, Loader[SubscriptionId, Sequence[Related]]] = {}
        self._product_pages: dict[PageRequest, Loader[ProductId, Page[SubscriptionId]]] = {}

    @cached_property
    def customers(self) -> Loader[CustomerId, CustomerRecord]:
        """Customers, from the directory."""
        return _loader(self._customers.by_ids)

    @cached_property
    def products(self) -> Loader[ProductId, ProductRecord]:
        """Products by id."""
        return _loader(ProductRepository(self._database).by_ids)

    @cached_property
    def products_by_name(self) -> Loader[str, ProductRecord]:
        """Products by name."""
        return _loader(ProductRepository(self._database).by_names)

    @cached_property
    def product_blocks(self) -> Loader[ProductBlockId, ProductBlockRecord]:
        """Product blocks by id."""
        return _loader(ProductBlockRepository(self._database).by_ids)

    @cached_property
    def product_blocks_by_name(self) -> Loader[str, ProductBlockRecord]:
        """Product blocks by name."""
        return _loader(ProductBlockRepository(self._database).by_names)

    @cached_property
    def subscription_counts(self) -> Loader[ProductId, Sequence[StatusCount]]:
        """How many subscriptions products have, by status."""
        repository = ProductSubscriptionRepository(self._database)
        return _loader(lambda ids: repository.counts_of(self._scope, ids))

    @cached_property
    def trees(self) -> Loader[SubscriptionId, Tree]:
        """The trees of subscriptions."""
        repository = SubscriptionRepository(self._database)
        return _loader(lambda ids: repository.trees(self._scope, ids))

    @cached_property
    def owners_of_blocks(self) -> Loader[BlockId, SubscriptionId]:
        """The subscriptions to which blocks belong."""
        repository = SubscriptionRepository(self._database)
        return _loader(lambda ids: repository.owners_of(self._scope, ids))

    @cached_property
    def block_uses(self) -> Loader[BlockId, Sequence[BlockUse]]:
        """The blocks that use blocks."""
        repository = RelatedRepository(self._database)
        return _loader(lambda ids: repository.blocks_in_use_by(self._scope, ids))

    @cached_property
    def actions(self) -> Loader[SubscriptionId, tuple[Action, ...]]:
        """What can be done with subscriptions."""
        viewer, commands = self._viewer, self._commands
        return _loader(
            lambda ids: commands.find_actions(ids, scope=self._scope, actor=viewer.name, claims=viewer.claims)
        )

    @cached_property
    def refusals(self) -> Loader[Prospect, RefusalRead]:
        """Why commands for processes would be refused."""
        return _loader(self._read_refusals)

    @cached_property
    def start_refusals(self) -> Loader[StartProspect, RefusalRead]:
        """Why starts would be refused."""
        return _loader(self._read_start_refusals)

    @cached_property
    def start_forms(self) -> Loader[StartProspect, FormPageView]:
        """The first pages of the forms of starts."""
        return _loader(lambda prospects: self._commands.view_start_forms(prospects, scope=self._scope))

    @cached_property
    def metadata(self) -> Loader[SubscriptionId, MetadataRecord]:
        """The metadata of subscriptions."""
        repository = AnnotationRepository(self._database)
        return _loader(lambda ids: repository.metadata_of(self._scope, ids))

    @cached_property
    def customer_descriptions(self) -> Loader[SubscriptionId, Sequence[CustomerDescriptionRecord]]:
        """What customers call subscriptions."""
        repository = AnnotationRepository(self._database)
        return _loader(lambda ids: repository.customer_descriptions_of(self._scope, ids))

    @cached_property
    def changes_of_process(self) -> Loader[ProcessId, Sequence[ChangeRecord]]:
        """What processes changed."""
        repository = ChangeRepository(self._database)
        return _loader(lambda ids: repository.of_processes(self._scope, ids))

    @cached_property
    def steps(self) -> Loader[StepsKey, list[StepRecord]]:
        """The steps of processes that began."""
        return _loader(self._read_steps)

    @cached_property
    def forms(self) -> Loader[ProcessId, WaitingForm]:
        """The forms that processes wait for."""
        return _loader(lambda ids: self._commands.find_forms(ids, scope=self._scope))

    @cached_property
    def attempts(self) -> Loader[tuple[ProcessId, str], list[AttemptRecord]]:
        """The attempts of steps."""
        return _loader(self._process_repository.attempts_of)

    @cached_property
    def subscriptions_of_process(self) -> Loader[ProcessId, list[SubscriptionId]]:
        """The subscriptions that processes concern."""
        return _loader(self._process_repository.subscriptions_of)

    @cached_property
    def last_validations(self) -> Loader[SubscriptionId, datetime]:
        """When subscriptions were last validated."""
        return _loader(self._process_repository.last_validations_of)

    @cached_property
    def processes_of_subscription(self) -> Loader[SubscriptionId, list[ProcessId]]:
        """The processes that concern subscriptions."""
        repository = self._process_repository
        return _loader(lambda ids: repository.processes_of(self._scope, ids))

    async def count_processes(self, subscription_id: SubscriptionId) -> int:
        """Gives how many processes concern a subscription."""
        return len(await self.processes_of_subscription.load(subscription_id) or [])

    def subscriptions(self, columns: Columns = None) -> Loader[SubscriptionId, SubscriptionRecord]:
        """Gives the loader of subscriptions with these columns; None for all."""
        if columns not in self._subscriptions:
            repository = SubscriptionRepository(self._database)
            self._subscriptions[columns] = _loader(lambda ids: repository.by_ids(self._scope, ids, columns))
        return self._subscriptions[columns]

    def product_subscriptions(self, request: PageRequest) -> Loader[ProductId, Page[SubscriptionId]]:
        """Gives the loader of a page of the subscriptions of each product."""
        if request not in self._product_pages:
            repository = ProductSubscriptionRepository(self._database)
            self._product_pages[request] = _loader(
                lambda ids: repository.pages_of(self._scope, ids, request=request)
            )
        return self._product_pages[request]

    def changes(self, request: PageRequest) -> Loader[SubscriptionId, Page[ChangeRecord]]:
        """Gives the loader of a page of the changes of each subscription."""
        if request not in self._changes:
            repository = ChangeRepository(self._database)
            self._changes[request] = _loader(
                lambda ids: repository.pages_of(self._scope, ids, request=request)
            )
        return self._changes[request]

    def related(self, question: RelatedQuestion) -> Loader[SubscriptionId, Sequence[Related]]:
        """Gives the loader of the subscriptions that others use, or are used by."""
        if question not in self._related:
            repository = RelatedRepository(self._database)
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

    def processes(self, columns: Columns = None) -> Loader[ProcessId, ProcessRead]:
        """Gives the loader of processes with these heavy columns beside the light ones; None for all.

        With "steps" among them, each process comes with its steps as of the same moment.
        """
        if columns not in self._processes:
            self._processes[columns] = _loader(lambda ids: self._read_processes(ids, columns))
        return self._processes[columns]

    @cached_property
    def _process_repository(self) -> ProcessRepository:
        return ProcessRepository(self._database)

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


def _loader(read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]) -> Loader[Key, Value]:
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
