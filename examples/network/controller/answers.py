"""Between Starlette and the rules: what a request says, and how an answer is written."""

from http import HTTPStatus

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from examples.network.controller.errors import ControllerError
from examples.network.controller.messages import Problem


def name_in(request: Request) -> str:
    """The name in the request's path."""
    return str(request.path_params["name"])


def number_in(request: Request) -> int:
    """The number in the request's path."""
    return int(request.path_params["number"])


def idempotency_key(request: Request) -> str | None:
    """The key by which the request is known again."""
    return request.headers.get("idempotency-key")


def answer(message: BaseModel, *, status: int = HTTPStatus.OK) -> Response:
    """The message as JSON."""
    return Response(message.model_dump_json(), status_code=status, media_type="application/json")


async def refuse(_: Request, error: Exception) -> Response:
    """The answer to what a rule refuses."""
    if not isinstance(error, ControllerError):
        raise error
    return answer(Problem(error=str(error)), status=error.status)


async def reject(_: Request, error: Exception) -> Response:
    """The answer to what cannot be read."""
    return answer(Problem(error=str(error)), status=HTTPStatus.BAD_REQUEST)
