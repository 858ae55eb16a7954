"""What a transport refuses, and when it gives up."""

import asyncio
import gzip
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

import httpx
import httpx_sse
import pytest

from domain.json import JsonValue
from graph.limits import DocumentLimits, VariableLimits
from graph.settings import GraphSettings
from tests.graph.http.conftest import SmallServer, serving_small
from tests.graph.http.sockets import closing, greeted, opened, receive, send, subscribe

GRAPHQL_RESPONSE = {"accept": "application/graphql-response+json"}
ASK_FOR_LESS = "Ask for smaller pages, or for less of what is on them."
JSON = {"content-type": "application/json"}
STREAM = {"accept": "text/event-stream"}
FOREVER = {"query": "subscription { forever }"}
HELLO = b'{"query": "{ hello }"}'

NESTED: JsonValue = {"a": [[[[[[]]]]]]}

TIGHT = GraphSettings(
    max_query_string_bytes=100,
    body_timeout_s=0.1,
    document=DocumentLimits(mutations=2, aliases_of_field=5),
    variables=VariableLimits(values=20, depth=5),
    max_cost=100,
    max_errors=2,
    operation_timeout_s=0.1,
    max_streams=3,
    max_streams_of_caller=2,
    introspection=False,
)


@pytest.fixture
async def tight() -> AsyncGenerator[SmallServer]:
    async with serving_small(TIGHT) as server:
        yield server


async def post(server: SmallServer, query: str, **members: Any) -> httpx.Response:
    return await server.client.post("/graphql", json={"query": query, **members}, headers=GRAPHQL_RESPONSE)


async def error(server: SmallServer, query: str, **members: Any) -> tuple[int, str, str]:
    """Status, code and message of the only error of a response without data."""
    response = await post(server, query, **members)
    [found] = response.json()["errors"]
    assert "data" not in response.json()
    return response.status_code, found["extensions"]["code"], found["message"]


@pytest.mark.parametrize(
    ("query", "members", "code", "message"),
    [
        (
            "mutation M { a: bump b: bump bump }",
            {},
            "DOCUMENT_TOO_LARGE",
            "'M' has 3 mutations: at most 2 are taken.",
        ),
        (
            "{ " + " ".join(f"a{number}: hello" for number in range(6)) + " }",
            {},
            "DOCUMENT_TOO_LARGE",
            "The operation has 6 aliases of 'hello': at most 5 are taken.",
        ),
        (
            "query Q { ...F } fragment F on Query { hello ...F }",
            {},
            "VALIDATION_FAILED",
            "Cannot spread fragment 'F' within itself.",
        ),
        (
            "{ echo(text: " + "9" * 5_000 + ") }",
            {},
            "DOCUMENT_TOO_LARGE",
            "Numbers have at most 400 digits.",
        ),
        (
            "{ hello }",
            {"variables": NESTED},
            "VARIABLES_TOO_LARGE",
            "The variables are nested more than 5 times.",
        ),
        (
            "{ hello }",
            {"variables": {"a": [0] * 20}},
            "VARIABLES_TOO_LARGE",
            "The variables have more than 20 values.",
        ),
        (
            "query Q($n: Int) { items(first: $n) { number } }",
            {"variables": {"n": 51}},
            "COST_TOO_HIGH",
            f"'Q' may give 102 values: at most 100 are given. {ASK_FOR_LESS}",
        ),
        (
            "query Q { hello }",
            {"operationName": "x" * 1_000},
            "UNKNOWN_OPERATION",
            f"Unknown operation: asked for '{'x' * 80}'; the document has: Q.",
        ),
    ],
)
async def test_what_is_too_large_or_too_dear_is_refused_before_it_runs(
    tight: SmallServer, query: str, members: dict[str, object], code: str, message: str
) -> None:
    assert await error(tight, query, **members) == (400, code, message)
    assert tight.signals.bumped == 0


async def test_a_field_that_is_repeated_is_refused_before_its_repeats_are_compared(
    server: SmallServer,
) -> None:
    repeated = "...F " + "items { number } " * 50
    query = f"{{ {repeated} }} fragment F on Query {{ ...{{ {'items { number } ' * 51} }} }}"

    assert await error(server, query) == (
        400,
        "DOCUMENT_TOO_LARGE",
        "'items' is selected 101 times in one place: at most 100 are taken.",
    )


async def test_a_client_learns_the_cost_if_it_asks(tight: SmallServer) -> None:
    query = "query Q($n: Int) { items(first: $n) { number } }"

    told = await post(tight, query, variables={"n": 7}, extensions={"cost": True})
    untold = await post(tight, query, variables={"n": 7}, extensions={"cost": "1", "other": [{}]})

    assert told.json()["extensions"] == {"cost": 14, "costLimit": 100}
    assert "extensions" not in untold.json()


