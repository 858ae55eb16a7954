"""Product blocks: the typed parts that a subscription is made of."""

from collections.abc import Mapping, Sequence
from inspect import get_annotations
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from domain.ids import BlockId, SubscriptionId, new_uuid7
from domain.model.errors import InvalidFamily, LifecycleMismatch, ReservedField
from domain.model.families import ModelFamily, found_or_join
from domain.model.fields import BlockField, ModelFields, check_same_types, read_fields
from domain.model.lifecycle import SubscriptionStatus

MODEL_CONFIG = ConfigDict(extra="forbid", validate_assignment=True)


class ProductBlockModel(BaseModel):
    """The base of every block model.

    A family's base is declared with ``name``; it serves every status that none of its subclasses claims with
    ``lifecycle``. A class without a name above a family is abstract: it only lends its fields.

    Attributes:
        id: the same through all statuses.
        subscription_id: the subscription that owns the block; None until the block is put under one.
        label: a person's name for this instance.
    """

    model_config = MODEL_CONFIG

    _family: ClassVar["ModelFamily[ProductBlockModel] | None"] = None
    _fields: ClassVar["ModelFields[ProductBlockModel] | None"] = None

    id: BlockId = Field(default_factory=lambda: BlockId(new_uuid7()), frozen=True)
    subscription_id: SubscriptionId | None = None
    label: str | None = None

    def __init_subclass__(
        cls, *, name: str | None = None, lifecycle: Sequence[SubscriptionStatus] = ()
    ) -> None:
        # Read below, once pydantic knows the fields; here the keywords are declared to type checkers.
        del name, lifecycle
        super().__init_subclass__()
        refuse_reserved_fields(cls, ProductBlockModel)

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, name: str | None = None, lifecycle: Sequence[SubscriptionStatus] = (), **_: object
    ) -> None:
        super().__pydantic_init_subclass__()
        family = found_or_join(cls, cls._family, name=name, lifecycle=lifecycle)
        fields = read_fields(cls, ProductBlockModel, built_in=frozenset(ProductBlockModel.model_fields))
        if cls._fields is not None:
            check_same_types(cls, fields, cls._fields)
        if family is not None:
            check_lifecycles(cls, fields, lifecycle or (SubscriptionStatus.INITIAL,))
            family.claim(cls, lifecycle)
        cls._family = family
        cls._fields = fields

    @classmethod
    def family(cls) -> "ModelFamily[ProductBlockModel]":
        """The classes of this block's name.

        Raises:
            InvalidFamily: on an abstract class.
        """
        if cls._family is None:
            raise InvalidFamily(
                cls.__name__, None, found="an abstract class", expected="name= on it or on a class above it"
            )
        return cls._family

    @classmethod
    def structure(cls) -> "ModelFields[ProductBlockModel]":
        """The stored fields of this class."""
        return cls._fields or ModelFields(scalars={}, blocks={})

    @classmethod
    def new(cls, **values: object) -> Self:
        """A block with a fresh id.

        What is not given gets its default; else None where the field allows it; else an empty list, or for
        nested blocks new ones: one for a required block, the fewest allowed for a list.

        Raises:
            pydantic.ValidationError: if a value is refused or a required one is missing.
        """
        return cls.model_validate(with_new_values(cls, cls.structure(), values))


def with_new_values(
    model: type[BaseModel], fields: ModelFields[ProductBlockModel], given: Mapping[str, object]
) -> dict[str, object]:
    """The given values, completed with what a new instance holds in fields that have no default."""
    values = dict(given)
    for name, field in (*fields.scalars.items(), *fields.blocks.items()):
        if name in given or not model.model_fields[name].is_required():
            continue
        if field.shape.optional:
            values[name] = None
        elif isinstance(field, BlockField):
            values[name] = _new_blocks(field)
        elif field.shape.many:
            values[name] = []
    return values


def refuse_reserved_fields(model: type[BaseModel], root: type[BaseModel]) -> None:
    """Check that the fields a class declares do not take names of the root model.

    Raises:
        ReservedField: for the first that does.
    """
    for name in get_annotations(model):
        if name in root.model_fields or (hasattr(root, name) and not name.startswith("_")):
            raise ReservedField(
                model.__name__, name, found="a name that every model has", expected="another name"
            )


def check_lifecycles(
    model: type[BaseModel],
    fields: ModelFields[ProductBlockModel],
    statuses: Sequence[SubscriptionStatus],
) -> None:
    """Check that each nested class serves all of these statuses.

    Raises:
        LifecycleMismatch: for the first status that a nested class does not serve.
        InvalidFamily: if a nested class is abstract.
    """
    for name, field in fields.blocks.items():
        for nested in field.blocks:
            if nested is model:
                continue
            for status in statuses:
                if nested.family().class_for(status) is not nested:
                    raise LifecycleMismatch(model.__name__, name, nested=nested.__name__, status=status)


def _new_blocks(field: BlockField[ProductBlockModel]) -> ProductBlockModel | list[ProductBlockModel]:
    block = field.blocks[0]
    if field.shape.many:
        return [block.new() for _ in range(field.shape.min_length)]
    return block.new()
