"""Plans: how the objects of one type are read for one selection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedOutputType,
    GraphQLObjectType,
    GraphQLOutputType,
)
from graphql.execution.collect_fields import FieldDetailsList

from graph.execution.fast.leaves import Convert, Leaf


class Place(NamedTuple):
    """One field of a selection, as graphql-core knows it."""

    parent: GraphQLObjectType
    definition: GraphQLField
    details: FieldDetailsList

    @property
    def nodes(self) -> list[FieldNode]:
        """Where it stands in the document."""
        return [details.node for details in self.details]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """How values of a scalar or an enum become results."""

    optional: bool
    leaf: Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """How objects of a type, an interface or a union become results.

    Attributes:
        plans: By class, how its objects are read; None: graphql-core must look at each of them.
        can_be_cast: Whether an object of a class may be of another type than the others.
    """

    optional: bool
    kind: GraphQLNamedOutputType
    place: Place
    plans: dict[type, "Plan | None"]
    can_be_cast: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """How lists become results.

    Attributes:
        leads_on: Whether a budget pays for the entries.
    """

    optional: bool
    place: Place
    entry: "Completion"
    entry_type: GraphQLOutputType
    leads_on: bool


Completion = Leaves | Objects | Entries


class Step(NamedTuple):
    """How one field of an object is read.

    Attributes:
        attribute: What to read; None if graphql-core executes the field.
        completion: What makes a result of what was read.
        place: The field; None for `__typename`.
    """

    key: str
    attribute: str | None
    completion: Completion | None
    place: Place | None


Read = tuple[str, str | None, frozenset[type], Mapping[type, Convert], Step]
"""A step in the form that is taken apart fastest: its key, its attribute, the classes whose values are
results as they are, what converts the values of others, and the step."""


class Plan(NamedTuple):
    """How the objects of one type are read for one selection.

    Attributes:
        planned: How many fields graphql-core has no part in, unless a value is unusual.
    """

    type_name: str
    reads: tuple[Read, ...]
    planned: int
