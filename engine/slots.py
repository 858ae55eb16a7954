"""Named, typed places in a process's state: what a step takes from it, and what it puts into it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import PydanticUserError, SecretBytes, SecretStr, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from typing_extensions import is_typeddict

from domain.ids import SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.model.errors import InvalidFamily
from domain.model.subscriptions import SubscriptionModel
from engine.annotations import bare, is_nullable, members, part_name
from engine.definition_errors import UnsupportedSignature
from engine.of_model import OfModel, find_marker

_IDS: frozenset[object] = frozenset({SubscriptionId, NoneType})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slot:
    """A name of the state and the type its value has in Python.

    Attributes:
        name: The key in the state.
        annotation: The declared type, `Annotated` kept.
        subscription_classes: For a subscription, whose value in the state is its id: the classes that are
            accepted, all of one family. Empty for every other value.
        many: Whether it is a list of subscriptions.
        nullable: Whether None is accepted.
        adapter: Converts the value from and to JSON; None for a subscription, and for a type that has no JSON
            form, such as a service's.
    """

    name: str
    annotation: object
    subscription_classes: tuple[type[SubscriptionModel], ...]
    many: bool
    nullable: bool
    adapter: TypeAdapter[Any] | None = field(repr=False)

    @property
    def is_subscription(self) -> bool:
        """Whether the value is a subscription, or a list of them, which the state knows by their ids."""
        return bool(self.subscription_classes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameter(Slot):
    """What a function takes under one of its parameters' names.

    Attributes:
        has_default: Whether the parameter may be left out of the call.
    """

    has_default: bool

    @property
    def is_optional(self) -> bool:
        """Whether the function can be called when nothing gives the value."""
        return self.has_default or self.nullable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Output(Slot):
    """What a function gives under a name.

    Attributes:
        required: Whether it always does.
        marker: For ids of subscriptions: what their subscriptions must be.
    """

    required: bool
    marker: OfModel | None = None


def parameter(name: str, annotation: object, *, has_default: bool, function: str) -> Parameter:
    """The slot of a function's parameter.

    Raises:
        UnsupportedSignature: if its type cannot be carried by the state, naming function and parameter.
    """
    classes = subscription_classes(annotation, function=function, part=part_name(name))
    adapter = None if classes else _find_adapter(annotation)
    if adapter is None and any(is_typeddict(part) for part in _parts(annotation)):
        raise UnsupportedSignature(function, part=part_name(name), reason=_no_json_form(annotation))
    return Parameter(
        name=name,
        annotation=annotation,
        subscription_classes=classes,
        many=bool(classes) and _is_list(annotation),
        nullable=is_nullable(annotation),
        adapter=adapter,
        has_default=has_default,
    )


def output(name: str, annotation: object, *, required: bool, function: str) -> Output:
    """The slot of a function's output.

    Raises:
        UnsupportedSignature: if its type has no JSON form, naming function and output.
    """
    part = f"output {name!r}"
    classes = subscription_classes(annotation, function=function, part=part)
    adapter = None if classes else _find_adapter(annotation)
    if adapter is None and not classes:
        raise UnsupportedSignature(function, part=part, reason=_no_json_form(annotation))
    if any(
        isinstance(kind, type) and issubclass(kind, SecretStr | SecretBytes) for kind in _parts(annotation)
    ):
        raise UnsupportedSignature(function, part=part, reason="is a secret, which the state must not hold")
    return Output(
        name=name,
        annotation=annotation,
        subscription_classes=classes,
        many=bool(classes) and _is_list(annotation),
        nullable=is_nullable(annotation),
        adapter=adapter,
        required=required,
        marker=_read_marker(annotation, function=function, part=part),
    )


def subscription_classes(
    annotation: object, *, function: str, part: str
) -> tuple[type[SubscriptionModel], ...]:
    """The subscription classes that the annotation names, or a list's; empty if it is about something else.

    Raises:
        UnsupportedSignature: unless they are of one family, with nothing beside them but None.
    """
    kinds = members(annotation)
    if _is_list(annotation):
        kinds = (*members(_item(annotation)), *(kind for kind in kinds if kind is NoneType))
    classes = tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, SubscriptionModel))
    if not classes:
        _refuse_nested_models(annotation, function=function, part=part)
        return ()
    reason: str | None = None
    if len(classes) + is_nullable(annotation) < len(kinds):
        reason = "is a subscription or something else; expected a subscription, or None"
    elif len(_families(classes, function=function, part=part)) > 1:
        reason = "is a union of different subscriptions; expected classes of one family"
    if reason is not None:
        raise UnsupportedSignature(function, part=part, reason=reason)
    return classes


def _is_list(annotation: object) -> bool:
    """Whether it is a list, or None beside one."""
    kinds = [kind for kind in members(annotation) if kind is not NoneType]
    return len(kinds) == 1 and get_origin(kinds[0]) is list


def _item(annotation: object) -> object:
    (items,) = (get_args(kind) for kind in members(annotation) if get_origin(kind) is list)
    return items[0]


def _read_marker(annotation: object, *, function: str, part: str) -> OfModel | None:
    """The marker of an id of a subscription, or of the ids in a list.

    Raises:
        UnsupportedSignature: if it marks something else, or a model of no family.
    """
    found = find_marker(annotation)
    if found is None:
        return None
    marker, _ = found
    _families((marker.model,), function=function, part=part)
    ids = _item(annotation) if _is_list(annotation) else annotation
    if not _IDS.issuperset(members(ids)):
        reason = f"is marked as of {marker.model.__name__}; expected a SubscriptionId, or a list of them"
        raise UnsupportedSignature(function, part=part, reason=reason)
    return marker


def _families(
    classes: tuple[type[SubscriptionModel], ...], *, function: str, part: str
) -> frozenset[ModelFamily[SubscriptionModel]]:
    try:
        return frozenset(class_.family() for class_ in classes)
    except InvalidFamily as error:
        raise UnsupportedSignature(function, part=part, reason=f"is of no family ({error})") from error


def _refuse_nested_models(annotation: object, *, function: str, part: str) -> None:
    for kind in _parts(annotation):
        if isinstance(kind, type) and issubclass(kind, SubscriptionModel):
            reason = f"holds {kind.__name__} inside another type; give each its own name"
            raise UnsupportedSignature(function, part=part, reason=reason)
        if isinstance(kind, type) and issubclass(kind, ProductBlockModel):
            reason = f"holds the block {kind.__name__}; a block travels inside its subscription"
            raise UnsupportedSignature(function, part=part, reason=reason)


def _find_adapter(annotation: object) -> TypeAdapter[Any] | None:
    try:
        # The annotation is a type form read at run time, which the checker only knows as an object.
        return TypeAdapter[Any](annotation)  # pyright: ignore[reportArgumentType]
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError):
        return None


def _no_json_form(annotation: object) -> str:
    if any(is_typeddict(part) for part in _parts(annotation)):
        return "contains a TypedDict; take it from typing_extensions, or use a pydantic model"
    return "has a type that cannot be kept in the state as JSON"


def _parts(annotation: object) -> Iterator[object]:
    """The annotation and everything its brackets hold."""
    for member in members(annotation):
        yield bare(member)
        for argument in get_args(member):
            yield from _parts(argument)
