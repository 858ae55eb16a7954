"""Families: the classes that model one block or one kind of subscription, each for some statuses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from types import MappingProxyType
from typing import Generic, TypeVar

from domain.model.errors import InvalidFamily
from domain.model.lifecycle import SubscriptionStatus

Model = TypeVar("Model")

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\s-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelFamily(Generic[Model]):
    """The classes of one name. There is one object per family; it grows as its classes are defined.

    Attributes:
        base: serves every status that no other class of the family claims.
    """

    name: str
    base: type[Model]
    _claims: dict[SubscriptionStatus, type[Model]] = field(
        default_factory=dict[SubscriptionStatus, type[Model]], repr=False
    )

    @property
    def key(self) -> str:
        """The name in snake case."""
        return _WORD_START.sub("_", self.name).lower()

    @property
    def description(self) -> str:
        """The docstring of the base; empty if it has none."""
        return cleandoc(self.base.__doc__ or "")

    @property
    def classes(self) -> Mapping[SubscriptionStatus, type[Model]]:
        """The class that claims a status; statuses without an entry are the base's."""
        return MappingProxyType(self._claims)

    @property
    def members(self) -> tuple[type[Model], ...]:
        """Every class once, the base first, then in the order of their definition."""
        return tuple(dict.fromkeys((self.base, *self._claims.values())))

    def class_for(self, status: SubscriptionStatus) -> type[Model]:
        """The class that serves a status."""
        return self._claims.get(status, self.base)

    def statuses_of(self, model: type[object]) -> frozenset[SubscriptionStatus]:
        """The statuses that a class serves; empty for a class that is not of this family."""
        return frozenset(status for status in SubscriptionStatus if self.class_for(status) is model)

    def claim(self, model: type[Model], lifecycle: Sequence[SubscriptionStatus]) -> None:
        """Let a class serve statuses; only model classes call this, when they are defined."""
        self._claims.update(dict.fromkeys(lifecycle, model))


def found_or_join(
    model: type[Model],
    parent: ModelFamily[Model] | None,
    *,
    name: str | None,
    lifecycle: Sequence[SubscriptionStatus],
) -> ModelFamily[Model] | None:
    """The family that a new class belongs to by its keywords; None for an abstract class. Claims nothing yet.

    Raises:
        InvalidFamily: if the keywords do not fit each other or the family of the parent class.
    """
    if not set(lifecycle) <= set(SubscriptionStatus):
        raise _invalid(model, found=f"lifecycle={_listed(lifecycle)}", expected="a list of statuses")
    if name is not None:
        return _founded(model, parent, name=name, lifecycle=lifecycle)
    if parent is None:
        if lifecycle:
            raise _invalid(model, found=f"lifecycle={_listed(lifecycle)} without a family", expected="name=")
        return None
    if not lifecycle:
        raise _invalid(
            model,
            found=f"a class of family {parent.name} without lifecycle=",
            expected="the statuses it serves",
        )
    for status in lifecycle:
        claimant = parent.classes.get(status)
        if claimant is not None:
            raise _invalid(
                model,
                found=f"{status}, which {claimant.__name__} serves",
                expected=f"statuses of family {parent.name} that no class has claimed",
            )
    return parent


def _founded(
    model: type[Model],
    parent: ModelFamily[Model] | None,
    *,
    name: str,
    lifecycle: Sequence[SubscriptionStatus],
) -> ModelFamily[Model]:
    if parent is not None:
        raise _invalid(
            model, found=f"name={name!r} below family {parent.name}", expected="name= on a family's base only"
        )
    if lifecycle:
        raise _invalid(
            model, found=f"lifecycle={_listed(lifecycle)} on a base", expected="the base to serve the rest"
        )
    if _NAME.fullmatch(name) is None:
        raise _invalid(model, found=f"name={name!r}", expected="letters, digits, spaces, hyphens")
    return ModelFamily(name=name, base=model)


def _invalid(model: type[object], *, found: str, expected: str) -> InvalidFamily:
    return InvalidFamily(model.__name__, None, found=found, expected=expected)


def _listed(statuses: Sequence[SubscriptionStatus]) -> str:
    return f"[{', '.join(statuses)}]"
