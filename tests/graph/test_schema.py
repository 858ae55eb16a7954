import re
from collections.abc import Iterator
from enum import StrEnum
from types import new_class

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_specified_scalar_type,
    validate_schema,
)
from pydantic import BaseModel

from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.subscriptions import SubscriptionModel
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.workflow_decorators import task
from graph.errors import SchemaDefinitionError
from graph.permissions import permission_of
from graph.schema import build_schema, print_schema
from tests.graph.application import CATALOG, REGISTRY


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(CATALOG, REGISTRY).core


def own_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    for named in schema.type_map.values():
        if not is_introspection_type(named) and not is_specified_scalar_type(named):
            yield named


def test_the_schema_is_valid_and_printed_the_same_each_time(schema: GraphQLSchema) -> None:
    assert validate_schema(schema) == []
    assert print_schema(CATALOG, REGISTRY) == print_schema(CATALOG, REGISTRY)


def test_every_field_has_a_permission(schema: GraphQLSchema) -> None:
    missing = [
        f"{named.name}.{name}"
        for named in own_types(schema)
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in named.fields.items()
        if permission_of(named, field) is None
    ]

    assert missing == []


def test_everything_has_a_description(schema: GraphQLSchema) -> None:
    assert [place for place, text in descriptions(schema) if not text or not text.strip()] == []


def descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Every place of the schema that can have a description, with it."""
    for named in own_types(schema):
        yield named.name, named.description
        match named:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for name, field in named.fields.items():
                    yield f"{named.name}.{name}", field.description
                    for argument, details in field.args.items():
                        yield f"{named.name}.{name}({argument}:)", details.description
            case GraphQLInputObjectType():
                for name, given in named.fields.items():
                    yield f"{named.name}.{name}", given.description
            case GraphQLEnumType():
                for name, value in named.values.items():
                    yield f"{named.name}.{name}", value.description
            case _:
                pass


def fields_of(schema: GraphQLSchema, name: str) -> dict[str, str]:
    """The fields of an object or input type, with their types."""
    named = schema.type_map[name]
    if isinstance(named, GraphQLObjectType):
        return {field: str(details.type) for field, details in named.fields.items()}  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open
    assert isinstance(named, GraphQLInputObjectType)
    return {field: str(details.type) for field, details in named.fields.items()}  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open


def test_no_argument_has_null_for_a_default() -> None:
    assert "= null" not in print_schema(CATALOG, REGISTRY)


def test_the_members_of_a_union_can_be_asked_for_side_by_side(schema: GraphQLSchema) -> None:
    """Fields of one name and different types would make every client write aliases."""
    for union in own_types(schema):
        if isinstance(union, GraphQLUnionType):
            types: dict[str, set[str]] = {}
            for member in union.types:
                for name, field in member.fields.items():
                    types.setdefault(name, set()).add(str(field.type))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open

            assert {name: found for name, found in types.items() if len(found) > 1} == {}


def test_the_schema_has_no_words_of_the_engines_inside() -> None:
    words = set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", print_schema(CATALOG, REGISTRY)).lower()))

    assert words & {"epoch", "lease", "fence", "inbox", "checkpoint", "segment", "run_no", "xid"} == set()


def test_types_follow_the_models(schema: GraphQLSchema) -> None:
    fields = {
        name: fields_of(schema, name)
        for name in (
            "NodeBlock",
            "ActiveNodeBlock",
            "PortBlock",
            "ActiveNode",
            "CreateNodeInput",
            "PortSpeedInput",
        )
    }

    assert {
        name: fields["NodeBlock"][name] for name in ("hostname", "role", "serial", "tags", "ports", "uplink")
    } == {
        "hostname": "String",
        "role": "Role",
        "serial": "BigInt",
        "tags": "[String!]!",
        "ports": "[PortBlock!]!",
        "uplink": "PortBlock",
    }
    assert {
        name: fields["ActiveNodeBlock"][name] for name in ("hostname", "role", "serial", "ports", "uplink")
    } == {
        "hostname": "String!",
        "role": "Role!",
        "serial": "BigInt!",
        "ports": "[ActivePortBlock!]!",
        "uplink": "ActivePortBlock",
    }
    assert (fields["PortBlock"]["name"], fields["PortBlock"]["speed"]) == ("String!", "BigInt")
    assert fields["ActiveNode"] == {"vendor": "String!", "node": "ActiveNodeBlock!"}
    assert fields["CreateNodeInput"] == {
        "product": "String!",
        "customerId": "String!",
        "hostname": "String!",
        "role": "Role",
        "loopback": "IPv4Address",
        "ports": "[PortSpeedInput!]",
    }
    assert fields["PortSpeedInput"] == {"name": "String!", "speed": "BigInt!"}


def test_each_workflow_that_one_object_can_start_has_a_mutation(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    arguments = {name: list(field.args) for name, field in schema.mutation_type.fields.items()}

    assert arguments == {
        "startWorkflow": ["workflow", "pages", "subscription", "version", "idempotencyKey"],
        "resumeProcess": ["process", "pages"],
        "retryProcess": ["process"],
        "abortProcess": ["process", "reason"],
        "skipStep": ["step", "reason", "values"],
        "retryProcesses": ["processes"],
        "retryFailedTasks": [],
        "deleteProcesses": ["processes"],
        "abortProcesses": ["processes", "reason"],
        "startWorkflows": ["workflow", "subscriptions", "pages", "idempotencyKey"],
        "setSubscriptionsInSync": ["subscriptions"],
        "setProcessNote": ["process", "note", "version"],
        "pauseEngine": [],
        "unpauseEngine": [],
        "setSubscriptionNote": ["subscription", "note", "version"],
        "setSubscriptionMetadata": ["subscription", "metadata", "version"],
        "setCustomerDescription": ["subscription", "customerId", "description", "version"],
        "deleteCustomerDescription": ["subscription", "customerId", "version"],
        "setSubscriptionInSync": ["subscription"],
        "createNode": ["input", "idempotencyKey"],
        "renameNode": ["input", "idempotencyKey"],
        "validateNode": ["input", "idempotencyKey"],
        "terminateNode": ["input", "idempotencyKey"],
        "callBack": ["idempotencyKey"],
        "setCircuit": ["input", "idempotencyKey"],
    }


def test_two_applications_live_side_by_side(schema: GraphQLSchema) -> None:
    other = build_schema(catalog_of(block_of("LinkBlock")), Registry([]))

    assert "LinkBlock" in other.core.type_map
    assert "LinkBlock" not in schema.type_map
    assert "NodeBlock" not in other.core.type_map


def block_of(name: str, **fields: type) -> type[ProductBlockModel]:
    """A block made for one test."""

    def declare(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = fields or {"speed": int}

    made: type[ProductBlockModel] = new_class(name, (ProductBlockModel,), {"name": name}, declare)
    return made


def catalog_of(block: type[ProductBlockModel], *, attribute: str = "link") -> Catalog:
    """A catalogue of one product with one block."""

    def declare(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = {attribute: block}

    model: type[SubscriptionModel] = new_class("Link", (SubscriptionModel,), {"name": "Link"}, declare)
    return Catalog(
        [Product(name="Link", tag="LINK", product_type="Link", description="A link.", model=model)]
    )


def test_a_block_named_like_one_of_our_types_is_refused() -> None:
    with pytest.raises(SchemaDefinitionError, match="found two types Viewer: the type that is made"):
        build_schema(catalog_of(block_of("Viewer")), Registry([]))


def test_a_block_field_that_every_block_has_is_refused() -> None:
    with pytest.raises(
        SchemaDefinitionError, match="block LinkBlock: the name 'ownerSubscription' is taken by every block"
    ):
        build_schema(catalog_of(block_of("LinkBlock", owner_subscription=str)), Registry([]))


def test_a_subscription_field_that_every_subscription_has_is_refused() -> None:
    with pytest.raises(SchemaDefinitionError, match="the name 'blocks' is taken by every subscription"):
        build_schema(catalog_of(block_of("LinkBlock"), attribute="blocks"), Registry([]))


@step("Nothing")
async def nothing() -> None:
    """Do nothing."""


def test_workflows_whose_mutations_would_have_one_name_are_refused() -> None:
    @task()
    def start_workflow() -> StepList:
        return begin >> nothing >> done

    with pytest.raises(
        SchemaDefinitionError, match="found two mutations startWorkflow, of every application and"
    ):
        build_schema(CATALOG, Registry([start_workflow]))


def named_item() -> type[BaseModel]:
    class Item(BaseModel):
        name: str

    class Holder(BaseModel):
        item: Item

    return Holder


def sized_item() -> type[BaseModel]:
    class Item(BaseModel):
        size: int

    class Holder(BaseModel):
        item: Item

    return Holder


def test_inputs_of_one_name_are_refused() -> None:
    @task(input=named_item())
    def name_it() -> StepList:
        return begin >> nothing >> done

    @task(input=sized_item())
    def size_it() -> StepList:
        return begin >> nothing >> done

    with pytest.raises(SchemaDefinitionError, match="found two inputs ItemInput"):
        build_schema(CATALOG, Registry([name_it, size_it]))


def test_enums_of_one_name_are_refused() -> None:
    class Role(StrEnum):
        LEADER = "leader"

    class Lead(BaseModel):
        role: Role

    @task(input=Lead)
    def lead() -> StepList:
        return begin >> nothing >> done

    with pytest.raises(SchemaDefinitionError, match="found two enums Role"):
        build_schema(CATALOG, Registry([lead]))
