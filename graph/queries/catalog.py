"""Products and workflows."""

from typing import Annotated

import strawberry

from domain.storage.products import ProductRepository
from graph.context import Info
from graph.ids import parse_product_id
from graph.paging import After, Before, Connection, First, Last, PageArguments, connection, page_of_named
from graph.permissions import Permission, requires
from graph.types.product import Product, product
from graph.types.workflow import Workflow, workflow


def workflow_name(text: str) -> str:
    """Reads the name of a workflow, known or not, from a cursor.

    Raises:
        ValueError: The cursor is of another list.
    """
    if not text.isidentifier():
        raise ValueError(text)
    return text


@strawberry.type
class CatalogQueries:
    """Products and workflows."""

    @strawberry.field(
        description="The products, the newest first.", directives=requires(Permission.READ_CATALOG)
    )
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Product]:
        """The products, the newest first."""
        dependencies = info.context.dependencies
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        repository = ProductRepository(dependencies.database)
        page = await repository.page(request=arguments.request(dependencies.settings))
        return connection(
            page, info.context.budget, node=product, key=lambda record: record.id, count=repository.count
        )

    @strawberry.field(
        description="One product; null if there is none.", directives=requires(Permission.READ_CATALOG)
    )
    async def product(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # the argument's name in GraphQL
    ) -> Product | None:
        """One product."""
        record = await info.context.loaders.products.load(parse_product_id(id))
        return None if record is None else product(record)

    @strawberry.field(
        description="The workflows of the application, by name.",
        directives=requires(Permission.READ_CATALOG),
    )
    def workflows(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Workflow]:
        """The workflows of the application, by name."""
        dependencies = info.context.dependencies
        arguments = PageArguments(first=first, after=after, last=last, before=before)
        known = dependencies.registry.workflows

        async def count() -> int:
            return len(known)

        return connection(
            page_of_named(known, arguments.request(dependencies.settings, key=workflow_name)),
            info.context.budget,
            node=workflow,
            key=lambda definition: definition.name,
            count=count,
        )

    @strawberry.field(
        description="One workflow; null if there is none.", directives=requires(Permission.READ_CATALOG)
    )
    def workflow(
        self, info: Info, name: Annotated[str, strawberry.argument(description="Its name.")]
    ) -> Workflow | None:
        """One workflow."""
        definition = info.context.dependencies.registry.find_workflow(name)
        return None if definition is None else workflow(definition)
