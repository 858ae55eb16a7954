"""A server that other machines may reach: whoever asks needs a token of the identity provider."""

import asyncio
import time
from typing import Any

import httpx
import httpx_sse
import pytest
from starlette.responses import PlainTextResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from domain.json import JsonValue, decode, encode
from domain.storage.database import Database
from tests.graph.authentication.provider import Provider, rsa_key
from tests.graph.served.callers.conftest import PORTAL, serving_callers
from tests.graph.served.callers.house import KEY, ClosedHouse
from tests.graph.served.house import CREATE_NODE, NODE, House
from tests.parity import parity

VIEWER = "{ viewer { name customerIds permissions } }"


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
    before = await processes(closed_house)

    response = await closed_house.client.post("/graphql", json=body, headers=headers)

    assert (response.status_code, response.headers["www-authenticate"]) == (401, challenge)
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert await processes(closed_house) == before


async def test_a_caller_has_the_permissions_and_the_customers_of_the_token(
    closed_house: House, provider: Provider
) -> None:
    reader = provider.sign(sub="rita", roles=["reader"], customers=["customer 1"])
    operator = provider.sign(sub="omar", roles=["operator"], customers=["customer 1"])
    other = provider.sign(sub="olga", roles=["operator"], customers=["customer 2"])
    nobody = provider.sign(sub="ned")
    before = await processes(closed_house)

    seen = (await post(closed_house, reader, VIEWER)).json()["data"]["viewer"]
    refused = await post(closed_house, reader, CREATE_NODE, input=NODE)
    out_of_scope = (await post(closed_house, other, CREATE_NODE, input=NODE)).json()
    unknown = (await post(closed_house, nobody, VIEWER)).json()
    after = await processes(closed_house)
    started = (await post(closed_house, operator, CREATE_NODE, input=NODE)).json()["data"]["createNode"]
    query = '{ processes(first: 1, where: {createdBy: {eq: "omar"}}) { totalCount nodes { createdBy } } }'
    lists = {
        name: (await post(closed_house, token, query)).json()["data"]["processes"]
        for name, token in {"reader": reader, "other": other}.items()
    }

    assert (seen["name"], seen["customerIds"]) == ("rita", ["customer 1"])
    assert "START_WORKFLOW" not in seen["permissions"]
    assert refused.json()["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    assert out_of_scope["data"]["createNode"]["__typename"] == "NotAllowed"
    assert unknown["errors"][0]["extensions"]["permission"] == "CONNECT"
    assert after == before
    assert started["__typename"] == "ProcessStarted"
    assert lists == {
        "reader": {"totalCount": 1, "nodes": [{"createdBy": "omar"}]},
        "other": {"totalCount": 0, "nodes": []},
    }


async def test_without_the_provider_nobody_is_known(provider: Provider, callers_database: Database) -> None:
    provider.broken = PlainTextResponse("down", status_code=500)

    async with serving_callers(callers_database, provider) as house:
        response = await post(house, provider.sign(roles=["admin"]), VIEWER)
        socket, answer = await greet(house, {"Authorization": f"Bearer {provider.sign(roles=['admin'])}"})

    assert (answer, socket.close_code) == (None, 1013)
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
    """A socket that was greeted, and what was answered; None if it was closed_house."""
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


@parity("AU-01")
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


async def test_what_is_open_ends_when_its_token_expires(closed: ClosedHouse) -> None:
    # Half a second of leeway comes on top.
    token = closed.token("reader", exp=int(time.time()) + 1)
    query = "subscription ($process: ID!) { processEvents(process: $process) { __typename } }"
    body = {"query": query, "variables": {"process": closed.ids["process"]}}
    headers = {"authorization": f"Bearer {token}"}

    socket, acknowledged = await greet(closed.house, {"Authorization": f"Bearer {token}"})
    async with (
        asyncio.timeout(10),
        httpx_sse.aconnect_sse(closed.house.client, "POST", "/graphql", json=body, headers=headers) as source,
    ):
        seen = [event.event async for event in source.aiter_sse()]
        await socket.wait_closed()
    refused = await post(closed.house, token, VIEWER)

    assert acknowledged == {"type": "connection_ack"}
    assert (socket.close_code, socket.close_reason) == (4403, "The token has expired.")
    assert (set(seen), seen.count("complete")) == ({"next"}, 0)
    assert refused.json()["errors"][0]["extensions"] == {"code": "EXPIRED_TOKEN"}


async def test_a_change_of_keys_lets_open_sockets_be(closed_house: House, provider: Provider) -> None:
    token = provider.sign(sub="rita", roles=["reader"])
    socket, _ = await greet(closed_house, {"authorization": f"Bearer {token}"})

    provider.keys = [rsa_key("another")]
    by_new_key = await post(closed_house, provider.sign(sub="nora", roles=["reader"]), VIEWER)
    by_old_key = await post(closed_house, token, VIEWER)
    answer = await ask(socket, "{ viewer { name } }")
    await socket.close()

    assert by_new_key.json()["data"]["viewer"]["name"] == "nora"
    assert by_old_key.json()["errors"][0]["extensions"] == {"code": "UNTRUSTED_TOKEN"}
    assert answer["payload"] == {"data": {"viewer": {"name": "rita"}}}


@pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
async def test_a_token_in_the_address_is_none(closed_house: House, provider: Provider, name: str) -> None:
    token = provider.sign(roles=["admin"])
    query = {"query": VIEWER, name: token}

    response = await closed_house.client.get("/graphql", params=query)
    url = f"{closed_house.url.replace('http', 'ws', 1)}/graphql?{name}={token}"
    socket = await connect(url, subprotocols=[Subprotocol("graphql-transport-ws")])
    await socket.send(encode({"type": "connection_init"}))
    await socket.wait_closed()

    assert response.json()["errors"][0]["extensions"] == {"code": "NO_TOKEN"}
    assert (socket.close_code, token in (socket.close_reason or "")) == (4403, False)


async def test_two_authorizations_are_none(closed_house: House, provider: Provider) -> None:
    good = f"Bearer {provider.sign(roles=['admin'])}"
    headers = [("authorization", good), ("authorization", "Bearer another")]

    response = await closed_house.client.post("/graphql", json={"query": VIEWER}, headers=headers)

    assert response.json()["errors"][0]["extensions"] == {"code": "MALFORMED_TOKEN"}


async def test_tokens_and_claims_are_in_no_log_and_no_answer(
    closed_house: House, provider: Provider, capfd: pytest.CaptureFixture[str]
) -> None:
    tokens = [
        provider.sign(roles=["admin"], secret="hush-hush"),  # noqa: S106  # what must not be told
        provider.sign(roles=["admin"], secret="hush-hush", exp=1),  # noqa: S106
        provider.sign(rsa_key(KEY.id), roles=["admin"], secret="hush-hush"),  # noqa: S106
        f"{provider.sign()}x",
        "x" * 9_000,
    ]
    told = ""

    for token in tokens:
        told += (await post(closed_house, token, "{ viewer { name } node(id: 7) { id } }")).text
        told += (await post(closed_house, token, VIEWER, hidden=token)).text
        socket, answer = await greet(closed_house, {"Authorization": f"Bearer {token}"})
        await socket.close()
        told += f"{answer}{socket.close_reason}"
    logged = capfd.readouterr()

    everything = told + logged.out + logged.err
    assert [token for token in [*tokens, "hush-hush"] if token[-30:] in everything] == []
