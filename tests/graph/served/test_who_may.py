"""Who may do what: every query, mutation and event, for every kind of caller."""

# graphql-core leaves the inner type of lists open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_leaf_type,
)

from domain.storage.database import Database
from graph.app import create_server
from graph.authentication.settings import OPERATOR, READER, OidcSettings
from graph.permissions import Permission, permission_of
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.authentication.provider import AUDIENCE, Provider, providing, rsa_key
from tests.graph.served.house import SCHEMA, SETTINGS, House
from tests.graph.serving import serving

KEY = rsa_key("who-may")
ROLES = {"reader": READER, "operator": OPERATOR, "admin": frozenset(Permission)}
TABLES = (
    "process",
    "process_step",
    "event",
    "inbox",
    "subscription",
    "subscription_metadata",
    "customer_description",
    "engine",
)
PLAIN = {"Boolean": True, "Int": 1, "BigInt": 1, "JSON": {}}


@dataclass(frozen=True)
class RootField:
    """A field of a root type, and the permissions that it takes with the type it gives."""

    kind: str
    name: str
    field: GraphQLField
    needs: frozenset[Permission]


def _root_fields() -> list[RootField]:
    roots = {
        "query": SCHEMA.core.query_type,
        "mutation": SCHEMA.core.mutation_type,
        "subscription": SCHEMA.core.subscription_type,
    }
    return [
        RootField(kind, name, field, _needs(root, field))
        for kind, root in roots.items()
        if root is not None
        for name, field in root.fields.items()
    ]


def _needs(root: GraphQLObjectType, field: GraphQLField) -> frozenset[Permission]:
    own = permission_of(root, field)
    assert own is not None, f"{root.name} has a field without a permission"
    given = get_named_type(field.type).extensions.get("strawberry-definition")
    directives = getattr(given, "directives", None) or ()
    return frozenset({own, *(each.permission for each in directives if hasattr(each, "permission"))})


FIELDS = _root_fields()


