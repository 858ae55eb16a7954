"""The lists of the catalogue: products, product blocks and workflows, filtered by a typed `where`."""

from collections.abc import Callable, Mapping, Sequence

import strawberry
from strawberry.types.field import StrawberryField

from domain.model.catalog import Catalog
from domain.storage.catalog_filters import CatalogWhere
from domain.storage.in_memory import page_in_memory
from domain.storage.listing.paging import InvalidPageRequest, Page
from domain.storage.product_blocks import PRODUCT_BLOCK_SORTING, ProductBlockRepository
from domain.storage.products import PRODUCT_SORTING, ProductRepository
from engine.registry import Registry
from graph.context import Info
from graph.filters import Condition, WhereType, filtered, read_where, set_where
from graph.generate.catalog_conditions import CATALOG_JOINS, WORKFLOW_FIELDS, CatalogConditions
from graph.generate.operators import FilterNames, OperatorTypes
from graph.generate.wheres import begun, complete
from graph.list_cursors import ListCursors
from graph.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    Offset,
    PageArguments,
    connection,
    no_cursor,
)
from graph.permissions import Permission, requires
from graph.types.catalog_ordering import (
    ProductBlockOrderArgument,
    ProductOrderArgument,
    WorkflowOrderArgument,
    product_block_order,
    product_order,
    workflow_order,
)
from graph.types.product import Product, product
from graph.types.product_block import ProductBlock, product_block
from graph.types.workflow import Workflow, workflow
from graph.workflow_rows import WORKFLOW_SORTING, WorkflowRow, workflow_rows

_PRODUCTS = "products"
_PRODUCT_BLOCKS = "productBlocks"
_WORKFLOWS = "workflows"


def generate_catalog_lists(
    catalog: Catalog, registry: Registry, operators: OperatorTypes, names: FilterNames
) -> Mapping[str, StrawberryField]:
    """Gives the fields by their names in GraphQL.

    Raises:
        SchemaDefinitionError: A name is taken.
    """
    conditions = CatalogConditions(catalog, operators, names)
    return {
        _PRODUCTS: _products(_where("Product", "a product", conditions.of_products(), names)),
        _PRODUCT_BLOCKS: _product_blocks(
            _where("ProductBlock", "a product block", conditions.of_product_blocks(), names)
        ),
        _WORKFLOWS: _workflows(_where("Workflow", "a workflow", conditions.of_workflows(registry), names)),
    }


def _where(
    name: str, of: str, conditions: Sequence[Condition[CatalogWhere]], names: FilterNames
) -> WhereType[CatalogWhere]:
    where_type: WhereType[CatalogWhere] = begun(name, f"lists of {of}", CATALOG_JOINS, names=names)
    complete(where_type, conditions, f"Conditions on {of}, all of which must hold. {{}} holds of any.")
    return where_type


def _products(where_type: WhereType[CatalogWhere]) -> StrawberryField:
    async def resolve(  # noqa: PLR0917  # GraphQL arguments have names
        info: Info,
        where: object = None,
        order_by: ProductOrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        dependencies = info.context.dependencies
        repository = ProductRepository(dependencies.database)
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        cursors = ListCursors(list_name=_PRODUCTS, sorting=PRODUCT_SORTING, order=product_order(order_by))
        request = arguments.request(dependencies.settings, place=cursors.key)
        condition = read_where(where_type, where)
        try:
            page = await filtered(repository.page(request=request, where=condition, order=cursors.order))
        except InvalidPageRequest:
            raise no_cursor(after or before) from None
        return connection(
            page,
            info.context.budget,
            node=product,
            key=cursors.place,
            count=lambda: filtered(repository.count(condition)),
        )

    return _field(
        _PRODUCTS,
        resolve,
        where_type,
        graphql_type=Connection[Product],
        description="The products, those included that have left the catalogue; the newest first unless "
        "sorted otherwise.",
    )


def _product_blocks(where_type: WhereType[CatalogWhere]) -> StrawberryField:
    async def resolve(  # noqa: PLR0917  # GraphQL arguments have names
        info: Info,
        where: object = None,
        order_by: ProductBlockOrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        dependencies = info.context.dependencies
        repository = ProductBlockRepository(dependencies.database)
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        cursors = ListCursors(
            list_name=_PRODUCT_BLOCKS, sorting=PRODUCT_BLOCK_SORTING, order=product_block_order(order_by)
        )
        request = arguments.request(dependencies.settings, place=cursors.key)
        condition = read_where(where_type, where)
        try:
            page = await filtered(repository.page(request=request, where=condition, order=cursors.order))
        except InvalidPageRequest:
            raise no_cursor(after or before) from None
        return connection(
            page,
            info.context.budget,
            node=product_block,
            key=cursors.place,
            count=lambda: filtered(repository.count(condition)),
        )

    return _field(
        _PRODUCT_BLOCKS,
        resolve,
        where_type,
        graphql_type=Connection[ProductBlock],
        description="The product blocks, those included that have left the catalogue; by name unless sorted "
        "otherwise.",
    )


def _workflows(where_type: WhereType[CatalogWhere]) -> StrawberryField:
    async def resolve(  # noqa: PLR0917  # GraphQL arguments have names
        info: Info,
        where: object = None,
        order_by: WorkflowOrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        dependencies = info.context.dependencies
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        cursors = ListCursors(
            list_name=_WORKFLOWS,
            sorting=WORKFLOW_SORTING,
            order=workflow_order(order_by),
            read_id=str,
        )
        request = arguments.request(dependencies.settings, place=cursors.key)
        condition = read_where(where_type, where)

        async def page() -> Page[WorkflowRow]:
            rows = workflow_rows(dependencies.registry.workflows, condition, WORKFLOW_FIELDS)
            return page_in_memory(rows, request, cursors.order, WORKFLOW_SORTING)

        async def count() -> int:
            return len(workflow_rows(dependencies.registry.workflows, condition, WORKFLOW_FIELDS))

        try:
            found = await filtered(page())
        except InvalidPageRequest:
            raise no_cursor(after or before) from None
        return connection(
            found,
            info.context.budget,
            node=lambda row: workflow(row.workflow),
            key=cursors.place,
            count=count,
        )

    return _field(
        _WORKFLOWS,
        resolve,
        where_type,
        graphql_type=Connection[Workflow],
        description="The workflows of the application, by name unless sorted otherwise.",
    )


def _field(
    name: str,
    resolve: Callable[..., object],
    where_type: WhereType[CatalogWhere],
    *,
    graphql_type: object,
    description: str,
) -> StrawberryField:
    set_where(resolve, where_type)
    field = strawberry.field(
        name=name,
        resolver=resolve,
        graphql_type=graphql_type,
        description=description,
        directives=requires(Permission.READ_CATALOG),
    )
    assert isinstance(field, StrawberryField)
    return field
