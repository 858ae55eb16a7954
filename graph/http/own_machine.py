"""Requests that name the server by what only this machine is called.

A page of elsewhere can make its own name stand for 127.0.0.1: its requests then come from a browser of this
machine, and to the browser the server is the page's own. What they carry is that name.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.authentication.loopback import is_loopback_name

MISDIRECTED = 421


class OwnMachineOnly:
    """Refuses requests by other names before anything looks at them; sockets are refused where they open.

    Args:
        app: What answers.
        except_below: Where names do not matter, as what is there takes a secret of its own.
    """

    def __init__(self, app: ASGIApp, *, except_below: Sequence[str] = ()) -> None:
        self._application = app
        self._except_below = tuple(except_below)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or lets it through."""
        if scope["type"] != "http" or self._is_admitted(scope):
            await self._application(scope, receive, send)
            return
        message = "The server is open to this machine alone, by the name localhost.\n"
        await PlainTextResponse(message, MISDIRECTED)(scope, receive, send)

    def _is_admitted(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return is_loopback_name(Headers(scope=scope).get("host")) or path.startswith(self._except_below)
