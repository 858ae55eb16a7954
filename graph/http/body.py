"""Request bodies: bounded in size, JSON in UTF-8, nothing else."""

import asyncio

from starlette.requests import Request

from domain.json import JsonValue
from graph.http.client_json import decode_client_json
from graph.http.negotiation import parse_media_type

DRAINED_BODIES = 8
"""How many times the limit is read of a body that is too large."""


class BodyRefused(Exception):
    """The body cannot be taken; nothing was done."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


async def read_json(request: Request, *, max_bytes: int, timeout_s: float) -> JsonValue:
    """Gives the decoded body.

    Raises:
        BodyRefused: 415 unless it is declared as JSON in UTF-8 and not compressed, 413 if it has more than
            `max_bytes`, 408 if it does not come in time, 400 unless it is JSON.
    """
    _require_json(request.headers.get("content-type"))
    _require_plain(request.headers.get("content-encoding"))
    try:
        async with asyncio.timeout(timeout_s):
            body = await _read(request, max_bytes)
    except TimeoutError:
        raise BodyRefused(408, f"The body did not come within {timeout_s:g} s.") from None
    try:
        return decode_client_json(body)
    except ValueError as error:
        raise BodyRefused(400, f"The body is not valid JSON: {error}.") from None


def _require_json(content_type: str | None) -> None:
    if content_type is None:
        raise BodyRefused(415, "Expected the header 'Content-Type: application/json', found none.")
    media_type = parse_media_type(content_type)
    if media_type.name != "application/json":
        raise BodyRefused(415, f"Expected 'Content-Type: application/json', found '{media_type.name}'.")
    if not media_type.is_utf8:
        raise BodyRefused(415, f"Expected UTF-8, found the charset '{media_type.parameters['charset']}'.")


def _require_plain(content_encoding: str | None) -> None:
    """A small body can stand for one of any size; only what is sent is counted."""
    if content_encoding is not None and content_encoding.strip().lower() != "identity":
        raise BodyRefused(415, "Expected a body that is not compressed, found a 'Content-Encoding'.")


async def _read(request: Request, max_bytes: int) -> bytes:
    """The body; of one that is too large, a little more is read and thrown away.

    A client that is still sending when its connection is closed would not see the refusal.
    """
    body = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received <= max_bytes:
            body += chunk
        if received > max_bytes * DRAINED_BODIES:
            break
    if received > max_bytes:
        raise BodyRefused(413, f"The body is too large: at most {max_bytes} bytes are taken.")
    return bytes(body)
