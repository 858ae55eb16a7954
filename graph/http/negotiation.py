"""Media types: what a request's body is, and what the client can read.

Source: RFC 9110 sections 8.3 and 12.5.1; GraphQL over HTTP, "Media Types".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum


class ResponseFormat(Enum):
    """The forms in which an operation can be answered, in the server's order of preference."""

    GRAPHQL_RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A media type or range, in lower case, with its parameters."""

    name: str
    parameters: Mapping[str, str]

    @property
    def is_utf8(self) -> bool:
        """Whether its text is UTF-8, which it is unless it says something else."""
        return self.parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"}


def parse_media_type(text: str) -> MediaType:
    """Reads one media type; what is malformed comes back as a name that matches nothing."""
    name, *parameters = text.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return MediaType(
        name=name.strip().lower(),
        parameters={key.strip().lower(): value.strip().strip('"') for key, _, value in pairs},
    )


def choose_format(accept: str | None) -> ResponseFormat | None:
    """Gives the format the client prefers, or None if it can read none of them.

    No header means anything goes. An event stream is only chosen by its full name.
    """
    if accept is None or not accept.strip():
        return ResponseFormat.GRAPHQL_RESPONSE
    ranges = list(_accepted(accept))
    weights = {candidate: _weight(candidate, ranges) for candidate in ResponseFormat}
    best = max(ResponseFormat, key=lambda candidate: weights[candidate])
    return best if weights[best] > 0 else None


def _accepted(accept: str) -> Iterator[tuple[MediaType, float]]:
    for text in accept.split(","):
        media_type = parse_media_type(text)
        try:
            weight = float(media_type.parameters.get("q", "1"))
        except ValueError:
            weight = 0.0
        if media_type.is_utf8:
            yield media_type, weight


def _weight(candidate: ResponseFormat, ranges: list[tuple[MediaType, float]]) -> float:
    """The weight given by the most specific range that covers the candidate."""
    names = [candidate.value]
    if candidate is not ResponseFormat.EVENT_STREAM:
        names += ["application/*", "*/*"]
    for name in names:
        for media_type, weight in ranges:
            if media_type.name == name:
                return weight
    return 0.0
