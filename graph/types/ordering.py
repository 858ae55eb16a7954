"""The orders of lists, as clients ask for them."""

from collections.abc import Sequence
from enum import Enum, StrEnum
from typing import Annotated, Final, Protocol, TypeVar

import strawberry

from domain.json import JsonValue
from domain.storage.listing.orders import NEWEST_FIRST, SUBSCRIPTION_SORTING, SubscriptionOrder
from domain.storage.listing.sorting import MOST_SORT_FIELDS, Field, InvalidOrder, OrderBy, Sorting
from engine.store.process_orders import NEWEST_PROCESSES_FIRST, PROCESS_SORTING, ProcessOrder
from graph.errors import GraphError
from graph.types.enums import define_enum

Field_co = TypeVar("Field_co", bound=StrEnum, covariant=True)

ORDER_BY: Final = ("orderBy",)
"""The path of an order: the name of its argument."""

_DESCRIPTION: Final = (
    f"What they are sorted by, the most important first, at most {MOST_SORT_FIELDS}; the newest first if "
    "left out or empty. By one field, every page costs the same; by several, all that are equal in the first "
    "are read, within a time limit."
)


class InvalidOrderBy(GraphError):
    """A list was to be sorted in a way that makes no sense."""

    code = "INVALID_ORDER"

    def __init__(self, error: InvalidOrder) -> None:
        super().__init__(f"'{'.'.join(ORDER_BY)}': found {error.found}, expected {error.expected}.")
        self.details = {"argumentPath": list[JsonValue](ORDER_BY)}


class OrderDirection(Enum):
    """Which end of an order comes first."""

    ASC = "ASC"
    DESC = "DESC"


class AskedOrder(Protocol[Field_co]):
    """A field that a client asks for, of any list."""

    @property
    def field(self) -> Field_co:
        """What is sorted by."""
        ...

    @property
    def direction(self) -> OrderDirection:
        """Which end comes first."""
        ...


define_enum(
    OrderDirection,
    description="Which end of an order comes first.",
    values={"ASC": "The least, or the earliest.", "DESC": "The greatest, or the latest."},
)
define_enum(
    SubscriptionOrder,
    name="SubscriptionOrderField",
    description="What subscriptions are sorted by. Equals are in the order of their ids, that is by age.",
    values={
        "ID": "By age: the order in which they were made. Nothing can follow it: it has no equals.",
        "DESCRIPTION": "By the first 100 characters of the description, byte by byte.",
        "CUSTOMER": "By the customer's id.",
        "STATUS": "By the letters of the status.",
        "START_AT": "By when they became active; what never was comes after all.",
        "END_AT": "By when they were terminated; what was not comes after all.",
    },
)
define_enum(
    ProcessOrder,
    name="ProcessOrderField",
    description="What processes are sorted by. Equals are in the order of their ids, that is by age.",
    values={
        "ID": "By age: the order in which they were made. Nothing can follow it: it has no equals.",
        "STARTED_AT": "By when they were started.",
        "MODIFIED_AT": "By when they last changed.",
        "ENDED_AT": "By when they were completed or aborted; what was not comes after all.",
        "STATUS": "By the letters of the status.",
        "WORKFLOW": "By the name of the workflow, byte by byte.",
        "CREATED_BY": "By who started them, byte by byte.",
    },
)


@strawberry.input(description="A field that subscriptions are sorted by.")
class SubscriptionOrderBy:
    """A field that subscriptions are sorted by."""

    field: SubscriptionOrder = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(
        description="Which end comes first.", default=OrderDirection.ASC
    )


@strawberry.input(description="A field that processes are sorted by.")
class ProcessOrderBy:
    """A field that processes are sorted by."""

    field: ProcessOrder = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(
        description="Which end comes first.", default=OrderDirection.ASC
    )


SubscriptionOrderArgument = Annotated[
    list[SubscriptionOrderBy] | None, strawberry.argument(description=_DESCRIPTION)
]
ProcessOrderArgument = Annotated[list[ProcessOrderBy] | None, strawberry.argument(description=_DESCRIPTION)]


def subscription_order(given: Sequence[SubscriptionOrderBy] | None) -> Sequence[OrderBy[SubscriptionOrder]]:
    """Gives the order that is asked for; the newest first if none is.

    Raises:
        InvalidOrderBy: It makes no sense.
    """
    return order_of(given, SUBSCRIPTION_SORTING, otherwise=NEWEST_FIRST)


def process_order(given: Sequence[ProcessOrderBy] | None) -> Sequence[OrderBy[ProcessOrder]]:
    """Gives the order that is asked for; the newest first if none is.

    Raises:
        InvalidOrderBy: It makes no sense.
    """
    return order_of(given, PROCESS_SORTING, otherwise=NEWEST_PROCESSES_FIRST)


def order_of(
    given: Sequence[AskedOrder[Field]] | None,
    sorting: Sorting[Field],
    *,
    otherwise: Sequence[OrderBy[Field]],
) -> Sequence[OrderBy[Field]]:
    """Gives the order that is asked for, or the other one if none is.

    Raises:
        InvalidOrderBy: It makes no sense.
    """
    asked = [OrderBy(each.field, each.direction is OrderDirection.DESC) for each in given or ()]
    try:
        return sorting.checked(asked or otherwise)
    except InvalidOrder as error:
        raise InvalidOrderBy(error) from None
