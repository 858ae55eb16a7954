"""The lists of the catalogue: products, product blocks and workflows, filtered by a typed `where`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from strawberry.types.field import StrawberryField

from domain.model.catalog import Catalog
from domain.storage.catalog_filters import CatalogWhere
from domain.storage.in_memory import page_in_memory
from domain.storage.listing.paging import Page, PageRequest
from domain.storage.listing.sorting import Field, OrderBy
from domain.storage.product_blocks import PRODUCT_BLOCK_SORTING, ProductBlockRepository
from domain.storage.products import PRODUCT_SORTING, ProductRepository
from engine.registry import Registry
from engine.workflows import Workflow as WorkflowDefinition
from graph.context import Info
from graph.generate.filters.catalog_conditions import CATALOG_JOINS, WORKFLOW_FIELDS, CatalogConditions
from graph.generate.filters.operators import FilterNames, OperatorTypes
from graph.generate.filters.wheres import begun, complete
from graph.generate.lists.listing import filtered_field, filtered_page
from graph.lists.cursors import ListCursors
from graph.lists.filters import Condition, WhereType, read_where
from graph.lists.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    Offset,
    PageArguments,
)
from graph.lists.workflow_rows import WORKFLOW_SORTING, WorkflowOrder, WorkflowRow, workflow_rows
from graph.permissions import Permission
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

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)
Node = TypeVar("Node")

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
        return await _page(
            info,
            ProductRepository(info.context.dependencies.database),
            read_where(where_type, where),
            PageArguments(first=first, after=after, last=last, before=before, offset=offset),
            ListCursors(list_name=_PRODUCTS, sorting=PRODUCT_SORTING, order=product_order(order_by)),
            node=product,
        )

    return filtered_field(
        _PRODUCTS,
        resolve,
        where_type,
        graphql_type=Connection[Product],
        description="The products, those included that have left the catalogue; the newest first unless "
        "sorted otherwise.",
        permission=Permission.READ_CATALOG,
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
        return await _page(
            info,
            ProductBlockRepository(info.context.dependencies.database),
            read_where(where_type, where),
            PageArguments(first=first, after=after, last=last, before=before, offset=offset),
            ListCursors(
                list_name=_PRODUCT_BLOCKS, sorting=PRODUCT_BLOCK_SORTING, order=product_block_order(order_by)
            ),
            node=product_block,
        )

    return filtered_field(
        _PRODUCT_BLOCKS,
        resolve,
        where_type,
        graphql_type=Connection[ProductBlock],
        description="The product blocks, those included that have left the catalogue; by name unless sorted "
        "otherwise.",
        permission=Permission.READ_CATALOG,
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
        return await _page(
            info,
            _DeclaredWorkflows(info.context.dependencies.registry.workflows),
            read_where(where_type, where),
            PageArguments(first=first, after=after, last=last, before=before, offset=offset),
            ListCursors(
                list_name=_WORKFLOWS,
                sorting=WORKFLOW_SORTING,
                order=workflow_order(order_by),
                read_id=str,
            ),
            node=lambda row: workflow(row.workflow),
        )

    return filtered_field(
        _WORKFLOWS,
        resolve,
        where_type,
        graphql_type=Connection[Workflow],
        description="The workflows of the application, by name unless sorted otherwise.",
        permission=Permission.READ_CATALOG,
    )


class _Rows(Protocol[Row_co, Field]):
    """What a list is read from."""

    async def page(
        self, *, request: PageRequest, where: CatalogWhere | None, order: Sequence[OrderBy[Field]]
    ) -> Page[Row_co]:
        """A page of what fits."""
        ...

    async def count(self, where: CatalogWhere | None) -> int:
        """How much fits."""
        ...


@dataclass(frozen=True, slots=True)
class _DeclaredWorkflows:
    """The workflows of the registry, read as the tables of products and product blocks are."""

    workflows: Sequence[WorkflowDefinition]

    async def page(
        self, *, request: PageRequest, where: CatalogWhere | None, order: Sequence[OrderBy[WorkflowOrder]]
    ) -> Page[WorkflowRow]:
        """A page of the workflows that fit."""
        rows = workflow_rows(self.workflows, where, WORKFLOW_FIELDS)
        return page_in_memory(rows, request, order, WORKFLOW_SORTING)

    async def count(self, where: CatalogWhere | None) -> int:
        """How many workflows fit."""
        return len(workflow_rows(self.workflows, where, WORKFLOW_FIELDS))


async def _page(
    info: Info,
    rows: _Rows[Row, Field],
    where: CatalogWhere | None,
    arguments: PageArguments,
    cursors: ListCursors[Field],
    *,
    node: Callable[[Row], Node],
) -> Connection[Node]:
    return await filtered_page(
        info,
        arguments,
        cursors,
        read=lambda request: rows.page(request=request, where=where, order=cursors.order),
        count=lambda: rows.count(where),
        node=node,
    )
