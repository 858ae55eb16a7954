"""The addresses to which systems outside post the results of callback steps: plain HTTP, one token each.

The token in the path is the whole right to post. It is used once; a post that is refused leaves it usable.
So does one of how far the outside is, which goes to the same address with `/progress` behind it.
"""

from collections.abc import Awaitable, Callable
from typing import assert_never

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.json import JsonValue, encode
from engine.errors import (
    CallbackUnknown,
    CallbackUsed,
    Conflict,
    InvalidInput,
    ProcessNotFound,
    StepGone,
    WrongStatus,
)
from engine.run.commands import Commands
from graph.errors import internal_error
from graph.http.body import BodyRefused, read_json

CLIENT_CLOSED_REQUEST = 499
LARGEST_PROGRESS_BYTES = 10_000


def callback_routes(commands: Commands, *, max_body_bytes: int, body_timeout_s: float) -> list[BaseRoute]:
    """Gives the routes `POST /callbacks/{token}` and `POST /callbacks/{token}/progress`."""

    async def receive(request: Request) -> Response:
        return await _take_in(
            request,
            commands.receive_callback,
            max_bytes=max_body_bytes,
            timeout_s=body_timeout_s,
            misfit="The result does not fit what the step waits for.",
        )

    async def receive_progress(request: Request) -> Response:
        largest = min(LARGEST_PROGRESS_BYTES, max_body_bytes)
        return await _take_in(
            request,
            commands.receive_progress,
            max_bytes=largest,
            timeout_s=body_timeout_s,
            misfit="Expected an object with a percent from 0 to 100, a message or both.",
        )

    return [
        Route("/callbacks/{token}", receive, methods=["POST"]),
        Route("/callbacks/{token}/progress", receive_progress, methods=["POST"]),
    ]


async def _take_in(
    request: Request,
    take_in: Callable[[str, JsonValue], Awaitable[None]],
    *,
    max_bytes: int,
    timeout_s: float,
    misfit: str,
) -> Response:
    """Let a command take in a request's body; `misfit` is what is said of one that does not fit."""
    try:
        body = await read_json(request, max_bytes=max_bytes, timeout_s=timeout_s)
        await take_in(request.path_params["token"], body)
    except BodyRefused as refused:
        return _refuse(refused.status, "BAD_REQUEST", refused.message)
    except (
        CallbackUnknown,
        CallbackUsed,
        Conflict,
        InvalidInput,
        ProcessNotFound,
        WrongStatus,
    ) as refusal:
        return _answer(refusal, misfit=misfit)
    except ClientDisconnect:
        return Response(status_code=CLIENT_CLOSED_REQUEST)
    except Exception as error:  # noqa: BLE001  # the edge of a request
        return _json(500, {"error": internal_error(error, where="callback")})
    return _json(200, {"status": "accepted"})


def _answer(
    refusal: CallbackUnknown | CallbackUsed | Conflict | InvalidInput | ProcessNotFound | WrongStatus,
    *,
    misfit: str,
) -> Response:
    match refusal:
        case CallbackUnknown() | ProcessNotFound():
            return _refuse(404, "UNKNOWN", "No callback waits at this address.")
        case CallbackUsed():
            return _refuse(410, "USED", "This callback was made before, or its time is over.")
        case WrongStatus():
            return _refuse(409, "WRONG_STATUS", f"The process does not wait for this: it is {refusal.found}.")
        case StepGone():
            return _refuse(409, "WORKFLOW_CHANGED", "The process does not know what to do with this now.")
        case Conflict():
            return _refuse(409, "CONFLICT", "Something else happened at the same time: try again.")
        case InvalidInput():
            problems: list[JsonValue] = [
                {"path": [str(part) for part in error.path], "message": error.message, "code": error.code}
                for error in refusal.errors
            ]
            return _refuse(422, "INVALID", misfit, problems)
        case _:
            assert_never(refusal)


def _refuse(status: int, code: str, message: str, problems: list[JsonValue] | None = None) -> Response:
    error: dict[str, JsonValue] = {"code": code, "message": message}
    if problems is not None:
        error["errors"] = problems
    return _json(status, {"error": error})


def _json(status: int, payload: JsonValue) -> Response:
    return Response(encode(payload), status_code=status, media_type="application/json")
