"""The `where` types that are generated for what models may hold, and the names that clash."""

# graphql-core leaves the inner type of lists open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from enum import Enum
from typing import Literal

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema
from pydantic import create_model

from graph.errors import SchemaDefinitionError
from graph.generate.enums import EnumTypes
from graph.generate.lists.subscriptions import generate_lists
from graph.generate.subscriptions import generate_family_types
from graph.names import member_name
from graph.schema import build_schema
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.test_generated_types import block_of, schema_of


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(CATALOG, REGISTRY).core


def fields_of(schema: GraphQLSchema, name: str) -> dict[str, str]:
    """The types of the fields of an input type."""
    named = schema.type_map[name]
    assert isinstance(named, GraphQLInputObjectType)
    return {field: str(each.type) for field, each in named.fields.items()}


def queries_of(schema: GraphQLSchema) -> GraphQLObjectType:
    """The root of queries."""
    assert schema.query_type is not None
    return schema.query_type


def test_each_model_has_a_list_of_its_own_with_its_own_filter(schema: GraphQLSchema) -> None:
    lists = {
        name: (str(field.type), str(field.args["where"].type))
        for name, field in queries_of(schema).fields.items()
        if "where" in field.args
    }

    assert lists == {
        "products": ("ProductConnection!", "ProductWhere"),
        "productBlocks": ("ProductBlockConnection!", "ProductBlockWhere"),
        "workflows": ("WorkflowConnection!", "WorkflowWhere"),
        "processes": ("ProcessConnection!", "ProcessWhere"),
        "processCounts": ("[ProcessCount!]!", "ProcessWhere"),
        "subscriptions": ("ProductSubscriptionConnection!", "SubscriptionWhere"),
        "subscriptionCounts": ("[SubscriptionCount!]!", "SubscriptionWhere"),
        "nodeSubscriptions": ("NodeSubscriptionConnection!", "NodeSubscriptionWhere"),
        "circuitSubscriptions": ("CircuitSubscriptionConnection!", "CircuitSubscriptionWhere"),
    }


def test_a_filter_has_the_common_fields_the_fixed_inputs_and_the_blocks_but_nothing_computed(
    schema: GraphQLSchema,
) -> None:
    common = fields_of(schema, "SubscriptionWhere")
    joins = {"and": "[{0}!]", "or": "[{0}!]", "not": "{0}"}
    own = {name: kind.format("CircuitSubscriptionWhere") for name, kind in joins.items()}

    assert fields_of(schema, "CircuitSubscriptionWhere") == {
        **common,
        **own,
        "frameSize": "FrameSizeFilter",
        "circuit": "CircuitBlockWhere",
    }
    assert fields_of(schema, "OwnedBlockWhere")["circuitBlock"] == "CircuitBlockWhere"
    assert {name: common[name] for name in ("id", "status", "startAt", "version", "inSync", "product")} == {
        "id": "IDFilter",
        "status": "SubscriptionStatusFilter",
        "startAt": "DateTimeFilter",
        "version": "IntFilter",
        "inSync": "BooleanFilter",
        "product": "SubscriptionProductWhere",
    }


def test_a_filter_of_a_block_has_its_values_lists_unions_references_and_itself(schema: GraphQLSchema) -> None:
    assert fields_of(schema, "CircuitBlockWhere") == {
        "and": "[CircuitBlockWhere!]",
        "or": "[CircuitBlockWhere!]",
        "not": "CircuitBlockWhere",
        "label": "StringFilter",
        "name": "StringFilter",
        "frameSize": "FrameSizeFilter",
        "counter": "BigIntFilter",
        "opensAt": "TimeFilter",
        "patience": "DurationFilter",
        "contact": "EmailAddressFilter",
        "manual": "URLFilter",
        "gateway": "IPAddressFilter",
        "weights": "BigIntListFilter",
        "site": "SiteFilter",
        "sites": "SiteListFilter",
        "carrier": "CircuitBlockCarrierWhere",
        "ends": "CircuitBlockEndsListWhere",
        "main": "PortBlockWhere",
        "backup": "CircuitBlockWhere",
    }
    assert fields_of(schema, "SiteFilter") == {
        "name": "StringFilter",
        "frameSize": "FrameSizeFilter",
        "isNull": "Boolean",
    }
    assert fields_of(schema, "SiteListFilter")["some"] == "SiteFilter"
    assert fields_of(schema, "CircuitBlockEndsListWhere") == {
        "portBlock": "PortBlockListWhere",
        "radioBlock": "RadioBlockListWhere",
    }
    assert fields_of(schema, "PortBlockListWhere") == dict.fromkeys(
        ("some", "every", "none"), "PortBlockWhere"
    )


