"""Media types: what a request's body is, and what the client can read.

A client that names no format, or only a range such as `*/*`, is taken for one that knows nothing of
GraphQL's own media type, and is answered in plain JSON.

Source: RFC 9110 sections 8.3 and 12.5.1; GraphQL over HTTP, "Media Types"; the server audits of graphql-http.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum


class ResponseFormat(Enum):
    """The forms in which an operation can be answered, in the server's order among those the client names."""

    GRAPHQL_RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENT_STREAM = "text/event-stream"


class _NamedBy(IntEnum):
    """How a format is covered by what the client accepts; the higher is preferred at the same weight."""

    RANGE = 0
    RANGE_OF_JSON = 1
    NAME = 2


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

    No header means anything goes. Of two that weigh the same, the one that is named comes before the one that
    a range covers. An event stream is only chosen by its full name.
    """
    if accept is None or not accept.strip():
        return ResponseFormat.JSON
    ranges = list(_accepted(accept))
    preferences = {candidate: _preference(candidate, ranges) for candidate in ResponseFormat}
    best = max(ResponseFormat, key=lambda candidate: preferences[candidate])
    weight, _ = preferences[best]
    return best if weight > 0 else None


def _accepted(accept: str) -> Iterator[tuple[MediaType, float]]:
    for text in accept.split(","):
        media_type = parse_media_type(text)
        try:
            weight = float(media_type.parameters.get("q", "1"))
        except ValueError:
            weight = 0.0
        if media_type.is_utf8:
            yield media_type, weight


def _preference(candidate: ResponseFormat, ranges: list[tuple[MediaType, float]]) -> tuple[float, _NamedBy]:
    """The weight given by the most specific range that covers the candidate, and its kind."""
    covering = _NamedBy.RANGE_OF_JSON if candidate is ResponseFormat.JSON else _NamedBy.RANGE
    names = {candidate.value: _NamedBy.NAME}
    if candidate is not ResponseFormat.EVENT_STREAM:
        names |= {"application/*": covering, "*/*": covering}
    for name, named_by in names.items():
        for media_type, weight in ranges:
            if media_type.name == name:
                return weight, named_by
    return 0.0, _NamedBy.RANGE