async def test_no_more_errors_are_told_than_a_client_can_read(tight: SmallServer) -> None:
    wrong = (await post(tight, "{ " + " ".join(f"a{number}" for number in range(9)) + " }")).json()
    coerced = (
        await post(tight, "query ($of: [Int!]!) { total(of: $of) }", variables={"of": ["x"] * 9})
    ).json()
    failed = (await post(tight, "{ items(first: 10) { broken } }")).json()

    assert [each["message"] for each in wrong["errors"]] == [
        "Cannot query field 'a0' on type 'Query'.",
        "Cannot query field 'a1' on type 'Query'.",
        "Too many validation errors, error limit reached. Validation aborted.",
    ]
    assert [each["message"] for each in coerced["errors"]] == [
        "Variable '$of' has invalid value at [0]: Int cannot represent non-integer value: 'x'",
        "Variable '$of' has invalid value at [1]: Int cannot represent non-integer value: 'x'",
        "Errors that are not shown: 1.",
    ]
    assert [each["extensions"]["code"] for each in failed["errors"]] == [
        "INTERNAL_ERROR",
        "INTERNAL_ERROR",
        "MORE_ERRORS",
    ]
    assert failed["errors"][-1] == {
        "message": "Errors that are not shown: 8.",
        "extensions": {"code": "MORE_ERRORS", "count": 8},
    }
    assert failed["data"] == {"items": [{"broken": None}] * 10}


async def test_messages_do_not_give_back_all_that_was_sent(server: SmallServer) -> None:
    [found] = (await post(server, "{ " + "x" * 1_500 + " }")).json()["errors"]

    assert found["message"] == f"Cannot query field '{'x' * 980}…"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ __schema { types { name } } }", "GraphQL introspection has been disabled"),
        ('{ __type(name: "Query") { name } }', "GraphQL introspection has been disabled"),
        ("{ helo }", "Cannot query field 'helo' on type 'Query'."),
        ("{ echo(tekst: 1) }", "Unknown argument 'tekst' on field 'Query.echo'."),
        ("query ($a: Strin) { echo(text: $a) }", "Unknown type 'Strin'."),
    ],
)
async def test_without_introspection_no_answer_tells_names_of_the_schema(
    tight: SmallServer, query: str, message: str
) -> None:
    errors = (await post(tight, query)).json()["errors"]

    assert errors[0]["message"].startswith(message)
    assert "Did you mean" not in str(errors)
    assert (await post(tight, "{ __typename }")).json() == {"data": {"__typename": "Query"}}


async def test_with_introspection_errors_suggest_names(server: SmallServer) -> None:
    _, _, message = await error(server, "{ helo }")

    assert message == "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?"


async def test_a_query_that_takes_too_long_is_given_up(tight: SmallServer) -> None:
    response = await post(tight, "{ slow hello }")

    assert (response.status_code, response.json()) == (
        200,
        {
            "errors": [
                {
                    "message": "The operation took longer than 0.1 s and was given up: ask for less.",
                    "extensions": {"code": "TIMED_OUT"},
                }
            ],
            "data": None,
        },
    )
    assert tight.signals.cancelled.is_set()
    assert (await post(tight, "{ hello }")).json() == {"data": {"hello": "world"}}


async def test_an_event_whose_answer_takes_too_long_is_given_up_and_the_next_one_follows(
    tight: SmallServer,
) -> None:
    body = {"query": "subscription { slowEvents { value } }"}
    async with httpx_sse.aconnect_sse(tight.client, "POST", "/graphql", json=body) as source:
        events = [(event.event, event.data) async for event in source.aiter_sse()]

    assert [(kind, "TIMED_OUT" in data) for kind, data in events] == [
        ("next", True),
        ("next", True),
        ("complete", False),
    ]


async def test_a_mutation_is_not_given_up_but_told(tight: SmallServer) -> None:
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(post(tight, "mutation { bumpSlowly }"))
        await tight.signals.begun.wait()
        assert (await post(tight, "{ slow }")).json()["data"] is None  # the same time is over for a query
        tight.signals.tick.set()

    assert answer.result().json() == {"data": {"bumpSlowly": 1}}


