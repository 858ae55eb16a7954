"""Anything by its id, and many things by their ids."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

import strawberry

from domain.ids import BlockId
from domain.model.trees.tree import Tree
from domain.storage.customers import CustomerRepository
from graph.context import Info
from graph.customers import nameless
from graph.errors import GraphError
from graph.ids import (
    IdKind,
    kind_of,
    parse_block_id,
    parse_customer_id,
    parse_process_id,
    parse_product_block_id,
    parse_product_id,
    parse_step_id,
    parse_subscription_id,
    parse_workflow_id,
)
from graph.limits import PaidEntries
from graph.lists.paging import PageTooLarge
from graph.permissions import NOT_ALLOWED, Permission, requires
from graph.selections import selected
from graph.types.block import Block
from graph.types.customer import customer
from graph.types.node import Node
from graph.types.process import process, process_columns
from graph.types.product import product
from graph.types.product_block import product_block
from graph.types.workflow import workflow

Found = Sequence[Node | GraphError | None]
"""What is found by some ids, in their order; None where there is nothing for this viewer.

An error stands for what cannot be read: GraphQL tells it, with null in its place alone.
"""

_PERMISSIONS: Mapping[IdKind, Permission] = MappingProxyType(
    {
        IdKind.PRODUCT: Permission.READ_CATALOG,
        IdKind.PRODUCT_BLOCK: Permission.READ_CATALOG,
        IdKind.WORKFLOW: Permission.READ_CATALOG,
        IdKind.SUBSCRIPTION: Permission.READ_SUBSCRIPTIONS,
        IdKind.BLOCK: Permission.READ_SUBSCRIPTIONS,
        IdKind.CUSTOMER: Permission.READ_CUSTOMERS,
        IdKind.PROCESS: Permission.READ_PROCESSES,
        IdKind.STEP: Permission.READ_PROCESSES,
    }
)


class NodeNotAllowed(GraphError):
    """The viewer may not read what the id stands for."""

    code = NOT_ALLOWED


@strawberry.type
class NodeQueries:
    """Anything by its id."""

    @strawberry.field(
        description="Anything by its id; null if there is none for this viewer.",
        directives=requires(Permission.CONNECT),
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # the argument's name in GraphQL
    ) -> Node | None:
        """Anything by its id."""
        (found,) = await _find_all(info, [id])
        if isinstance(found, GraphError):
            raise found
        return found

    @strawberry.field(
        description="Anything by ids, in their order; null where there is none for this viewer. At most as "
        "many as a page may hold. An id that is none, or one that the viewer may not ask for, refuses all.",
        directives=requires(Permission.CONNECT),
        graphql_type=list[Node | None],
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Their ids, of any types; the same one may stand there twice."),
        ],
    ) -> Found:
        """Anything by ids."""
        most = info.context.dependencies.settings.max_page_size
        if len(ids) > most:
            raise PageTooLarge(f"'ids' has {len(ids)}: at most {most} are given at a time.")
        info.context.budget.take(len(ids))
        return PaidEntries(await _find_all(info, ids))


async def _find_all(info: Info, ids: Sequence[str]) -> Found:
    """Reads what is of one kind at once.

    Raises:
        InvalidId: One is none; nothing was read.
        NodeNotAllowed: One is of a kind that the viewer may not read; nothing was read.
    """
    by_kind: dict[IdKind, list[str]] = {}
    for text in dict.fromkeys(ids):
        kind = kind_of(text)
        needed = _PERMISSIONS[kind]
        if needed not in info.context.viewer.permissions:
            raise NodeNotAllowed(f"Not allowed: a {kind.value} needs {needed.name}.")
        by_kind.setdefault(kind, []).append(text)
    reads = [(texts, _READERS[kind](texts)) for kind, texts in by_kind.items()]
    found: dict[str, Node | GraphError | None] = {}
    for texts, read in reads:
        found |= zip(texts, await read(info), strict=True)
    return [found[text] for text in ids]


Read = Callable[[Info], Awaitable[Found]]


def _products(texts: Sequence[str]) -> Read:
    ids = [parse_product_id(text) for text in texts]

    async def read(info: Info) -> Found:
        records = await info.context.loaders.products.load_many(ids)
        return [None if record is None else product(record) for record in records]

    return read


def _product_blocks(texts: Sequence[str]) -> Read:
    ids = [parse_product_block_id(text) for text in texts]

    async def read(info: Info) -> Found:
        records = await info.context.loaders.product_blocks.load_many(ids)
        return [None if record is None else product_block(record) for record in records]

    return read


def _workflows(texts: Sequence[str]) -> Read:
    names = [parse_workflow_id(text) for text in texts]

    async def read(info: Info) -> Found:
        found = [info.context.dependencies.registry.find_workflow(name) for name in names]
        return [None if definition is None else workflow(definition) for definition in found]

    return read


def _subscriptions(texts: Sequence[str]) -> Read:
    ids = [parse_subscription_id(text) for text in texts]

    async def read(info: Info) -> Found:
        families = info.context.families
        records = await info.context.loaders.subscriptions(families.columns(info)).load_many(ids)
        return [None if record is None else families.subscription(record) for record in records]

    return read


def _blocks(texts: Sequence[str]) -> Read:
    ids = [parse_block_id(text) for text in texts]

    async def read(info: Info) -> Found:
        loaders = info.context.loaders
        owners = await loaders.owners_of_blocks.load_many(ids)
        known = [owner for owner in dict.fromkeys(owners) if owner is not None]
        trees = dict(zip(known, await loaders.trees.load_many(known), strict=True))
        held = [None if owner is None else trees[owner] for owner in owners]
        return [
            None if tree is None else _find_block(info, tree, block_id)
            for block_id, tree in zip(ids, held, strict=True)
        ]

    return read


def _find_block(info: Info, tree: Tree, block_id: BlockId) -> Block | GraphError | None:
    try:
        return info.context.families.find_block(tree, block_id)
    except GraphError as error:
        return error


def _customers(texts: Sequence[str]) -> Read:
    ids = [parse_customer_id(text) for text in texts]

    async def read(info: Info) -> Found:
        context = info.context
        records = await context.loaders.customers.load_many(ids)
        unknown = [each for each, record in zip(ids, records, strict=True) if record is None]
        repository = CustomerRepository(context.dependencies.database)
        holding = await repository.holding(context.viewer.scope, unknown)
        return [
            customer(record)
            if record is not None
            else customer(nameless(each), known=False)
            if each in holding
            else None
            for each, record in zip(ids, records, strict=True)
        ]

    return read


def _processes(texts: Sequence[str]) -> Read:
    ids = [parse_process_id(text) for text in texts]

    async def read(info: Info) -> Found:
        runs = await info.context.loaders.processes(process_columns(info)).load_many(ids)
        return [None if run is None else process(run) for run in runs]

    return read


def _steps(texts: Sequence[str]) -> Read:
    places = [parse_step_id(text) for text in texts]

    async def read(info: Info) -> Found:
        columns = {"planned_steps", "steps"} | ({"deltas"} if "delta" in selected(info) else set[str]())
        loader = info.context.loaders.processes(frozenset(columns))
        runs = await loader.load_many([process_id for process_id, _ in places])
        return [
            None if run is None else await process(run).find_step(info, key)
            for run, (_, key) in zip(runs, places, strict=True)
        ]

    return read


_READERS: Mapping[IdKind, Callable[[Sequence[str]], Read]] = MappingProxyType(
    {
        IdKind.PRODUCT: _products,
        IdKind.PRODUCT_BLOCK: _product_blocks,
        IdKind.WORKFLOW: _workflows,
        IdKind.SUBSCRIPTION: _subscriptions,
        IdKind.BLOCK: _blocks,
        IdKind.CUSTOMER: _customers,
        IdKind.PROCESS: _processes,
        IdKind.STEP: _steps,
    }
)
"""By kind: checks ids, and gives what reads all of them at once."""
