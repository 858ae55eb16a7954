import httpx
import pytest

from domain.json import JsonValue
from tests.graph.http.conftest import SmallServer

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

HELLO: dict[str, JsonValue] = {"query": "{ hello }"}


async def post(server: SmallServer, body: object, *, accept: str = GRAPHQL_RESPONSE) -> httpx.Response:
    return await server.client.post("/graphql", json=body, headers={"accept": accept})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("", JSON),
        (f"{JSON}, text/plain, */*", JSON),
        (f"{GRAPHQL_RESPONSE}, */*", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{JSON};q=0, */*", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8, {JSON};q=0.9", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE};q=0.1", JSON),
        (f"{GRAPHQL_RESPONSE};q=0, */*", JSON),
        (f"{GRAPHQL_RESPONSE};charset=latin1, {JSON}", JSON),
        ("text/html, */*;q=0.1", JSON),
    ],
)
async def test_answers_in_the_media_type_the_client_prefers(
    server: SmallServer, accept: str, media_type: str
) -> None:
    response = await post(server, HELLO, accept=accept)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert response.json() == {"data": {"hello": "world"}}


async def test_answers_in_plain_json_a_client_that_does_not_say_what_it_reads(server: SmallServer) -> None:
    request = server.client.build_request("POST", "/graphql", json={"query": "{ nothing }"})
    del request.headers["accept"]

    response = await server.client.send(request)

    assert (response.status_code, response.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    assert response.json()["errors"][0]["extensions"]["code"] == "VALIDATION_FAILED"


@pytest.mark.parametrize("accept", ["text/html", "text/*", "application/xml", f"{JSON};q=0"])
async def test_refuses_what_it_cannot_offer(server: SmallServer, accept: str) -> None:
    response = await post(server, HELLO, accept=accept)

    assert response.status_code == 406
    assert response.json()["errors"][0]["message"] == (
        "Not acceptable: offered are application/graphql-response+json, application/json, text/event-stream."
    )


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"query": "{ hello"}, 400, "PARSE_FAILED", "Syntax Error: Expected Name, found <EOF>."),
        ({"query": ""}, 400, "PARSE_FAILED", "Syntax Error: Unexpected <EOF>."),
        (
            {"query": "{ nothing }"},
            400,
            "VALIDATION_FAILED",
            "Cannot query field 'nothing' on type 'Query'.",
        ),
        (
            {"query": "query A { hello } query B { hello }"},
            400,
            "UNKNOWN_OPERATION",
            "Unknown operation: asked for one of several, but no operationName; the document has: A, B.",
        ),
        (
            {"query": "query A { hello }", "operationName": "B"},
            400,
            "UNKNOWN_OPERATION",
            "Unknown operation: asked for 'B'; the document has: A.",
        ),
        (
            {"query": "query ($t: String!) { echo(text: $t) }"},
            400,
            "INVALID_VARIABLES",
            "Variable '$t' has invalid value: Expected a value of non-null type 'String!' to be provided.",
        ),
        (
            {"query": "{ secret }"},
            403,
            "NOT_ALLOWED",
            "Not allowed: 'Query.secret' needs ABORT_PROCESS.",
        ),
    ],
)
async def test_request_errors_have_a_status_in_the_graphql_media_type_and_200_in_json(
    server: SmallServer, body: dict[str, JsonValue], status: int, code: str, message: str
) -> None:
    in_graphql = await post(server, body)
    in_json = await post(server, body, accept=JSON)

    assert (in_graphql.status_code, in_json.status_code) == (status, 200)
    assert in_graphql.json() == in_json.json()
    assert "data" not in in_graphql.json()
    assert [error["message"] for error in in_graphql.json()["errors"]] == [message]
    assert in_graphql.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([HELLO], "Batched requests are not supported: expected one object, found an array."),
        ("{ hello }", "Expected a JSON object, found a string."),
        ({}, "Expected 'query' to be a string, found null or nothing."),
        ({"query": 1}, "Expected 'query' to be a string, found a number."),
        (
            {**HELLO, "operationName": ["a"]},
            "Expected 'operationName' to be a string, found an array.",
        ),
        ({**HELLO, "variables": "{}"}, "Expected 'variables' to be an object, found a string."),
        ({**HELLO, "extensions": True}, "Expected 'extensions' to be an object, found a boolean."),
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL_RESPONSE, JSON])
async def test_what_is_no_graphql_request_is_a_bad_request_in_every_media_type(
    server: SmallServer, body: object, message: str, accept: str
) -> None:
    response = await post(server, body, accept=accept)

    assert response.status_code == 400
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        (None, b"{}", 415),
        ("text/plain", b'{"query": "{ hello }"}', 415),
        ("application/x-www-form-urlencoded", b"query=a", 415),
        ("application/json; charset=latin1", b'{"query": "{ hello }"}', 415),
        ("application/json", b"{", 400),
        ("application/json", b'{"query": "\xff"}', 400),
        ("application/json", b'{"query": "{ echo(text: \\"a\\u0000\\") }"}', 400),
        ("application/json", b'{"query": "{ hello }"' + b" " * 2_000 + b"}", 413),
        ('application/json;charset="UTF-8"', b'{"query": "{ hello }"}', 200),
        ("Application/JSON", b'{"query": "{ hello }"}', 200),
    ],
)
async def test_only_bounded_json_in_utf_8_is_taken(
    server: SmallServer, content_type: str | None, content: bytes, status: int
) -> None:
    headers = {"accept": GRAPHQL_RESPONSE}
    if content_type is not None:
        headers["content-type"] = content_type

    response = await server.client.post("/graphql", content=content, headers=headers)

    assert response.status_code == status
    assert response.headers["content-type"].startswith(GRAPHQL_RESPONSE)


