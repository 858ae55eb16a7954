"""The orders of lists of products, product blocks and workflows, as clients ask for them."""

from collections.abc import Sequence
from typing import Annotated, Final

import strawberry

from domain.storage.listing.sorting import MOST_SORT_FIELDS, OrderBy
from domain.storage.product_blocks import BLOCKS_BY_NAME, PRODUCT_BLOCK_SORTING, ProductBlockOrder
from domain.storage.products import NEWEST_PRODUCTS, PRODUCT_SORTING, ProductOrder
from graph.lists.workflow_rows import WORKFLOW_SORTING, WORKFLOWS_BY_NAME, WorkflowOrder
from graph.types.enums import define_enum
from graph.types.ordering import OrderDirection, order_of

_BY_AGE: Final = "By age: the order in which they were first there. Nothing can follow it: it has no equals."
_BY_NAME: Final = "By the name, byte by byte."
_BY_DESCRIPTION: Final = "By the first 100 characters of the description, byte by byte."
_BY_STATUS: Final = "By the letters of the status."
_BY_CREATION: Final = "By when they came into the catalogue."
_BY_END: Final = "By when they were taken out of the catalogue; what was not comes after all."

define_enum(
    ProductOrder,
    name="ProductOrderField",
    description="What products are sorted by. Equals are in the order of their ids, that is by age.",
    values={
        "ID": _BY_AGE,
        "NAME": _BY_NAME,
        "TAG": "By the short name, byte by byte.",
        "PRODUCT_TYPE": "By what kind of product they are, byte by byte.",
        "DESCRIPTION": _BY_DESCRIPTION,
        "STATUS": _BY_STATUS,
        "MODEL": "By the name of the model, byte by byte.",
        "CREATED_AT": _BY_CREATION,
        "ENDED_AT": _BY_END,
    },
)
define_enum(
    ProductBlockOrder,
    name="ProductBlockOrderField",
    description="What product blocks are sorted by. Equals are in the order of their ids, that is by age.",
    values={
        "ID": _BY_AGE,
        "NAME": _BY_NAME,
        "DESCRIPTION": _BY_DESCRIPTION,
        "STATUS": _BY_STATUS,
        "CREATED_AT": _BY_CREATION,
        "ENDED_AT": _BY_END,
    },
)
define_enum(
    WorkflowOrder,
    name="WorkflowOrderField",
    description="What workflows are sorted by. Equals are in the order of their names.",
    values={
        "NAME": "By the name, byte by byte. Nothing can follow it: it has no equals.",
        "DESCRIPTION": "By the description, byte by byte.",
        "TARGET": "By the letters of the target.",
    },
)


@strawberry.input(description="A field that products are sorted by.")
class ProductOrderBy:
    """A field that products are sorted by."""

    field: ProductOrder = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(
        description="Which end comes first.", default=OrderDirection.ASC
    )


@strawberry.input(description="A field that product blocks are sorted by.")
class ProductBlockOrderBy:
    """A field that product blocks are sorted by."""

    field: ProductBlockOrder = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(
        description="Which end comes first.", default=OrderDirection.ASC
    )


@strawberry.input(description="A field that workflows are sorted by.")
class WorkflowOrderBy:
    """A field that workflows are sorted by."""

    field: WorkflowOrder = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(
        description="Which end comes first.", default=OrderDirection.ASC
    )


ProductOrderArgument = Annotated[
    list[ProductOrderBy] | None,
    strawberry.argument(
        description="What they are sorted by, the most important first; the newest first if left out or "
        f"empty. At most {MOST_SORT_FIELDS}."
    ),
]
ProductBlockOrderArgument = Annotated[
    list[ProductBlockOrderBy] | None,
    strawberry.argument(
        description="What they are sorted by, the most important first; by name if left out or empty. At "
        f"most {MOST_SORT_FIELDS}."
    ),
]
WorkflowOrderArgument = Annotated[
    list[WorkflowOrderBy] | None,
    strawberry.argument(
        description="What they are sorted by, the most important first; by name if left out or empty. At "
        f"most {MOST_SORT_FIELDS}."
    ),
]


def product_order(given: Sequence[ProductOrderBy] | None) -> Sequence[OrderBy[ProductOrder]]:
    """Gives the order that is asked for; the newest first if none is.

    Raises:
        InvalidOrderBy: It makes no sense.
    """
    return order_of(given, PRODUCT_SORTING, otherwise=NEWEST_PRODUCTS)


def product_block_order(given: Sequence[ProductBlockOrderBy] | None) -> Sequence[OrderBy[ProductBlockOrder]]:
    """Gives the order that is asked for; by name if none is.

    Raises:
        InvalidOrderBy: It makes no sense.
    """
    return order_of(given, PRODUCT_BLOCK_SORTING, otherwise=BLOCKS_BY_NAME)


def workflow_order(given: Sequence[WorkflowOrderBy] | None) -> Sequence[OrderBy[WorkflowOrder]]:
    """Gives the order that is asked for; by name if none is.

    Raises:
        InvalidOrderBy: It makes no sense.
    """
    return order_of(given, WORKFLOW_SORTING, otherwise=WORKFLOWS_BY_NAME)
