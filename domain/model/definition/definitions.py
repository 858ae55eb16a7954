"""What happens when a model class is defined: its fields are read and checked, and it joins its family."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from inspect import get_annotations
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from domain.model.definition.families import ModelFamily, found_or_join
from domain.model.definition.fields import BlockField, ModelFields, read_fields
from domain.model.definition.narrowing import check_narrowed
from domain.model.definition.zones import check_zones_on_assignment
from domain.model.errors import (
    EndlessNesting,
    InvalidFamily,
    LifecycleMismatch,
    ReservedField,
    UnsupportedField,
)
from domain.model.lifecycle import SubscriptionStatus

Model = TypeVar("Model", bound=BaseModel)
Block = TypeVar("Block", bound=BaseModel)

_OVERRIDABLE = frozenset({"describe", "model_config", "model_post_init"})

FindFamily = Callable[[type[Block]], ModelFamily[Block] | None]
"""Gives the family of a class; None for an abstract one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keywords:
    """The keywords of a class statement."""

    name: str | None
    lifecycle: tuple[SubscriptionStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Generic[Model, Block]):
    """What is known of a class once it is defined.

    Attributes:
        family: None for an abstract class.
    """

    family: ModelFamily[Model] | None
    fields: ModelFields[Block]

    @classmethod
    def of_root(cls) -> "Definition[Model, Block]":
        """Of the class above all others of its kind."""
        return cls(family=None, fields=ModelFields(scalars={}, blocks={}))

    def family_of(self, model: type[Model]) -> ModelFamily[Model]:
        """The family of the class that this is the definition of.

        Raises:
            InvalidFamily: if it is abstract.
        """
        if self.family is None:
            raise InvalidFamily(
                model.__name__, None, found="an abstract class", expected="name= on it or on a class above it"
            )
        return self.family


class DefinedModel(BaseModel):
    """What models of blocks and of subscriptions have in common: families, declared by class keywords.

    A family's base is declared with ``name``; it serves every status that none of its subclasses claims with
    ``lifecycle``. A class without a name above a family is abstract: it only lends its fields.
    """

    model_config = ConfigDict(
        extra="forbid",
        validate_assignment=True,
        polymorphic_serialization=True,
        revalidate_instances="never",
        use_enum_values=False,
        frozen=False,
    )

    def __init_subclass__(
        cls, *, name: str | None = None, lifecycle: Sequence[SubscriptionStatus] = ()
    ) -> None:
        # Read below, once pydantic knows the fields; here the keywords are declared to type checkers.
        del name, lifecycle
        super().__init_subclass__()
        if not _is_root(cls):
            _refuse_overrides(cls)

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, name: str | None = None, lifecycle: Sequence[SubscriptionStatus] = (), **_: object
    ) -> None:
        super().__pydantic_init_subclass__()
        if not _is_root(cls):
            cls.define(Keywords(name=name, lifecycle=tuple(lifecycle)))

    @classmethod
    def define(cls, keywords: Keywords) -> None:
        """Keep the definition of this class; called once, when it is made.

        Raises:
            ModelDefinitionError: if the class cannot work.
        """
        raise NotImplementedError


