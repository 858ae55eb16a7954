"""The application's access policy decides on operations, with what they ask for before it."""

from graph.authentication.access_policy import AccessDenied, AskedOperation, OperationKind, RootField
from graph.permissions import Viewer
from tests.graph.served.callers.house import ClosedHouse
from tests.graph.served.callers.rules import Rules
from tests.graph.served.callers.test_access_policy import VIEWER, post_stream
from tests.graph.served.callers.test_signing_in import ask, greet, post
from tests.graph.served.house import CREATE_NODE, NODE, House
from tests.parity import parity


@parity("AU-02", mends="names-only")
async def test_it_is_told_what_an_operation_asks_for(
    closed: ClosedHouse, authorized: House, rules: Rules
) -> None:
    query = """
      mutation Tidy($process: ID!, $reason: String = "late", $gone: String) {
        a: abortProcess(process: $process, reason: $reason) { __typename }
        ...More
      }
      fragment More on Mutation {
        retryProcesses(processes: "process_01h455vb4pex5vsknk084sn02q") { __typename }
        again: abortProcess(process: "x", reason: $gone) @skip(if: true) { __typename }
        __typename
      }"""
    answer = await post(authorized, closed.token("reader"), query, process="x")
    rules.on_permit = refuse
    refused = await post(authorized, closed.token("admin"), query, process="x")

    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    [(viewer, operation)] = rules.operations
    assert (viewer.name, operation) == (
        "ada",
        AskedOperation(
            kind=OperationKind.MUTATION,
            name="Tidy",
            fields=(
                RootField(name="abortProcess", arguments={"process": "x", "reason": "late"}),
                RootField(
                    name="retryProcesses",
                    arguments={"processes": ["process_01h455vb4pex5vsknk084sn02q"]},
                ),
                RootField(name="abortProcess", arguments={"process": "x"}),
                RootField(name="__typename", arguments={}),
            ),
        ),
    )
    assert refused.json()["errors"][0]["message"] == "Not allowed: mutation at night"


async def refuse(viewer: Viewer, operation: AskedOperation) -> None:
    del viewer
    raise AccessDenied(f"{operation.kind.value.lower()} at night")


async def test_an_operation_that_it_refuses_is_not_begun_on_any_transport(
    closed: ClosedHouse, authorized: House, rules: Rules
) -> None:
    rules.on_permit = refuse
    token = closed.token("admin")
    before = await closed.stored()
    subscription = f'subscription {{ processEvents(process: "{closed.ids["process"]}") {{ __typename }} }}'
    socket, _ = await greet(authorized, {"Authorization": f"Bearer {token}"})

    with closed.log.recorded() as statements:
        by_http = await post(authorized, token, CREATE_NODE, input=NODE)
        by_get = await authorized.client.get(
            "/graphql", params={"query": VIEWER}, headers={"authorization": f"Bearer {token}"}
        )
        by_stream = await post_stream(authorized, token, subscription)
        by_socket = [await ask(socket, query) for query in (VIEWER, subscription)]
    await socket.close()

    told = [*(each.text for each in (by_http, by_get, by_stream)), *map(str, by_socket)]
    kinds = ["mutation", "query", "subscription", "query", "subscription"]
    assert [f"Not allowed: {kind} at night" in text for kind, text in zip(kinds, told, strict=True)] == [
        True
    ] * 5
    assert [each["type"] for each in by_socket] == ["error", "error"]
    assert list(statements) == []
    assert await closed.stored() == before


async def test_an_operation_is_not_begun_when_it_fails(
    closed: ClosedHouse, authorized: House, rules: Rules
) -> None:
    async def break_down(viewer: Viewer, operation: AskedOperation) -> None:
        del viewer, operation
        raise RuntimeError("the password is hunter2")

    rules.on_permit = break_down
    token = closed.token("admin")
    before = await closed.stored()
    socket, _ = await greet(authorized, {"Authorization": f"Bearer {token}"})

    by_http = await post(authorized, token, CREATE_NODE, input=NODE)
    by_socket = await ask(socket, VIEWER)
    rules.begin_anew()
    again = await ask(socket, VIEWER)
    await socket.close()

    assert by_http.status_code == 503
    assert by_socket["payload"][0]["extensions"]["code"] == "ACCESS_POLICY_UNAVAILABLE"
    assert "hunter2" not in by_http.text + str(by_socket)
    assert again["type"] == "next"
    assert await closed.stored() == before
