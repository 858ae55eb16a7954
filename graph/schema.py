"""The schema of one application: what all have, and what comes from its catalogue and registry."""

from dataclasses import dataclass

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, Undefined
from strawberry.exceptions import DuplicatedTypeName
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import get_object_definition

from domain.model.catalog import Catalog
from engine.registry import Registry
from graph.errors import SchemaDefinitionError
from graph.events.engine import EngineEvents
from graph.events.processes import ProcessEvents
from graph.families import Families
from graph.generate.enums import EnumTypes
from graph.generate.lists import add_queries, generate_lists
from graph.generate.mutations import add_mutations, generate_mutations
from graph.generate.subscriptions import FamilyTypes, generate_family_types
from graph.mutations.annotations import AnnotationMutations
from graph.mutations.engine import EngineMutations
from graph.mutations.many import ManyProcessesMutations
from graph.mutations.processes import ProcessMutations
from graph.mutations.skipping import SkipMutations
from graph.names import field_name
from graph.queries.catalog import CatalogQueries
from graph.queries.engine import EngineQueries
from graph.queries.nodes import NodeQueries
from graph.queries.processes import ProcessQueries
from graph.queries.subscriptions import SubscriptionQueries
from graph.queries.versions import VersionQueries
from graph.types.block import HiddenBlock
from graph.types.event import (
    ProcessSnapshot,
    ProcessStatusChanged,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from graph.types.scalars import scalar_map
from graph.types.subscription import RetiredSubscription


@strawberry.type
class Reads(CatalogQueries, SubscriptionQueries, VersionQueries, ProcessQueries, EngineQueries, NodeQueries):
    """What can be asked in every application."""


@strawberry.type
class Commands(ProcessMutations, SkipMutations, ManyProcessesMutations, EngineMutations, AnnotationMutations):
    """What can be done in every application."""


@strawberry.type(description="What can be followed live.")
class Subscription(ProcessEvents, EngineEvents):
    """What can be followed live."""


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


def build_schema(catalog: Catalog, registry: Registry) -> ApplicationSchema:
    """Builds the schema; the same catalogue and registry give the same one.

    Raises:
        SchemaDefinitionError: Names of the application clash with each other or with the schema's own.
    """
    enums = EnumTypes()
    types = generate_family_types(catalog, enums)
    query = strawberry.type(
        add_queries(Reads, generate_lists(types, enums, taken=_names(Reads))),
        name="Query",
        description="What can be asked.",
    )
    mutation = strawberry.type(
        add_mutations(Commands, generate_mutations(catalog, registry, enums, taken=_names(Commands))),
        name="Mutation",
        description="What can be done.",
    )
    try:
        schema = _schema(query, mutation, types)
    except DuplicatedTypeName as error:
        raise SchemaDefinitionError(
            f"{error.message}: expected another name for the application's."
        ) from error
    core = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # graphql-core executes it
    _drop_null_defaults(core)
    return ApplicationSchema(
        strawberry_schema=schema, core=core, families=Families(types, catalog=catalog, registry=registry)
    )


def _names(root: type) -> frozenset[str]:
    """The names of a type's fields in GraphQL."""
    fields = get_object_definition(root, strict=True).fields
    return frozenset(field.graphql_name or field_name(field.python_name) for field in fields)


def _drop_null_defaults(schema: GraphQLSchema) -> None:
    """Lets optional arguments be just that: null is what their resolvers take, and no default to read."""
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            for field in named.fields.values():
                for argument in field.args.values():
                    if argument.default_value is None:
                        argument.default_value = Undefined


def print_schema(catalog: Catalog, registry: Registry) -> str:
    """Gives the schema as text (SDL), ending in a line feed."""
    return f"{build_schema(catalog, registry).strawberry_schema.as_str()}\n"


def _schema(query: type, mutation: type, types: FamilyTypes) -> strawberry.Schema:
    return strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=Subscription,
        types=[
            *types.every,
            RetiredSubscription,
            HiddenBlock,
            ProcessSnapshot,
            StepStarted,
            StepFinished,
            StepProgressed,
            ProcessStatusChanged,
        ],
        config=StrawberryConfig(scalar_map=scalar_map()),
    )