async def test_a_body_of_unknown_length_is_cut_off_at_the_limit(server: SmallServer) -> None:
    async def chunks():  # noqa: ANN202  # a stream of bytes
        for _ in range(40):
            yield b" " * 100

    response = await server.client.post(
        "/graphql", content=chunks(), headers={"content-type": "application/json"}
    )

    assert response.status_code == 413
    assert response.json()["errors"][0]["message"] == "The body is too large: at most 2000 bytes are taken."


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused_with_those_that_work(server: SmallServer, method: str) -> None:
    response = await server.client.request(method, "/graphql")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_get_runs_queries_with_variables(server: SmallServer) -> None:
    response = await server.client.get(
        "/graphql",
        params={
            "query": "query Q($t: String!) { echo(text: $t) }",
            "variables": '{"t": "ä\\n"}',
            "operationName": "Q",
        },
    )

    assert (response.status_code, response.json()) == (200, {"data": {"echo": "ä\n"}})


async def test_get_refuses_mutations_and_does_not_run_them(server: SmallServer) -> None:
    response = await server.client.get("/graphql", params={"query": "mutation { bump }"})

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert server.signals.bumped == 0


async def test_get_refuses_variables_that_are_not_json(server: SmallServer) -> None:
    response = await server.client.get("/graphql", params={"query": "{ hello }", "variables": "{"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith("'variables' is not valid JSON: ")


async def test_a_subscription_needs_a_stream(server: SmallServer) -> None:
    response = await post(server, {"query": "subscription { count(to: 1) }"})

    assert response.status_code == 406


@pytest.mark.parametrize(("field", "data"), [("crash", {"crash": None}), ("crashRoot", None)])
async def test_an_unexpected_failure_reaches_the_client_as_an_id_and_the_log_under_it(
    server: SmallServer, field: str, data: JsonValue, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await post(server, {"query": f"{{ {field} }}"})

    assert response.status_code == 200
    assert response.json()["data"] == data
    [error] = response.json()["errors"]
    error_id = error["extensions"].pop("errorId")
    assert error == {
        "message": "Internal error",
        "extensions": {"code": "INTERNAL_ERROR"},
        "locations": [{"line": 1, "column": 3}],
        "path": [field],
    }
    logged = capsys.readouterr().out
    assert logged.count(error_id) == 1
    assert "hunter2" in logged
    assert "hunter2" not in response.text


async def test_errors_made_for_the_client_keep_their_words_and_code(server: SmallServer) -> None:
    response = await post(server, {"query": "{ typed deliberate }"})

    assert [(error["message"], error["extensions"]) for error in response.json()["errors"]] == [
        ("2 is too far: at most 1.", {"code": "TOO_FAR"}),
        ("said on purpose", {"code": "ON_PURPOSE"}),
    ]
    assert response.json()["data"] == {"typed": None, "deliberate": None}


async def test_nothing_runs_when_one_field_is_not_allowed_even_inside_fragments(server: SmallServer) -> None:
    query = "mutation M { bump } query Q { hello ...F } fragment F on Query { ... on Query { s: secret } }"

    refused = await post(server, {"query": query, "operationName": "Q"})
    allowed = await post(server, {"query": query, "operationName": "M"})

    [error] = refused.json()["errors"]
    assert refused.status_code == 403
    assert error["extensions"] == {
        "code": "NOT_ALLOWED",
        "field": "Query.secret",
        "permission": "ABORT_PROCESS",
    }
    assert allowed.json() == {"data": {"bump": 1}}


async def test_every_operation_has_a_context_of_its_own(server: SmallServer) -> None:
    first = await post(server, {"query": "{ a: context b: context }"})
    second = await post(server, {"query": "{ a: context b: context }"})

    assert first.json() == {"data": {"a": 1, "b": 1}}
    assert second.json() == {"data": {"a": 2, "b": 2}}


async def test_introspection_needs_no_permission(server: SmallServer) -> None:
    response = await post(server, {"query": "{ __schema { queryType { name } } __typename }"})

    assert response.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}, "__typename": "Query"}}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example:8000", 421),
        ("192.0.2.1", 421),
    ],
)
async def test_the_server_answers_to_the_names_of_this_machine_alone(
    server: SmallServer, host: str, status: int
) -> None:
    response = await server.client.post("/graphql", json=HELLO, headers={"host": host})

    assert response.status_code == status
