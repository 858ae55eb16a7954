"""Anything by its id."""

from typing import Annotated, assert_never

import strawberry

from domain.ids import BlockId, ProcessId
from graph.context import Info
from graph.errors import GraphError
from graph.ids import (
    IdKind,
    kind_of,
    parse_block_id,
    parse_process_id,
    parse_product_id,
    parse_step_id,
    parse_subscription_id,
    parse_workflow_id,
)
from graph.permissions import NOT_ALLOWED, Permission, requires
from graph.selections import selected
from graph.types.node import Node
from graph.types.process import process, process_columns
from graph.types.product import product
from graph.types.workflow import workflow

_PERMISSIONS = {
    IdKind.PRODUCT: Permission.READ_CATALOG,
    IdKind.WORKFLOW: Permission.READ_CATALOG,
    IdKind.SUBSCRIPTION: Permission.READ_SUBSCRIPTIONS,
    IdKind.BLOCK: Permission.READ_SUBSCRIPTIONS,
    IdKind.PROCESS: Permission.READ_PROCESSES,
    IdKind.STEP: Permission.READ_PROCESSES,
}


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
        kind = kind_of(id)
        if _PERMISSIONS[kind] not in info.context.viewer.permissions:
            raise NodeNotAllowed(f"Not allowed: a {kind.value} needs {_PERMISSIONS[kind].name}.")
        return await _find(info, kind, id)


async def _find(info: Info, kind: IdKind, text: str) -> Node | None:
    loaders = info.context.loaders
    match kind:
        case IdKind.PRODUCT:
            record = await loaders.products.load(parse_product_id(text))
            return None if record is None else product(record)
        case IdKind.SUBSCRIPTION:
            columns = info.context.families.columns(info)
            found = await loaders.subscriptions(columns).load(parse_subscription_id(text))
            return None if found is None else info.context.families.subscription(found)
        case IdKind.BLOCK:
            return await _find_block(info, parse_block_id(text))
        case IdKind.WORKFLOW:
            definition = info.context.dependencies.registry.find_workflow(parse_workflow_id(text))
            return None if definition is None else workflow(definition)
        case IdKind.PROCESS:
            run = await loaders.processes(process_columns(info)).load(parse_process_id(text))
            return None if run is None else process(run)
        case IdKind.STEP:
            return await _find_step(info, *parse_step_id(text))
        case _:
            assert_never(kind)


async def _find_block(info: Info, block_id: BlockId) -> Node | None:
    loaders = info.context.loaders
    owner = await loaders.owners_of_blocks.load(block_id)
    tree = None if owner is None else await loaders.trees.load(owner)
    return None if tree is None else info.context.families.find_block(tree, block_id)


async def _find_step(info: Info, process_id: ProcessId, key: str) -> Node | None:
    columns = {"planned_steps", "steps"} | ({"deltas"} if "delta" in selected(info) else set[str]())
    run = await info.context.loaders.processes(frozenset(columns)).load(process_id)
    return None if run is None else await process(run).find_step(info, key)
