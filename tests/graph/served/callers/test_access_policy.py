"""The application's access policy: asked about callers and operations, and believed in nothing else."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import httpx_sse
import pytest

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.scope import Scope
from graph.authentication.access_policy import (
    AccessDenied,
    AccessPolicy,
    Caller,
    Grant,
)
from graph.authentication.admission import Admission, AdmittedCallers
from graph.authentication.authenticator import OpenDevelopment
from graph.authentication.settings import READER
from graph.permissions import Permission
from tests.graph.authentication.provider import Provider
from tests.graph.served.callers.house import ClosedHouse
from tests.graph.served.callers.rules import Rules
from tests.graph.served.callers.test_signing_in import ask, greet, post
from tests.graph.served.house import House
from tests.parity import parity

PAGE = Path(__file__).parents[4] / "docs" / "callers.md"
VIEWER = "{ viewer { name permissions customerIds } }"
EVENTS = "subscription ($process: ID!) { processEvents(process: $process) { __typename } }"
NARROW = Grant(permissions=frozenset({Permission.CONNECT}), scope=Scope.of(CustomerId("customer 9")))


async def narrow(caller: Caller, granted: Grant) -> Grant:
    del caller, granted
    return NARROW


async def deny(caller: Caller, granted: Grant) -> Grant:
    del caller, granted
    raise AccessDenied("your contract has ended")


async def fail(caller: Caller, granted: Grant) -> Grant:
    del caller, granted
    raise RuntimeError("the password is hunter2")


async def dawdle(caller: Caller, granted: Grant) -> Grant:
    del caller
    await asyncio.Event().wait()
    return granted


def not_async(caller: Caller, granted: Grant) -> Grant:
    del caller
    return granted


async def give_up(caller: Caller, granted: Grant) -> Grant:
    """As a client of the access policy's does whose own time is over."""
    del caller, granted
    raise TimeoutError


async def nothing(caller: Caller, granted: Grant) -> None:
    del caller, granted


async def names(caller: Caller, granted: Grant) -> Grant:
    """Names in the place of permissions."""
    del caller
    return Grant(permissions=frozenset({"CONNECT"}), scope=granted.scope)  # pyright: ignore[reportArgumentType]  # a mistake of its author


FAILURES: list[Callable[[Caller, Grant], Any]] = [fail, dawdle, not_async, give_up, nothing, names]


@parity("AU-01")
async def test_it_is_told_who_asks_and_what_the_settings_grant(
    authorized: House, rules: Rules, provider: Provider
) -> None:
    token = provider.sign(sub="rita", roles=["reader"], customers=["customer 1"], team="north")

    await post(authorized, token, VIEWER)

    [(caller, granted)] = rules.callers
    assert (caller.name, caller.claims["team"]) == ("rita", "north")
    assert caller.expires_at == caller.claims["exp"] + 0.5  # pyright: ignore[reportOperatorIssue]  # a number
    assert granted == Grant(permissions=READER, scope=Scope.of(CustomerId("customer 1")))


async def test_a_caller_has_what_it_grants_for_this_request_alone(
    authorized: House, rules: Rules, provider: Provider
) -> None:
    token = provider.sign(sub="rita", roles=["reader"], customers=["customer 1"])
    answers: list[Any] = []

    for say in (rules.on_grant, narrow, rules.on_grant):
        rules.on_grant = say
        answers.append((await post(authorized, token, VIEWER)).json()["data"]["viewer"])
    rules.on_grant = narrow
    refused = (await post(authorized, token, "{ processes { totalCount } }")).json()

    assert [(answer["customerIds"], len(answer["permissions"])) for answer in answers] == [
        (["customer 1"], len(READER)),
        (["customer 9"], 1),
        (["customer 1"], len(READER)),
    ]
    assert refused["errors"][0]["extensions"]["permission"] == "READ_PROCESSES"
    assert len(rules.callers) == 4


async def test_it_may_grant_more_than_the_settings(
    authorized: House, rules: Rules, provider: Provider
) -> None:
    async def widen(caller: Caller, granted: Grant) -> Grant:
        del granted
        customers = caller.claims["tenants"]
        assert isinstance(customers, list)
        return Grant(permissions=READER, scope=Scope.of(*(CustomerId(str(each)) for each in customers)))

    rules.on_grant = widen

    answer = await post(authorized, provider.sign(tenants=[1, 2]), VIEWER)

    assert answer.json()["data"]["viewer"]["customerIds"] == ["1", "2"]


async def test_it_is_not_asked_about_strangers(authorized: House, rules: Rules) -> None:
    answer = await post(authorized, "nonsense", VIEWER)

    assert (answer.status_code, rules.callers) == (401, [])


async def test_who_is_denied_is_told_why_on_every_transport(
    authorized: House, rules: Rules, provider: Provider
) -> None:
    token = provider.sign(roles=["admin"])
    rules.on_grant = deny

    answer = await post(authorized, token, VIEWER)
    stream = await post_stream(authorized, token, VIEWER)
    socket, acknowledged = await greet(authorized, {"Authorization": f"Bearer {token}"})

    for response in (answer, stream):
        assert (response.status_code, response.json()) == (
            403,
            {
                "errors": [
                    {
                        "message": "Not allowed: your contract has ended",
                        "extensions": {"code": "ACCESS_DENIED"},
                    }
                ]
            },
        )
    assert (acknowledged, socket.close_code, socket.close_reason) == (
        None,
        4403,
        "Not allowed: your contract has ended",
    )