def test_a_kind_of_values_offers_the_operators_that_make_sense_for_it(schema: GraphQLSchema) -> None:
    equality, order = ["eq", "in", "isNull"], ["eq", "in", "lt", "lte", "gt", "gte", "isNull"]

    found = {
        name: list(fields_of(schema, f"{name}Filter"))
        for name in ("String", "BigInt", "Boolean", "FrameSize", "IPAddress", "StringChoice", "Decimal", "ID")
    }

    assert found == {
        "String": [*order, "contains", "startsWith"],
        "BigInt": order,
        "Boolean": equality,
        "FrameSize": equality,
        "IPAddress": equality,
        "StringChoice": equality,
        "Decimal": order,
        "ID": equality,
    }


def test_every_type_of_a_filter_and_every_field_of_it_is_described(schema: GraphQLSchema) -> None:
    silent = [
        name
        for name, named in schema.type_map.items()
        if isinstance(named, GraphQLInputObjectType)
        and name.endswith(("Where", "Filter", "OrderBy"))
        and not (named.description and all(field.description for field in named.fields.values()))
    ]

    assert silent == []


def test_applications_beside_each_other_have_filters_of_their_own() -> None:
    small = schema_of(first=block_of("FirstBlock", speed=int))
    again = build_schema(CATALOG, REGISTRY).core

    assert fields_of(small, "FirstBlockWhere")["speed"] == "BigIntFilter"
    assert "circuit" not in fields_of(small, "SubscriptionWhere")
    assert fields_of(again, "NodeSubscriptionWhere")["node"] == "NodeBlockWhere"


def test_enums_whose_filters_have_one_name_are_refused() -> None:
    first = block_of("FirstBlock", kind=Enum("String", {"ONE": "one"}))

    with pytest.raises(SchemaDefinitionError, match="String"):
        schema_of(first=first)


def test_an_enum_named_like_the_list_of_another_is_refused() -> None:
    first = block_of(
        "FirstBlock", kinds=list[Enum("Kind", {"ONE": "one"})], kind=Enum("KindList", {"ONE": "one"})
    )

    with pytest.raises(SchemaDefinitionError, match="found two types KindListFilter, for "):
        schema_of(first=first)


def test_a_block_named_like_the_list_of_another_is_refused() -> None:
    inner, lists = block_of("Port", speed=int), block_of("PortList", speed=int)
    first = block_of("FirstBlock", ports=list[inner], other=lists)

    with pytest.raises(SchemaDefinitionError, match="found two types PortListWhere, for "):
        schema_of(first=first)


@pytest.mark.parametrize("name", ["Product", "Process", "Subscription"])
def test_a_block_whose_filter_is_named_like_one_of_ours_is_refused(name: str) -> None:
    with pytest.raises(SchemaDefinitionError, match=f"found two types {name}Where, for the block {name} and"):
        schema_of(first=block_of(name, speed=int))


def test_what_is_named_like_a_type_of_operators_is_refused() -> None:
    expected = "found two types BigIntFilter, for what the application calls BigIntFilter and for a value of"
    place = create_model("BigIntFilter", name=str)

    for fields in ({"speed": int, "place": place}, {"speed": int, "kind": Enum("BigIntFilter", {"A": "a"})}):
        with pytest.raises(SchemaDefinitionError, match=expected):
            schema_of(first=block_of("FirstBlock", **fields))
    with pytest.raises(SchemaDefinitionError, match=expected):
        schema_of(first=block_of("BigIntFilter", speed=int))


def test_a_list_named_like_another_query_is_refused() -> None:
    enums = EnumTypes()
    types = generate_family_types(CATALOG, enums)

    with pytest.raises(SchemaDefinitionError, match="found two queries nodeSubscriptions, of"):
        generate_lists(types, enums, catalog=CATALOG, registry=REGISTRY, taken={"nodeSubscriptions"})


def test_literals_of_texts_and_of_numbers_have_operators_without_an_order() -> None:
    schema = schema_of(first=block_of("FirstBlock", band=Literal["low", "high"], size=Literal[1, 2]))

    assert fields_of(schema, "FirstBlockWhere")["band"] == "StringChoiceFilter"
    assert fields_of(schema, "FirstBlockWhere")["size"] == "IntChoiceFilter"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PortBlock", "portBlock"),
        ("IPPrefix", "ipPrefix"),
        ("L2 vpn", "l2Vpn"),
        ("IP", "ip"),
        ("node", "node"),
    ],
)
def test_a_member_is_named_after_its_type(name: str, expected: str) -> None:
    assert member_name(name) == expected
