"""What the state holds at one point of a workflow, as far as that can be known before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

from pydantic import BaseModel
from typing_extensions import is_typeddict

from domain.model.subscriptions import SubscriptionModel
from engine.annotations import describe, is_nullable, members
from engine.conditions import Condition
from engine.definition_errors import DefinitionError
from engine.signatures import read_fields
from engine.slots import Output

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """A place that puts a value into the state.

    Attributes:
        certain: Whether it does so whenever it is carried out.
        provider: What error messages call it.
        conditions: Under which it is carried out.
    """

    annotation: object
    certain: bool
    provider: str
    conditions: tuple[Condition, ...] = ()

    def holds_under(self, conditions: Sequence[Condition]) -> bool:
        """Whether a step under these conditions can count on it."""
        return self.certain and set(self.conditions) <= set(conditions)

    @property
    def doubt(self) -> str:
        """Why nobody can count on it."""
        if not self.certain:
            return f"{self.provider} gives it only sometimes"
        names = " and ".join(repr(condition.key) for condition in self.conditions)
        return f"{self.provider} gives it only under the condition {names}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A value as one step finds it.

    Attributes:
        annotation: All that it may be.
        provider: Who gave it last.
        doubt: Why it may be missing; None if it is always there.
    """

    annotation: object
    provider: str
    doubt: str | None


@dataclass(slots=True)
class KnownValues:
    """The values given so far, by the part of the state and the name they stand under."""

    _parts: dict[Path, dict[str, list[Provision]]] = field(
        default_factory=dict[Path, dict[str, list[Provision]]]
    )

    def give(self, path: Path, name: str, provision: Provision) -> None:
        """Note a value; an earlier one stays possible as long as this one may be missing.

        An object is also a part of the state, with its own fields, and replaces what that held before.
        """
        self._parts.setdefault(path, {}).setdefault(name, []).append(provision)
        part = (*path, name)
        for inner in [known for known in self._parts if known[: len(part)] == part]:
            del self._parts[inner]
        for field_name, output in fields_of_object(provision.annotation).items():
            self.give(
                part,
                field_name,
                Provision(
                    annotation=output.annotation,
                    certain=provision.certain and output.required and not is_nullable(provision.annotation),
                    provider=provision.provider,
                    conditions=provision.conditions,
                ),
            )

    def find(self, path: Path, name: str, *, conditions: Sequence[Condition]) -> Known | None:
        """The value that a step in this part, under these conditions, finds under this name; None is never.

        What may be missing in the part is looked for around it.
        """
        levels = (self._parts.get(path[:depth], {}).get(name, []) for depth in range(len(path), -1, -1))
        return _known([provision for level in levels for provision in reversed(level)], conditions)

    def find_in(self, path: Path, name: str, *, conditions: Sequence[Condition]) -> Known | None:
        """The value under this name in this part itself, as a step under these conditions finds it."""
        return _known(self._parts.get(path, {}).get(name, [])[::-1], conditions)

    def is_part(self, path: Path) -> bool:
        """Whether steps under a focus may have made this part."""
        return any(part[: len(path)] == path for part in self._parts)

    def is_extended(self, path: Path) -> bool:
        """Whether this part was given as an object, and steps under a focus have given more since."""
        given = self._parts.get(path[:-1], {}).get(path[-1])
        if not given:
            return False
        return any(
            provision.provider != given[-1].provider
            for provisions in self._parts.get(path, {}).values()
            for provision in provisions
        )

    def has_part(self, path: Path, *, conditions: Sequence[Condition]) -> bool:
        """Whether a step under these conditions can count on this part being there."""
        return any(
            provision.holds_under(conditions)
            for part, values in self._parts.items()
            if part[: len(path)] == path
            for provisions in values.values()
            for provision in provisions
        )

    def names(self, path: Path) -> frozenset[str]:
        """What a step in this part may find."""
        outer = [path[:depth] for depth in range(len(path) + 1)]
        values = {name for part in outer for name in self._parts.get(part, {})}
        parts = {part[-1] for part in self._parts if part and part[:-1] in outer}
        return frozenset(values | parts)


def _known(latest_first: Sequence[Provision], conditions: Sequence[Condition]) -> Known | None:
    """What a step finds of what was given, the latest first: the first it can count on hides those behind."""
    if not latest_first:
        return None
    sure = next((i for i, each in enumerate(latest_first) if each.holds_under(conditions)), None)
    possible = latest_first if sure is None else latest_first[: sure + 1]
    return Known(
        annotation=Union[tuple(each.annotation for each in reversed(possible))],  # noqa: UP007  # at run time
        provider=possible[0].provider,
        doubt=possible[0].doubt if sure is None else None,
    )


def fields_of_object(annotation: object) -> Mapping[str, Output]:
    """The fields of a TypedDict or a pydantic model, None beside it or not; empty for any other type."""
    kinds = [kind for kind in members(annotation) if kind is not type(None)]
    if len(kinds) != 1:
        return {}
    (kind,) = kinds
    if not (is_typeddict(kind) or _is_plain_model(kind)):
        return {}
    try:
        return read_fields(kind, owner=describe(kind))
    except DefinitionError:
        return {}


def _is_plain_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel) and not issubclass(kind, SubscriptionModel)
