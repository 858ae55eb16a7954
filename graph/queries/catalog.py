"""Single products, product blocks and workflows; the lists are generated."""

from typing import Annotated, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from domain.model.definition.texts import is_storable
from graph.context import Info
from graph.errors import GraphError
from graph.ids import parse_product_block_id, parse_product_id, parse_workflow_id
from graph.permissions import Permission, requires
from graph.types.product import Product, product
from graph.types.product_block import ProductBlock, product_block
from graph.types.workflow import Workflow, workflow

Record = TypeVar("Record")

IdArgument = Annotated[
    strawberry.ID | None, strawberry.argument(description="Its id; this or `name` is given, not both.")
]
NameArgument = Annotated[
    str | None, strawberry.argument(description="Its name; this or `id` is given, not both.")
]


class InvalidArguments(GraphError):
    """The arguments of a field do not say what is wanted, or say it twice."""

    code = "INVALID_ARGUMENTS"


@strawberry.type
class CatalogQueries:
    """Single products, product blocks and workflows."""

    @strawberry.field(
        description="One product, by its id or by its name; null if there is none.",
        directives=requires(Permission.READ_CATALOG),
    )
    async def product(
        self,
        info: Info,
        id: IdArgument = None,  # noqa: A002  # the argument's name in GraphQL
        name: NameArgument = None,
    ) -> Product | None:
        """One product."""
        loaders = info.context.loaders
        if _is_by_id(id, name):
            record = await loaders.products.load(parse_product_id(str(id)))
        else:
            record = await _load_named(loaders.products_by_name, str(name))
        return None if record is None else product(record)

    @strawberry.field(
        description="One product block, by its id or by its name; null if there is none.",
        directives=requires(Permission.READ_CATALOG),
    )
    async def product_block(
        self,
        info: Info,
        id: IdArgument = None,  # noqa: A002  # the argument's name in GraphQL
        name: NameArgument = None,
    ) -> ProductBlock | None:
        """One product block."""
        loaders = info.context.loaders
        if _is_by_id(id, name):
            record = await loaders.product_blocks.load(parse_product_block_id(str(id)))
        else:
            record = await _load_named(loaders.product_blocks_by_name, str(name))
        return None if record is None else product_block(record)

    @strawberry.field(
        description="One workflow, by its id or by its name; null if there is none.",
        directives=requires(Permission.READ_CATALOG),
    )
    def workflow(
        self,
        info: Info,
        id: IdArgument = None,  # noqa: A002  # the argument's name in GraphQL
        name: NameArgument = None,
    ) -> Workflow | None:
        """One workflow."""
        wanted = parse_workflow_id(str(id)) if _is_by_id(id, name) else str(name)
        definition = info.context.dependencies.registry.find_workflow(wanted)
        return None if definition is None else workflow(definition)


async def _load_named(loader: DataLoader[str, Record | None], name: str) -> Record | None:
    """What has a name; nothing has one that the database could not hold."""
    return await loader.load(name) if is_storable(name) else None


def _is_by_id(identifier: str | None, name: str | None) -> bool:
    """Whether an id was given, and no name.

    Raises:
        InvalidArguments: Both were given, or neither.
    """
    if (identifier is None) is (name is None):
        found = "neither 'id' nor 'name'" if name is None else "'id' and 'name'"
        raise InvalidArguments(f"Found {found}, expected one of them.")
    return identifier is not None
