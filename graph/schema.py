"""The schema of one application: what all have, and what comes from its catalogue and registry."""

from dataclasses import dataclass

import strawberry
from graphql import GraphQLSchema

from domain.model.catalog import Catalog
from engine.registry import Registry
from graph.events.engine import EngineEvents
from graph.events.processes import ProcessEvents
from graph.extending.added_fields import AddedFields
from graph.extending.assembled_schema import AssembledSchema
from graph.extending.extension import NO_EXTENSION, GraphExtension
from graph.generate.enums import EnumTypes
from graph.generate.lists.subscriptions import add_queries, generate_lists
from graph.generate.mutations import add_mutations, generate_mutations
from graph.generate.results.families import Families
from graph.generate.subscriptions import generate_family_types
from graph.mutations.annotations import AnnotationMutations
from graph.mutations.engine import EngineMutations
from graph.mutations.many import ManyProcessesMutations
from graph.mutations.many_subscriptions import ManySubscriptionsMutations
from graph.mutations.notes import NoteMutations
from graph.mutations.processes import ProcessMutations
from graph.mutations.skipping import SkipMutations
from graph.names import fields_of
from graph.queries.catalog import CatalogQueries
from graph.queries.customers import CustomerQueries
from graph.queries.engine import EngineQueries
from graph.queries.nodes import NodeQueries
from graph.queries.processes import ProcessQueries
from graph.queries.subscriptions import SubscriptionQueries
from graph.queries.versions import VersionQueries
from graph.types.block import HiddenBlock
from graph.types.event import (
    ProcessNoted,
    ProcessSnapshot,
    ProcessStatusChanged,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from graph.types.subscription import RetiredSubscription


@strawberry.type
class Reads(
    CatalogQueries,
    SubscriptionQueries,
    VersionQueries,
    ProcessQueries,
    CustomerQueries,
    EngineQueries,
    NodeQueries,
):
    """What can be asked in every application."""


@strawberry.type
class Commands(
    ProcessMutations,
    SkipMutations,
    ManyProcessesMutations,
    ManySubscriptionsMutations,
    NoteMutations,
    EngineMutations,
    AnnotationMutations,
):
    """What can be done in every application."""


@strawberry.type(description="What can be followed live.")
class Subscription(ProcessEvents, EngineEvents):
    """What can be followed live."""


_UNREACHED = (
    RetiredSubscription,
    HiddenBlock,
    ProcessNoted,
    ProcessSnapshot,
    StepStarted,
    StepFinished,
    StepProgressed,
    ProcessStatusChanged,
)
"""Types of every application that no field leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSchema:
    """The schema of one application.

    Attributes:
        strawberry_schema: The types.
        core: The same for graphql-core, which executes it.
        families: The generated types of subscriptions.
    """

    strawberry_schema: strawberry.Schema
    core: GraphQLSchema
    families: Families


def build_schema(
    catalog: Catalog, registry: Registry, *, extension: GraphExtension = NO_EXTENSION
) -> ApplicationSchema:
    """Builds the schema; the same catalogue, registry and extension give the same one.

    Raises:
        SchemaDefinitionError: Names of the application clash with each other or with the schema's own, or a
            field that it adds has no permission.
    """
    added = AddedFields(extension)
    enums = EnumTypes()
    types = generate_family_types(catalog, enums)
    query = strawberry.type(
        add_queries(
            Reads,
            generate_lists(types, enums, catalog=catalog, registry=registry, taken=fields_of(Reads)),
        ),
        name="Query",
        description="What can be asked.",
    )
    mutation = strawberry.type(
        add_mutations(Commands, generate_mutations(catalog, registry, enums, taken=fields_of(Commands))),
        name="Mutation",
        description="What can be done.",
    )
    schema = AssembledSchema(
        query=query,
        mutation=mutation,
        subscription=Subscription,
        types=[*types.every, *_UNREACHED, *extension.types],
        added=added,
    )
    families = Families(types, catalog=catalog, registry=registry, added_fields=added.names)
    return ApplicationSchema(strawberry_schema=schema, core=schema.core, families=families)


def print_schema(catalog: Catalog, registry: Registry, *, extension: GraphExtension = NO_EXTENSION) -> str:
    """Gives the schema as text (SDL), ending in a line feed."""
    return f"{build_schema(catalog, registry, extension=extension).strawberry_schema.as_str()}\n"
