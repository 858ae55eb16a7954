"""Whether a value declared as one type can be given to a parameter declared as another."""

from datetime import date, datetime
from typing import Any, Literal, NewType, get_args, get_origin

from domain.json import JsonValue
from domain.model.subscriptions import SubscriptionModel
from engine.annotations import members


def is_assignable(source: object, target: object) -> bool:
    """Whether every value of the source type is accepted as the target type.

    Values travel as JSON and are read back by the target type, so containers are covariant. Two subscription
    models of one family are assignable whatever their lifecycle: the stored status decides which class is
    loaded, and the step checks that it is one it takes.
    """
    targets = members(target)
    return all(any(_member_assignable(member, wanted) for wanted in targets) for member in members(source))


def _member_assignable(source: object, target: object) -> bool:
    if target in (Any, object, JsonValue) or source is Any or source == target:
        return True
    if get_origin(source) is Literal:
        return _literal_assignable(get_args(source), target)
    if isinstance(source, NewType):
        return is_assignable(source.__supertype__, target)
    if get_origin(source) is not None or get_origin(target) is not None:
        return _generic_assignable(source, target)
    if isinstance(source, type) and isinstance(target, type):
        return _class_assignable(source, target)
    return False


def _literal_assignable(values: tuple[object, ...], target: object) -> bool:
    if get_origin(target) is Literal:
        return set(values) <= set(get_args(target))
    return all(_member_assignable(type(value), target) for value in values)


def _generic_assignable(source: object, target: object) -> bool:
    source_origin, target_origin = get_origin(source) or source, get_origin(target) or target
    if not _member_assignable(source_origin, target_origin):
        return False
    source_arguments, target_arguments = get_args(source), get_args(target)
    if not target_arguments:
        return True
    return len(source_arguments) == len(target_arguments) and all(
        given is wanted or is_assignable(given, wanted)
        for given, wanted in zip(source_arguments, target_arguments, strict=True)
    )


def _class_assignable(source: type, target: type) -> bool:
    if issubclass(source, SubscriptionModel) and issubclass(target, SubscriptionModel):
        return source.family() is target.family()
    if target is date and issubclass(source, datetime):
        return False  # a datetime's JSON text is not a date's
    if getattr(target, "_is_protocol", False):
        return False  # a protocol has no JSON form to read a value back into
    if target is float and issubclass(source, int):
        return True  # PEP 484's numeric tower
    return issubclass(source, target)
