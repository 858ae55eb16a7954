"""A server that other machines may reach: whoever asks needs a token of the identity provider."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import httpx_sse
import pytest
import pytest_asyncio
from starlette.responses import PlainTextResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from domain.json import JsonValue, decode, encode
from domain.storage.database import Database
from graph.app import create_server
from graph.authentication.settings import OidcSettings
from graph.settings import GraphSettings
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.authentication.provider import AUDIENCE, Provider, providing, rsa_key
from tests.graph.served.house import CREATE_NODE, NODE, SCHEMA, SETTINGS, House
from tests.graph.serving import serving

KEY = rsa_key("signing-in")
PORTAL = "https://portal.example.org"

VIEWER = "{ viewer { name customerIds permissions } }"


@pytest_asyncio.fixture
async def provider() -> AsyncGenerator[Provider]:
    async with providing(KEY) as provider:
        yield provider


@pytest_asyncio.fixture
async def closed_house(database: Database, provider: Provider) -> AsyncGenerator[House]:
    """The served application, for callers with a token alone."""
    oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE, leeway_s=0)
    server = create_server(
        database=database,
        catalog=CATALOG,
        registry=REGISTRY,
        schema=SCHEMA,
        settings=SETTINGS,
        graph_settings=GraphSettings(host="0.0.0.0", oidc=oidc, allowed_origins=frozenset({PORTAL})),  # noqa: S104  # closed to strangers
    )
    async with (
        serving(server.asgi, end_streams=server.end_streams) as url,
        httpx.AsyncClient(base_url=url, timeout=20) as client,
    ):
        yield House(database=database, client=client, url=url, server=server)


async def post(house: House, token: str | None, query: str, **variables: object) -> httpx.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return await house.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


async def processes(house: House) -> int:
    async with house.database.writer() as connection:
        return await connection.fetchval("SELECT count(*) FROM process")


@pytest.mark.parametrize(
    ("authorization", "challenge", "code"),
    [
        (None, "Bearer", "NO_TOKEN"),
        ("Basic YWRhOmFkYQ==", 'Bearer error="invalid_token"', "MALFORMED_TOKEN"),
        ("Bearer", 'Bearer error="invalid_token"', "MALFORMED_TOKEN"),
        ("Bearer nonsense", 'Bearer error="invalid_token"', "MALFORMED_TOKEN"),
    ],
)
async def test_a_stranger_is_refused_and_nothing_is_done(
    closed_house: House, authorization: str | None, challenge: str, code: str
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    body = {"query": CREATE_NODE, "variables": {"input": NODE}}

    response = await closed_house.client.post("/graphql", json=body, headers=headers)

    assert (response.status_code, response.headers["www-authenticate"]) == (401, challenge)
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert await processes(closed_house) == 0


async def test_a_caller_has_the_permissions_and_the_customers_of_the_token(
    closed_house: House, provider: Provider
) -> None:
    reader = provider.sign(sub="rita", roles=["reader"], customers=["customer 1"])
    operator = provider.sign(sub="omar", roles=["operator"], customers=["customer 1"])
    other = provider.sign(sub="olga", roles=["operator"], customers=["customer 2"])
    nobody = provider.sign(sub="ned")

    seen = (await post(closed_house, reader, VIEWER)).json()["data"]["viewer"]
    refused = await post(closed_house, reader, CREATE_NODE, input=NODE)
    out_of_scope = (await post(closed_house, other, CREATE_NODE, input=NODE)).json()
    unknown = (await post(closed_house, nobody, VIEWER)).json()
    before = await processes(closed_house)
    started = (await post(closed_house, operator, CREATE_NODE, input=NODE)).json()["data"]["createNode"]
    query = "{ processes { totalCount nodes { createdBy } } }"
    lists = {
        name: (await post(closed_house, token, query)).json()["data"]["processes"]
        for name, token in {"reader": reader, "other": other}.items()
    }

    assert (seen["name"], seen["customerIds"]) == ("rita", ["customer 1"])
    assert "START_WORKFLOW" not in seen["permissions"]
    assert refused.json()["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    assert out_of_scope["data"]["createNode"]["__typename"] == "NotAllowed"
    assert unknown["errors"][0]["extensions"]["permission"] == "CONNECT"
    assert before == 0
    assert started["__typename"] == "ProcessStarted"
    assert lists == {
        "reader": {"totalCount": 1, "nodes": [{"createdBy": "omar"}]},
        "other": {"totalCount": 0, "nodes": []},
    }


async def test_without_the_provider_nobody_new_is_known(closed_house: House, provider: Provider) -> None:
    provider.broken = PlainTextResponse("down", status_code=500)

    response = await post(closed_house, provider.sign(roles=["admin"]), VIEWER)

    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    assert response.json()["errors"][0]["extensions"] == {"code": "PROVIDER_UNAVAILABLE"}


async def test_it_answers_by_whatever_name_it_is_reached(closed_house: House, provider: Provider) -> None:
    headers = {"authorization": f"Bearer {provider.sign(roles=['admin'])}", "host": "orchestrion.example.org"}

    response = await closed_house.client.post("/graphql", json={"query": VIEWER}, headers=headers)

    assert response.status_code == 200


async def test_pages_of_listed_origins_may_ask(closed_house: House) -> None:
    async def preflight(origin: str) -> httpx.Response:
        headers = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        return await closed_house.client.options("/graphql", headers=headers)

    allowed, refused = await preflight(PORTAL), await preflight("https://evil.example.org")

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, PORTAL)
    assert "access-control-allow-origin" not in refused.headers


async def greet(house: House, payload: JsonValue, **options: Any) -> tuple[ClientConnection, JsonValue]:
    """A socket that was greeted, and what was answered; None if it was closed."""
    protocol = Subprotocol("graphql-transport-ws")
    url = house.url.replace("http", "ws", 1) + "/graphql"
    socket = await connect(url, subprotocols=[protocol], **options)
    await socket.send(encode({"type": "connection_init", "payload": payload}))
    try:
        return socket, decode(await socket.recv())
    except ConnectionClosed:
        return socket, None


async def ask(socket: ClientConnection, query: str) -> Any:
    await socket.send(encode({"id": "1", "type": "subscribe", "payload": {"query": query}}))
    return decode(await socket.recv())


async def test_a_socket_is_greeted_with_a_token(closed_house: House, provider: Provider) -> None:
    token = provider.sign(sub="rita", roles=["reader"])

    by_payload, acknowledged = await greet(closed_house, {"authorization": f"Bearer {token}"})
    answer = await ask(by_payload, "{ viewer { name } }")
    await by_payload.close()
    headers = {"authorization": f"Bearer {token}"}
    by_header, acknowledged_too = await greet(closed_house, None, additional_headers=headers)
    await by_header.close()

    assert acknowledged == acknowledged_too == {"type": "connection_ack"}
    assert answer["payload"] == {"data": {"viewer": {"name": "rita"}}}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "Expected a bearer token of the identity provider, found none."),
        ({"Authorization": "Bearer nonsense"}, "found no JSON Web Token"),
        ({"Authorization": 7}, "Expected one text"),
        ({"Authorization": "Bearer a", "authorization": "Bearer b"}, "Expected one text"),
    ],
)
async def test_a_socket_without_a_good_token_is_closed(
    closed_house: House, payload: JsonValue, reason: str
) -> None:
    socket, answer = await greet(closed_house, payload)

    assert answer is None
    assert (socket.close_code, reason in (socket.close_reason or "")) == (4403, True)


async def test_a_socket_ends_when_its_token_expires(closed_house: House, provider: Provider) -> None:
    token = provider.sign(roles=["reader"], exp=int(time.time()) + 2)

    socket, acknowledged = await greet(closed_house, {"Authorization": f"Bearer {token}"})
    async with asyncio.timeout(10):
        await socket.wait_closed()

    assert acknowledged == {"type": "connection_ack"}
    assert (socket.close_code, socket.close_reason) == (4403, "The token has expired.")


async def test_an_event_stream_ends_when_its_token_expires(closed_house: House, provider: Provider) -> None:
    lasting = provider.sign(roles=["operator"], customers=["customer 1"])
    brief = provider.sign(roles=["reader"], customers=["customer 1"], exp=int(time.time()) + 2)
    started = (await post(closed_house, lasting, CREATE_NODE, input=NODE)).json()["data"]["createNode"]
    query = "subscription ($process: ID!) { processEvents(process: $process) { __typename } }"
    body = {"query": query, "variables": {"process": started["process"]["id"]}}

    async with (
        asyncio.timeout(10),
        httpx_sse.aconnect_sse(
            closed_house.client,
            "POST",
            "/graphql",
            json=body,
            headers={"authorization": f"Bearer {brief}"},
        ) as source,
    ):
        seen = [event.event async for event in source.aiter_sse()]

    assert seen == ["next"]