@pytest.mark.parametrize("leaving", ["completes", "closes", "is cut off"])
async def test_a_mutation_is_carried_out_when_its_client_goes(server: SmallServer, leaving: str) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "mutation { bumpSlowly bump }")
        await server.signals.begun.wait()
        match leaving:
            case "completes":
                await send(socket, {"type": "complete", "id": "a"})
                # Its id is free at once, and nothing more is told under it.
                await subscribe(socket, "a", "{ hello }")
                assert await receive(socket) == {
                    "type": "next",
                    "id": "a",
                    "payload": {"data": {"hello": "world"}},
                }
            case "closes":
                await socket.close()
            case _:
                socket.transport.abort()
        server.signals.tick.set()
    async with asyncio.timeout(5):
        while server.signals.bumped < 2:
            await server.client.post("/graphql", content=HELLO, headers=JSON)

    assert await server.streams.close(timeout_s=5)
    assert server.signals.bumped == 2


async def test_the_end_of_an_event_stream_does_not_end_its_mutation(server: SmallServer) -> None:
    body = {"query": "mutation { bumpSlowly }"}
    async with server.client.stream("POST", "/graphql", json=body, headers=STREAM):
        await server.signals.begun.wait()
    server.signals.tick.set()

    assert await server.streams.close(timeout_s=5)
    assert server.signals.bumped == 1


async def test_complete_ends_the_work_of_a_query(server: SmallServer) -> None:
    async with greeted(server) as socket:
        await subscribe(socket, "a", "{ slow }")
        await server.signals.begun.wait()
        await send(socket, {"type": "complete", "id": "a"})
        await server.signals.cancelled.wait()
        await subscribe(socket, "a", "{ hello }")

        assert await receive(socket) == {"type": "next", "id": "a", "payload": {"data": {"hello": "world"}}}


async def test_callers_and_servers_have_room_for_so_many_streams(tight: SmallServer) -> None:
    async with (
        tight.client.stream("POST", "/graphql", json=FOREVER, headers=STREAM) as first,
        greeted(tight),
    ):
        assert first.status_code == 200
        third = await tight.client.post("/graphql", json=FOREVER, headers=STREAM)
        async with opened(tight) as socket:
            await send(socket, {"type": "connection_init"})
            closed_for_caller = await closing(socket)
        async with opened(tight) as waiting, opened(tight) as fourth:
            closed = await closing(fourth)
            full = await tight.client.post("/graphql", json=FOREVER, headers=STREAM)
            await waiting.close()

    assert (third.status_code, third.headers["retry-after"]) == (429, "10")
    assert third.json()["errors"] == [
        {
            "message": "Too many streams: at most 2 may be open for one caller.",
            "extensions": {"code": "TOO_MANY_STREAMS"},
        }
    ]
    assert closed_for_caller == (1013, "Too many streams are open for one caller")
    assert closed == (1013, "Too many streams are open")
    assert (full.status_code, full.headers["retry-after"]) == (503, "10")
    assert full.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_STREAMS"
    async with greeted(tight), greeted(tight):
        assert tight.streams.count == 2


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"content-encoding": "gzip"}, gzip.compress(HELLO, mtime=0), 415),
        ({"content-encoding": "identity"}, HELLO, 200),
        ({}, b"\xef\xbb\xbf" + HELLO, 400),
        ({}, b"", 400),
        ({}, '{"query": "{ hello }"}'.encode("utf-16"), 400),
        ({}, b'{"query": "{ crash }", "query": "{ hello }"}', 200),
        ({}, b'{"query": "{ hello }", "extensions": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}", 200),
        ({}, b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 9_000 + b"]" * 9_000 + b"}}", 400),
    ],
    ids=[
        "gzip",
        "identity",
        "byte order mark",
        "empty",
        "UTF-16",
        "key twice",
        "deep extensions",
        "deep variables",
    ],
)
async def test_bodies_are_plain_json(
    tight: SmallServer, headers: dict[str, str], content: bytes, status: int
) -> None:
    response = await tight.client.post("/graphql", content=content, headers={**JSON, **headers})

    assert response.status_code == status
    assert response.json().get("data") == ({"hello": "world"} if status == 200 else None)


async def test_a_long_query_string_is_refused(tight: SmallServer) -> None:
    query = {"query": "{ hello }", "other": "x" * 100}

    response = await tight.client.get("/graphql", params=query)

    assert response.status_code == 414
    assert response.json()["errors"][0]["message"] == (
        "The query string has 126 bytes: at most 100 are taken. Use POST."
    )


async def test_a_query_string_says_everything_once(tight: SmallServer) -> None:
    response = await tight.client.get("/graphql?query={hello}&query={crash}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "Expected 'query' once, found it 2 times."


async def test_a_head_request_is_refused_without_a_body(tight: SmallServer) -> None:
    response = await tight.client.head("/graphql")

    assert (response.status_code, response.headers["allow"], response.content) == (405, "GET, POST", b"")


async def test_a_body_that_does_not_come_is_not_waited_for_long(tight: SmallServer) -> None:
    address = urlsplit(tight.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"query": '
    )
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"}]}")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"The body did not come within 0.1 s." in answer
