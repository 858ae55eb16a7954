"""The types that are generated for what models may hold, and the names that clash."""

from enum import IntEnum
from types import new_class

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from pydantic import BaseModel

from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.subscriptions import SubscriptionModel
from engine.registry import Registry
from graph.errors import SchemaDefinitionError
from graph.schema import build_schema
from tests.graph.application import CATALOG, REGISTRY
from tests.parity import parity


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(CATALOG, REGISTRY).core


def types_of(schema: GraphQLSchema, name: str, *fields: str) -> dict[str, str]:
    """The types of fields of an object type."""
    named = schema.type_map[name]
    assert isinstance(named, GraphQLObjectType)
    return {field: str(named.fields[field].type) for field in fields}  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open


@parity("GQ-04")
@parity("GQ-04", mends="nullable")
def test_what_may_refer_or_is_computed_may_be_null_unless_it_is_active(schema: GraphQLSchema) -> None:
    fields = ("main", "ends", "backup", "carrier", "title", "total", "places", "weights", "sites")

    assert types_of(schema, "CircuitBlock", *fields) == {
        "main": "PortBlock",
        "ends": "[CircuitBlockEnds]!",
        "backup": "CircuitBlock",
        "carrier": "CircuitBlockCarrier",
        "title": "String",
        "total": "BigInt",
        "places": "[Site!]",
        "weights": "[BigInt]!",
        "sites": "[Site!]!",
    }
    assert types_of(schema, "ActiveCircuitBlock", *fields) == {
        "main": "ActivePortBlock!",
        "ends": "[ActiveCircuitBlockEnds!]!",
        "backup": "ActiveCircuitBlock",
        "carrier": "ActiveCircuitBlockCarrier",
        "title": "String!",
        "total": "BigInt!",
        "places": "[Site!]!",
        "weights": "[BigInt]!",
        "sites": "[Site!]!",
    }
    assert types_of(schema, "CircuitSubscription", "frameSize", "summary", "circuit") == {
        "frameSize": "FrameSize!",
        "summary": "String",
        "circuit": "CircuitBlock",
    }


def test_a_choice_of_blocks_is_a_union_and_an_enum_of_numbers_has_its_names(schema: GraphQLSchema) -> None:
    unions = {
        name: [member.name for member in named.types]
        for name, named in schema.type_map.items()
        if isinstance(named, GraphQLUnionType) and "Circuit" in name
    }
    frames = schema.type_map["FrameSize"]

    assert unions == {
        "CircuitBlockCarrier": ["RadioBlock", "FibreBlock"],
        "CircuitBlockEnds": ["PortBlock", "RadioBlock"],
        "ActiveCircuitBlockCarrier": ["ActiveRadioBlock", "ActiveFibreBlock"],
        "ActiveCircuitBlockEnds": ["ActivePortBlock", "ActiveRadioBlock"],
    }
    assert isinstance(frames, GraphQLEnumType)
    assert {name: value.description for name, value in frames.values.items()} == {
        "NORMAL": "Normal: 1500.",
        "JUMBO": "Jumbo: 9000.",
    }


def test_an_input_names_the_model_that_a_subscription_must_have(schema: GraphQLSchema) -> None:
    named = schema.type_map["SetCircuitInput"]
    assert isinstance(named, GraphQLInputObjectType)
    fields = named.fields

    assert {name: str(fields[name].type) for name in ("node", "nodes", "site", "patience", "gateway")} == {  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open
        "node": "ID",
        "nodes": "[ID!]",
        "site": "SiteInput",
        "patience": "Duration",
        "gateway": "IPAddress",
    }
    assert fields["node"].description == "The node. A subscription Node that is ACTIVE."


def block_of(name: str, **fields: object) -> type[ProductBlockModel]:
    """A block made for one test."""

    def declare(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = fields

    made: type[ProductBlockModel] = new_class(name, (ProductBlockModel,), {"name": name}, declare)
    return made


def schema_of(**blocks: type[ProductBlockModel]) -> GraphQLSchema:
    """The schema of one product with these blocks."""

    def declare(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = blocks

    model: type[SubscriptionModel] = new_class("Link", (SubscriptionModel,), {"name": "Link"}, declare)
    product = Product(name="Link", tag="LINK", product_type="Link", description="A link.", model=model)
    return build_schema(Catalog([product]), Registry([])).core


def named_place() -> type[BaseModel]:
    class Place(BaseModel):
        name: str

    return Place


def numbered_place() -> type[BaseModel]:
    class Place(BaseModel):
        number: int

    return Place


def test_value_objects_of_one_name_are_refused() -> None:
    first = block_of("FirstBlock", place=named_place())
    second = block_of("SecondBlock", place=numbered_place())

    with pytest.raises(SchemaDefinitionError, match="found two value objects Place"):
        schema_of(first=first, second=second)


def test_unions_of_one_name_are_refused() -> None:
    one, other = block_of("OneBlock", speed=int), block_of("OtherBlock", speed=int)
    first = block_of("First", block_end=one | other)
    second = block_of("FirstBlock", end=one | other)

    with pytest.raises(SchemaDefinitionError, match="found two unions FirstBlockEnd"):
        schema_of(first=first, second=second)


def test_a_union_named_like_a_block_is_refused() -> None:
    one, other = block_of("OneBlock", speed=int), block_of("FirstEnd", speed=int)
    first = block_of("First", end=one | other)

    with pytest.raises(SchemaDefinitionError, match=r"found a block and a union of .* named FirstEnd"):
        schema_of(first=first)


def test_an_enum_named_like_a_value_object_is_refused() -> None:
    class Place(IntEnum):
        ATTIC = 1

    first = block_of("FirstBlock", place=named_place(), kind=Place)

    with pytest.raises(SchemaDefinitionError, match="Place"):
        schema_of(first=first)


@pytest.mark.parametrize("name", ["typed_model", "block_record", "in_use_by"])
def test_a_name_that_results_need_themselves_is_refused(name: str) -> None:
    with pytest.raises(SchemaDefinitionError, match="is taken by every block: expected another name"):
        schema_of(first=block_of("FirstBlock", **{name: int}))
