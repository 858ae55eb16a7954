"""Product blocks: the typed parts that a subscription is made of."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import BaseModel, Field

from domain.ids import BlockId, SubscriptionId, new_uuid7
from domain.model.definition.definitions import DefinedModel, Definition, Keywords, define
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField, ModelFields
from domain.model.definition.texts import Label


class ProductBlockModel(DefinedModel):
    """The base of every block model.

    Attributes:
        id: the same through all statuses.
        subscription_id: the subscription that owns the block; None until the block is put under one.
        label: a person's name for this instance.
    """

    definition: ClassVar["Definition[ProductBlockModel, ProductBlockModel]"] = Definition[
        "ProductBlockModel", "ProductBlockModel"
    ].of_root()

    id: BlockId = Field(default_factory=lambda: BlockId(new_uuid7()), frozen=True)
    subscription_id: SubscriptionId | None = None
    label: Label | None = None

    @classmethod
    def define(cls, keywords: Keywords) -> None:
        """Keep the definition of this class."""
        cls.definition = define(
            cls,
            keywords,
            parents=[above.definition for above in cls.__bases__ if issubclass(above, ProductBlockModel)],
            block_class=ProductBlockModel,
            find_family=find_family,
        )

    @classmethod
    def family(cls) -> "ModelFamily[ProductBlockModel]":
        """The classes of this block's name.

        Raises:
            InvalidFamily: on an abstract class.
        """
        return cls.definition.family_of(cls)

    @classmethod
    def structure(cls) -> "ModelFields[ProductBlockModel]":
        """The fields of this class."""
        return cls.definition.fields

    @classmethod
    def new(cls, **values: object) -> Self:
        """A block with a fresh id.

        What is not given gets its default; else None where the field allows it; else an empty list, or for
        nested blocks of one family new ones: one for a required block, the fewest allowed for a list.

        Raises:
            pydantic.ValidationError: if a value is refused or a required one is missing; a required block
                that may be of several families, or another subscription's, must be given.
        """
        return cls.model_validate(with_new_values(cls, cls.structure(), values))


def find_family(block: type[ProductBlockModel]) -> ModelFamily[ProductBlockModel] | None:
    """The family of a class; None for an abstract one."""
    return block.definition.family


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
        elif field.shape.many and field.shape.min_length == 0:
            values[name] = []
        elif isinstance(field, BlockField):
            values |= _new_blocks(field)
    return values


def _new_blocks(field: BlockField[ProductBlockModel]) -> dict[str, object]:
    """New blocks for a field that needs some; nothing where only the caller can choose which."""
    block, *others = field.blocks
    if others or field.refers or find_family(block) is None:
        return {}
    if field.shape.many:
        return {field.name: [block.new() for _ in range(field.shape.min_length)]}
    return {field.name: block.new()}
