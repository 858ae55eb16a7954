"""A GraphQL client that finds its way back when its socket drops, for example because the server restarts.

Operations are repeated after a drop: a mutation sent through it must be one that may be sent twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Self

from pydantic import JsonValue
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)

from orchestrion.demo.failures import ConnectionLost, ServerUnreachable
from orchestrion.demo.websocket import AnswerT, GraphQLSocket, Operation

PAUSE_AFTER_END_S = 0.2


class GraphQLConnection:
    """Carries one operation at a time, over one socket after the other.

    Args:
        url: The server's GraphQL URL.
        patience_s: How long a server that went away is waited for.
        on_drop: Told when the socket dropped and another one is tried.

    Attributes:
        drops: How often the socket dropped so far.
    """

    def __init__(self, url: str, *, patience_s: float, on_drop: Callable[[], None]) -> None:
        self._url = url
        self._patience_s = patience_s
        self._on_drop = on_drop
        self.drops = 0
        self._socket: GraphQLSocket | None = None

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            ServerUnreachable: If there is no such server; only one that was seen is waited for.
        """
        try:
            self._socket = await GraphQLSocket.open(self._url)
        except ConnectionLost as error:
            raise ServerUnreachable(self._url, reason=str(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def execute(
        self, operation: Operation, answer: type[AnswerT], *, variables: Mapping[str, JsonValue]
    ) -> AnswerT:
        """The answer to a query or mutation.

        Raises:
            RequestFailed: If the server answers with errors.
            ServerUnreachable: If the server went away and did not come back.
        """

        async def once() -> AnswerT:
            async with aclosing(self._run(operation, answer, variables)) as answers:
                return await anext(answers)

        return await self._patiently()(once)

    async def stream(
        self, operation: Operation, event: type[AnswerT], *, variables: Callable[[], Mapping[str, JsonValue]]
    ) -> AsyncGenerator[AnswerT]:
        """The events of a subscription, over as many sockets as it takes, until the caller has heard enough.

        A server that stops ends its streams first, so the end of a stream is no reason to stop listening.

        Args:
            operation: The subscription.
            event: What each event is.
            variables: Asked at each connection, so that it can say after which event to go on.

        Raises:
            RequestFailed: If the server answers with errors.
            ServerUnreachable: If the server went away and did not come back.
        """
        while True:
            try:
                async with aclosing(self._run(operation, event, variables())) as events:
                    async for one in events:
                        yield one
            except ConnectionLost:
                await self._patiently()(self._connected)
            else:
                await asyncio.sleep(PAUSE_AFTER_END_S)

    async def _run(
        self, operation: Operation, answer: type[AnswerT], variables: Mapping[str, JsonValue]
    ) -> AsyncGenerator[AnswerT]:
        socket = await self._connected()
        try:
            async with aclosing(socket.run(operation, answer, variables=variables)) as answers:
                async for one in answers:
                    yield one
        except ConnectionLost:
            await self._close()
            self.drops += 1
            self._on_drop()
            raise

    async def _connected(self) -> GraphQLSocket:
        if self._socket is None:
            self._socket = await GraphQLSocket.open(self._url)
        return self._socket

    async def _close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    def _patiently(self) -> AsyncRetrying:
        def give_up(state: RetryCallState) -> None:
            raise ServerUnreachable(self._url, reason=f"gone for {state.seconds_since_start or 0:.0f} s")

        return AsyncRetrying(
            retry=retry_if_exception_type(ConnectionLost),
            wait=wait_exponential_jitter(multiplier=0.2, max=2, jitter=0.2),
            stop=stop_after_delay(self._patience_s),
            retry_error_callback=give_up,
        )
