"""The subscriptions that an input names by their ids, and whether they can be used: rules without reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from engine.actions import SubjectFacts
from engine.errors import FieldError, InvalidInput
from engine.of_model import OfModel, find_marker
from engine.slots import Output

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSubscription:
    """A subscription that an input names.

    Attributes:
        path: The place of its id in what was sent.
        marker: What it must be.
    """

    id: SubscriptionId
    path: Path
    marker: OfModel


def named_in(
    inputs: Mapping[str, Output], values: Mapping[str, JsonValue], *, pages: Sequence[JsonValue] | None
) -> tuple[NamedSubscription, ...]:
    """The subscriptions that an input names, in its order.

    Args:
        inputs: The input's fields.
        values: What goes into the state, by field.
        pages: What was sent, if that was pages: paths then begin with the last one that has the field.
    """
    return tuple(
        NamedSubscription(
            id=SubscriptionId(UUID(text)), path=(*_page_of(name, pages), *path), marker=output.marker
        )
        for name, output in inputs.items()
        if output.marker is not None
        for path, text in _ids((name,), values.get(name))
    )


def named_on(page: BaseModel, path: Path) -> tuple[NamedSubscription, ...]:
    """The subscriptions that a filled-in page at this place names, in the order of its fields."""
    fields = type(page).model_fields.items()
    markers = {name: found for name, field in fields if (found := _marker(field)) is not None}
    return tuple(
        NamedSubscription(id=SubscriptionId(named), path=(*path, *place), marker=marker)
        for name, marker in markers.items()
        for place, named in _uuids((name,), getattr(page, name))
    )


def refuse_unusable(
    named: Sequence[NamedSubscription],
    found: Mapping[SubscriptionId, SubjectFacts],
    *,
    holder: ProcessId | None = None,
) -> None:
    """Check that each subscription is there, of its family, in a status its class serves, and in sync.

    Args:
        named: The subscriptions.
        found: Those of them that the caller may see.
        holder: The process that may hold them: the one that is given the input.

    Raises:
        InvalidInput: with an error for each that is not.
    """
    errors = [
        FieldError(path=each.path, message=message, code=code)
        for each in named
        for code, message in _complaints(each.marker, found.get(each.id), holder)
    ]
    if errors:
        raise InvalidInput(errors)


def _page_of(name: str, pages: Sequence[JsonValue] | None) -> Path:
    if not pages:
        return ()
    having = [index for index, page in enumerate(pages) if isinstance(page, dict) and name in page]
    return ("pages", having[-1] if having else len(pages) - 1)


def _marker(field: FieldInfo) -> OfModel | None:
    # pydantic keeps what stands around the whole annotation apart from it.
    outer = next((item for item in field.metadata if isinstance(item, OfModel)), None)
    found = None if outer is not None else find_marker(field.annotation)
    return outer if found is None else found[0]


def _uuids(path: Path, value: object) -> Iterator[tuple[Path, UUID]]:
    if isinstance(value, UUID):
        yield path, value
    elif isinstance(value, list):
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        for index, item in enumerate(items):
            yield from _uuids((*path, index), item)


def _ids(path: Path, value: JsonValue) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _ids((*path, index), item)


def _complaints(
    marker: OfModel, facts: SubjectFacts | None, holder: ProcessId | None
) -> Iterator[tuple[str, str]]:
    family = marker.model.family()
    if facts is None:
        yield "subscription_not_found", f"There is no such subscription; expected one of {family.name}"
    elif facts.family is not family:
        yield (
            "subscription_model",
            f"Found a subscription of product {facts.product}; expected one of {family.name}",
        )
    else:
        if facts.status not in marker.statuses:
            expected = " or ".join(marker.statuses)
            yield "subscription_status", f"The subscription is {facts.status}; expected {expected}"
        if not facts.in_sync and (holder is None or facts.held_by != holder):
            yield "subscription_not_in_sync", "The subscription is out of sync; expected it in sync"
