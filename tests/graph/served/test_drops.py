"""A follower that is cut off at any moment, and comes back behind what it has."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from domain.json import decode, encode
from tests.graph.served.house import House
from tests.graph.served.test_events import all_events, beginning, events, is_unwatched, summary
from tests.parity import parity
from tests.waiting import eventually

DROPS = 100
LONGEST_REST_S = 0.003

FOLLOW = """
subscription ($process: ID!, $after: String) {
  processEvents(process: $process, after: $after) {
    __typename cursor version
    ... on ProcessSnapshot { process { status } }
    ... on StepStarted { step { key status attemptCount } }
    ... on StepFinished { step { key status attemptCount } }
    ... on ProcessStatusChanged { status }
  }
}
"""
VALIDATE = """
mutation ($id: ID!) {
  validateNode(input: { subscription: $id }) { ... on ProcessStarted { process { id } } }
}
"""
RETRY = "mutation ($process: ID!) { retryProcess(process: $process) { __typename } }"
ABORT = "mutation ($process: ID!) { abortProcess(process: $process) { __typename } }"

Follow = Callable[[House, str, str], AsyncGenerator[Any]]


async def by_stream(house: House, process: str, after: str) -> AsyncGenerator[Any]:
    """Follows on an event stream, whose connection ends with the generator."""
    async with aclosing(events(house, process, after, query=FOLLOW)) as stream:
        async for event in stream:
            yield event


async def by_socket(house: House, process: str, after: str) -> AsyncGenerator[Any]:
    """Follows on a socket, whose connection is gone without a word when the generator ends."""
    address = f"{house.url.replace('http', 'ws')}/graphql"
    payload = {"query": FOLLOW, "variables": {"process": process, "after": after}}
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        try:
            await socket.send(encode({"type": "connection_init"}))
            await socket.send(encode({"type": "subscribe", "id": "1", "payload": payload}))
            assert decode(await socket.recv()) == {"type": "connection_ack"}
            while True:
                message: Any = decode(await socket.recv())
                if message["type"] == "complete":
                    return
                yield message["payload"]["data"]["processEvents"]
        except ConnectionClosed:
            return
        finally:
            socket.transport.abort()


@dataclass(kw_only=True)
class Follower:
    """Puts the history of a process together, and keeps it going: what has failed is tried again."""

    house: House
    process: str
    randomness: Random
    drops: int = 0
    seen: list[Any] = field(default_factory=list[Any])
    went_on_at: str | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.seen) and summary(self.seen[-1]) == ("process", "ABORTED")

    async def live_once(self, follow: Follow) -> None:
        """Follows until a moment that nothing decides but chance: a while after none, one or two events."""
        left = None if self.drops >= DROPS else self.randomness.randint(0, 2)
        after = self.seen[-1]["cursor"] if self.seen else beginning(self.process)
        clock = asyncio.timeout(None)
        try:
            async with clock, aclosing(follow(self.house, self.process, after)) as stream:
                await self._go_on()
                self._end_soon(clock, left)
                async for event in stream:
                    self.seen.append(event)
                    left = None if left is None else left - 1
                    self._end_soon(clock, left)
                    await self._go_on()
        except TimeoutError:
            self.drops += 1

    def _end_soon(self, clock: asyncio.Timeout, left: int | None) -> None:
        if left == 0:
            clock.reschedule(asyncio.get_running_loop().time() + self.randomness.uniform(0, LONGEST_REST_S))

    async def _go_on(self) -> None:
        """Has what failed tried again, once; after the last drop, ends it."""
        if self.seen and summary(self.seen[-1]) == ("process", "FAILED"):
            cursor = self.seen[-1]["cursor"]
            if self.went_on_at != cursor:
                await self.house.ask(RETRY if self.drops < DROPS else ABORT, process=self.process)
                self.went_on_at = cursor


@parity("GQ-03")
@parity("GQ-03", mends="none")
async def test_whoever_is_dropped_a_hundred_times_while_a_process_runs_has_its_exact_history(
    working_house: House,
) -> None:
    seed = SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201  # shown when the test fails
    house, randomness = working_house, Random(seed)  # noqa: S311  # when to cut
    node = await house.active_node(hostname="broken-1")
    started = await house.ask(VALIDATE, id=node)
    follower = Follower(house=house, process=started["validateNode"]["process"]["id"], randomness=randomness)

    async with asyncio.timeout(60):
        while not follower.is_over:
            await follower.live_once(randomness.choice([by_stream, by_socket]))
    whole = await all_events(house, follower.process, beginning(follower.process))

    def identity(event: Any) -> tuple[str, int, str, str]:
        return event["cursor"], event["version"], *summary(event)

    assert follower.drops == DROPS
    assert [identity(event) for event in follower.seen] == [identity(event) for event in whole]
    versions = [event["version"] for event in follower.seen]
    assert sorted(set(versions)) == list(range(1, versions[-1] + 1))
    assert versions == sorted(versions)
    await eventually(lambda: is_unwatched(house))
    await eventually(lambda: is_left(house))


async def is_left(house: House) -> bool:
    return house.server.streams.count == 0