def define(
    model: type[Model],
    keywords: Keywords,
    *,
    parents: Iterable[Definition[Model, Block]],
    block_class: type[Block],
    find_family: FindFamily[Block],
) -> Definition[Model, Block]:
    """The definition of a class; its family knows it afterwards.

    Args:
        model: the class.
        keywords: those of its class statement.
        parents: the definitions of the classes that it is derived from.
        block_class: the class above all nested blocks.
        find_family: gives their families.

    Raises:
        ModelDefinitionError: if the class cannot work.
    """
    parents = tuple(parents)
    built_in = frozenset(_root_of(model).model_fields)
    fields = read_fields(model, block_class, built_in=built_in, excluded=DefinedModel)
    _refuse_taken(model, fields.computed)
    _refuse_settings(model)
    family = found_or_join(
        model, _family_above(model, parents), name=keywords.name, lifecycle=keywords.lifecycle
    )
    nesting = _Nesting(
        model=model,
        family=family,
        statuses=keywords.lifecycle or (SubscriptionStatus.INITIAL,),
        find_family=find_family,
    )
    for parent in parents:
        check_narrowed(model, fields, parent.fields, nesting.family_of)
    for field in fields.blocks.values():
        nesting.check(field)
    check_zones_on_assignment(model, fields.scalars.values())
    if family is not None:
        family.claim(model, keywords.lifecycle)
    return Definition(family=family, fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nesting(Generic[Model, Block]):
    """The checks of the block fields of a class that is being defined.

    Attributes:
        family: that of the class, which does not know it yet.
        statuses: those that the class serves for certain; a base may come to serve more.
    """

    model: type[Model]
    family: ModelFamily[Model] | None
    statuses: tuple[SubscriptionStatus, ...]
    find_family: FindFamily[Block]

    def check(self, field: BlockField[Block]) -> None:
        """Check one field.

        Raises:
            UnsupportedField: if two of its classes are of one family.
            LifecycleMismatch: for the first status that a nested class does not serve.
            EndlessNesting: if every instance needs another one in this field.
        """
        families = [self.family_of(block) for block in field.blocks]
        for index, family in enumerate(families):
            if family is not None and family in families[:index]:
                raise UnsupportedField(
                    self.model.__name__,
                    field.name,
                    found=f"two classes of family {family.name}",
                    expected="one class of each family",
                )
        if self.family is None:
            return
        for block in field.blocks:
            self._check_statuses(field, block)
        if families == [self.family] and self._needs_value(field):
            raise EndlessNesting(
                self.model.__name__,
                field.name,
                found="a required block of its own family",
                expected="an optional one, or a list that may be empty",
            )

    def family_of(self, block: type[Block]) -> "ModelFamily[Model] | ModelFamily[Block] | None":
        """The family of a nested class, which may be the one that is being defined."""
        return self.family if block is self.model else self.find_family(block)

    def _check_statuses(self, field: BlockField[Block], block: type[Block]) -> None:
        family = self.family_of(block)
        if family is None:
            # Which families stand below an abstract class is known when the catalogue is built.
            return
        for status in self.statuses:
            serving = self.model if family is self.family else family.class_for(status)
            if serving is not block:
                raise LifecycleMismatch(self.model.__name__, field.name, nested=block.__name__, status=status)

    def _needs_value(self, field: BlockField[Block]) -> bool:
        if field.shape.many:
            return field.shape.min_length > 0
        return not field.shape.optional and self.model.model_fields[field.name].is_required()


def _family_above(
    model: type[Model], parents: Iterable[Definition[Model, Block]]
) -> ModelFamily[Model] | None:
    families = list(dict.fromkeys(parent.family for parent in parents if parent.family is not None))
    if len(families) > 1:
        raise InvalidFamily(
            model.__name__,
            None,
            found=f"parents of the families {' and '.join(family.name for family in families)}",
            expected="parents of one family",
        )
    return families[0] if families else None


def _is_root(model: type[BaseModel]) -> bool:
    return DefinedModel in model.__bases__


def _root_of(model: type[BaseModel]) -> type[BaseModel]:
    return next(above for above in model.__mro__ if issubclass(above, BaseModel) and _is_root(above))


def _refuse_overrides(model: type[BaseModel]) -> None:
    """Check that a class body does not redefine what every model of its kind has, but for hooks.

    Raises:
        ReservedField: for the first that it redefines.
    """
    root = _root_of(model)
    kept = vars(root).keys() | root.model_fields.keys()
    _refuse_taken(model, (name for name in get_annotations(model) if not name.startswith("_")))
    _refuse_any(
        model,
        (name for name in vars(model) if name in kept - _OVERRIDABLE and not name.startswith("_")),
    )


def _refuse_taken(model: type[BaseModel], names: Iterable[str]) -> None:
    """Check that fields do not take names of the root or of pydantic.

    Raises:
        ReservedField: for the first that does.
    """
    root = _root_of(model)
    _refuse_any(model, (name for name in names if name in root.model_fields or hasattr(root, name)))


def _refuse_settings(model: type[BaseModel]) -> None:
    """Check that a class keeps the settings that saving and loading rely on; others are its own.

    Raises:
        ReservedField: for the first that it changes.
    """
    settings: dict[str, object] = {**model.model_config}
    for name, value in DefinedModel.model_config.items():
        if settings.get(name) != value:
            raise ReservedField(
                model.__name__,
                "model_config",
                found=f"{name}={settings.get(name)!r}",
                expected=f"{name}={value!r}, which every model has",
            )


def _refuse_any(model: type[BaseModel], names: Iterable[str]) -> None:
    name = next(iter(names), None)
    if name is not None:
        raise ReservedField(
            model.__name__, name, found="a name that every model has", expected="another name"
        )