@parity("AU-01", mends="not-checked")
@pytest.mark.parametrize("failure", FAILURES)
async def test_nobody_is_let_in_by_its_failure(
    authorized: House,
    rules: Rules,
    provider: Provider,
    failure: Callable[[Caller, Grant], Any],
    capfd: pytest.CaptureFixture[str],
) -> None:
    token = provider.sign(roles=["admin"])
    rules.on_grant = failure

    answer = await post(authorized, token, VIEWER)
    socket, acknowledged = await greet(authorized, {"Authorization": f"Bearer {token}"})
    logged = capfd.readouterr().out

    [error] = answer.json()["errors"]
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert error["message"] == "It cannot be found out now what the caller may do. Try again later."
    assert error["extensions"]["code"] == "ACCESS_POLICY_UNAVAILABLE"
    assert error["extensions"]["errorId"] in logged
    assert (acknowledged, socket.close_code) == (None, 1013)
    assert (socket.close_reason or "").split(". ")[1] in logged
    assert "hunter2" not in answer.text


@parity("AU-01", mends="bypass")
async def test_it_is_asked_in_development_as_well() -> None:
    rules = Rules()
    callers = AdmittedCallers(OpenDevelopment(), Admission(rules, limit_s=1), again_s=60)
    rules.on_grant = narrow

    identity = await callers.identify(None)

    [(caller, granted)] = rules.callers
    assert (caller, dict(caller.claims)) == (Caller(name="developer", claims={}), {})
    assert granted == Grant(permissions=frozenset(Permission), scope=Scope.all())
    assert (identity.viewer.permissions, identity.viewer.scope) == (NARROW.permissions, NARROW.scope)


async def change(caller: Caller, granted: Grant) -> Grant:
    del caller
    return Grant(permissions=granted.permissions - {Permission.START_WORKFLOW}, scope=granted.scope)


@pytest.mark.parametrize(
    ("later", "end"),
    [
        (change, (4403, "What the caller may do has changed.")),
        (deny, (4403, "What the caller may do has changed.")),
        (fail, (1013, "It cannot be found out now what the caller may do.")),
    ],
)
async def test_what_is_open_ends_when_the_answer_changes(
    closed: ClosedHouse,
    ruled: tuple[House, Rules],
    later: Callable[[Caller, Grant], Awaitable[Grant]],
    end: tuple[int, str],
) -> None:
    authorized, rules = ruled
    rules.begin_anew()
    token = closed.token("admin")
    body = {"query": EVENTS, "variables": {"process": closed.ids["process"]}}
    headers = {"authorization": f"Bearer {token}"}

    socket, _ = await greet(authorized, {"Authorization": f"Bearer {token}"})
    async with (
        asyncio.timeout(10),
        httpx_sse.aconnect_sse(authorized.client, "POST", "/graphql", json=body, headers=headers) as source,
    ):
        events = source.aiter_sse()
        first = await anext(events)
        answer = await ask(socket, "{ viewer { name } }")
        rules.on_grant = later
        rest = [event.event async for event in events]
        await socket.wait_closed()

    assert (first.event, answer["type"]) == ("next", "next")
    assert "complete" not in rest
    assert (socket.close_code, socket.close_reason) == end


class Agreeing(AccessPolicy):
    """Says nothing of its own."""


class Lacking:
    """Has one of the methods, and that is not async."""

    def grant(self, caller: Caller, granted: Grant) -> Grant:
        """What is granted."""
        del caller
        return granted


async def test_what_it_does_not_say_is_agreed_to() -> None:
    admission = Admission(Agreeing(), limit_s=1)

    assert await admission.grant(Caller(name="ada", claims={}), NARROW) == NARROW
    assert not admission.decides_operations


async def test_the_example_of_the_page_does_what_it_says() -> None:
    example = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None

    async def find_contract(employer: str) -> SimpleNamespace | None:
        return SimpleNamespace(customers=["customer 7"]) if employer == "acme" else None

    names: dict[str, Any] = {"find_contract": find_contract, "is_sunday": lambda: True}
    exec(example[1], names)  # noqa: S102  # our own page
    admission = Admission(names["EXTENSION"].access_policy, limit_s=1)
    everything = Grant(permissions=frozenset(Permission), scope=Scope.all())

    assert await admission.grant(Caller(name="ada", claims={"employer": "acme"}), everything) == Grant(
        permissions=everything.permissions - {Permission.DELETE_PROCESS},
        scope=Scope.of(CustomerId("customer 7")),
    )
    with pytest.raises(AccessDenied, match="no contract with us"):
        await admission.grant(Caller(name="bob", claims={"employer": "evil"}), everything)
    assert admission.decides_operations


@pytest.mark.parametrize("wrong", [Lacking(), Agreeing, object()])
def test_what_is_no_access_policy_is_refused_at_the_start(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected an AccessPolicy"):
        Admission(wrong, limit_s=1)


async def post_stream(house: House, token: str, query: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body: JsonValue = {"query": query}
    return await house.client.post("/graphql", json=body, headers=headers)