@dataclass(frozen=True, kw_only=True)
class ClosedHouse:
    """A server for callers with tokens, which holds a process and a subscription of customer 1."""

    house: House
    provider: Provider
    ids: Mapping[str, str]

    async def ask(self, field: RootField, *, role: str | None, customer: str = "customer 1") -> Any:
        """The first response of an operation that selects the field."""
        headers = {"accept": "text/event-stream" if field.kind == "subscription" else "application/json"}
        if role is not None:
            headers["authorization"] = f"Bearer {self.provider.sign(roles=[role], customers=[customer])}"
        document, variables = self.document(field)
        body = {"query": document, "variables": variables}
        async with self.house.client.stream("POST", "/graphql", json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                text = line.removeprefix("data: ")
                if text.startswith("{"):
                    return json.loads(text)
        raise AssertionError("found no response")

    def document(self, field: RootField) -> tuple[str, dict[str, Any]]:
        """An operation that selects the field with the arguments that it requires, and little of it."""
        required = {
            name: argument.type
            for name, argument in field.field.args.items()
            if isinstance(argument.type, GraphQLNonNull)
        }
        declared = ", ".join(f"${name}: {kind}" for name, kind in required.items())
        given = ", ".join(f"{name}: ${name}" for name in required)
        selection = "" if is_leaf_type(get_named_type(field.field.type)) else " { __typename }"
        document = (
            f"{field.kind}{f'({declared})' if declared else ''}"
            f" {{ {field.name}{f'({given})' if given else ''}{selection} }}"
        )
        about = {**self.ids, "id": self.ids.get(field.name, self.ids["process"])}
        return document, {name: _value(name, kind, about) for name, kind in required.items()}

    async def stored(self) -> list[str]:
        """All that is stored, as text."""
        async with self.house.database.writer() as connection:
            return [
                str(await connection.fetch(f"SELECT t::text FROM {table} AS t ORDER BY t::text"))  # noqa: S608  # names of tables
                for table in TABLES
            ]


def _value(name: str, kind: Any, ids: Mapping[str, str]) -> Any:
    """A value of an input type: ids are those of what there is."""
    match kind:
        case GraphQLNonNull():
            found = _value(name, kind.of_type, ids)
        case GraphQLList():
            found = [_value(name.removesuffix("s").removesuffix("se"), kind.of_type, ids)]
        case GraphQLEnumType():
            found = next(iter(kind.values))
        case GraphQLInputObjectType():
            required = {each: field.type for each, field in kind.fields.items()}
            found = {
                each: _value(each, of, ids) for each, of in required.items() if isinstance(of, GraphQLNonNull)
            }
        case GraphQLScalarType(name="ID"):
            found = ids.get(name, ids["process"])
        case GraphQLScalarType(name="String"):
            found = "customer 1" if name == "customerId" else "text"
        case _:
            found = PLAIN[kind.name]
    return found


@pytest_asyncio.fixture
async def closed(database: Database) -> AsyncGenerator[ClosedHouse]:
    async with providing(KEY) as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        server = create_server(
            database=database,
            catalog=CATALOG,
            registry=REGISTRY,
            schema=SCHEMA,
            settings=SETTINGS,
            graph_settings=GraphSettings(oidc=oidc),
        )
        admin = {"authorization": f"Bearer {provider.sign(roles=['admin'])}"}
        async with (
            serving(server.asgi, end_streams=server.end_streams) as url,
            httpx.AsyncClient(base_url=url, timeout=20) as strangers,
            httpx.AsyncClient(base_url=url, timeout=20, headers=admin) as client,
        ):
            ids = await _fill(House(database=database, client=client, url=url, server=server))
            house = House(database=database, client=strangers, url=url, server=server)
            yield ClosedHouse(house=house, provider=provider, ids=ids)


async def _fill(house: House) -> dict[str, str]:
    async with house.working():
        process = await house.start_node()
        await house.until(process, "SUSPENDED")
    found = await house.ask(
        """query ($id: ID!) { process(id: $id) { subscriptions { id } steps { id } }
             products { nodes { id } } workflows { nodes { id } } }""",
        id=process,
    )
    return {
        "process": process,
        "subscription": found["process"]["subscriptions"][0]["id"],
        "step": found["process"]["steps"][0]["id"],
        "product": found["products"]["nodes"][0]["id"],
        "workflow": found["workflows"]["nodes"][0]["id"],
    }


async def test_strangers_may_do_nothing(closed: ClosedHouse) -> None:
    before = await closed.stored()

    answers = [await closed.ask(field, role=None) for field in FIELDS]

    assert {answer["errors"][0]["extensions"]["code"] for answer in answers} == {"NO_TOKEN"}
    assert not any("data" in answer for answer in answers)
    assert await closed.stored() == before


@pytest.mark.parametrize("role", ["gardener", *ROLES])
async def test_a_role_may_do_what_its_permissions_say_and_nothing_else(
    closed: ClosedHouse, role: str
) -> None:
    permissions = ROLES.get(role, frozenset[Permission]())
    allowed = [field for field in FIELDS if field.needs <= permissions]
    forbidden = [field for field in FIELDS if not field.needs <= permissions]
    before = await closed.stored()

    refused = {field.name: await closed.ask(field, role=role) for field in forbidden}
    # What changes nothing may be tried by those who may.
    read = {field.name: await closed.ask(field, role=role) for field in allowed if field.kind != "mutation"}

    assert {
        name: ({error["extensions"]["code"] for error in answer["errors"]}, "data" in answer)
        for name, answer in refused.items()
    } == {field.name: ({"NOT_ALLOWED"}, False) for field in forbidden}
    assert [name for name, answer in read.items() if "NOT_ALLOWED" in str(answer)] == []
    assert await closed.stored() == before


async def test_who_serves_other_customers_finds_nothing_and_changes_nothing(closed: ClosedHouse) -> None:
    before = await closed.stored()
    own = [closed.ids["process"], closed.ids["subscription"], closed.ids["step"], "lab-1", "customer 1"]

    for field in FIELDS:
        if field.needs <= OPERATOR:
            answer = await closed.ask(field, role="operator", customer="customer 2")
            said = str(closed.document(field))
            assert [each for each in own if each in str(answer) and each not in said] == [], field.name

    assert await closed.stored() == before
