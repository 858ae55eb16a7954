"""What the fields of a model class are: scalars with a stored form, nested blocks, or computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.json import UnrepresentableValue
from domain.model.definition.bounds import check_bounds
from domain.model.definition.scalars import Scalar, ScalarField, find_scalar
from domain.model.definition.shapes import Shape, shape_of
from domain.model.definition.value_objects import read_value_object, refuse_alias
from domain.model.errors import UnsupportedField

Block = TypeVar("Block", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Indexed:
    """Marks a block's field whose values are often searched for: ``Annotated[int | None, Indexed()]``."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Marks a field of a block: it may hold blocks of other subscriptions.

    ``port: Annotated[PortBlock, Reference()]``. Without it every block in the field belongs to the
    subscription that the block itself belongs to.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockField(Generic[Block]):
    """A field that holds nested blocks.

    Attributes:
        blocks: the classes whose instances fit; one without a family stands for those below it.
        refers: whether the field may hold blocks of other subscriptions.
    """

    name: str
    blocks: tuple[type[Block], ...]
    shape: Shape
    description: str | None
    refers: bool = False

    def values(self, value: object) -> list[Block]:
        """The blocks that a value of this field holds, in order.

        Raises:
            UnrepresentableValue: for anything else, which only a list changed in place can hold.
        """
        found: list[object] = value if isinstance(value, list) else [] if value is None else [value]  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return [self._checked(item, index) for index, item in enumerate(found)]

    def _checked(self, item: object, index: int) -> Block:
        if isinstance(item, self.blocks):
            return item
        raise UnrepresentableValue((self.name, index), f"a {type(item).__name__} in place of a block")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedField:
    """A property that is part of what a model shows, and never stored.

    Attributes:
        annotation: the type that it gives.
    """

    name: str
    annotation: object
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFields(Generic[Block]):
    """The fields of a model class by name, in the order of definition; built-in ones left out.

    Attributes:
        absent: the values of the scalars of which nothing is stored: None for each optional one.
    """

    scalars: Mapping[str, ScalarField]
    blocks: Mapping[str, BlockField[Block]]
    computed: Mapping[str, ComputedField] = field(default_factory=dict[str, ComputedField])
    absent: Mapping[str, object] = field(init=False)

    def __post_init__(self) -> None:
        """Note which scalars are optional."""
        absent = {name: None for name, scalar in self.scalars.items() if scalar.shape.optional}
        object.__setattr__(self, "absent", absent)


def read_fields(
    model: type[BaseModel],
    block_class: type[Block],
    *,
    built_in: frozenset[str],
    excluded: type[BaseModel],
) -> ModelFields[Block]:
    """The fields of a class, as declared by it and its parents.

    Args:
        model: the class.
        block_class: the class above all nested blocks.
        built_in: names of fields to leave out.
        excluded: the class above all that are no value objects.

    Raises:
        UnsupportedField: if a field is neither a scalar nor made of blocks.
        ContradictoryBounds: if no value can satisfy a field.
    """
    if not model.__pydantic_fields_complete__:
        raise UnsupportedField(
            model.__name__,
            None,
            found="a field type that is not defined yet",
            expected="blocks defined before they are used",
        )
    scalars: dict[str, ScalarField] = {}
    blocks: dict[str, BlockField[Block]] = {}
    for name, info in model.model_fields.items():
        if name in built_in:
            continue
        refuse_alias(model, name, info)
        shape = shape_of(info.annotation, info.metadata)
        check_bounds(model, name, shape)
        scalar = _find_value(shape, excluded=excluded)
        if scalar is not None:
            scalars[name] = _scalar_field(model, name, info, shape=shape, scalar=scalar)
        else:
            blocks[name] = _block_field(model, name, info, shape=shape, block_class=block_class)
    return ModelFields(scalars=scalars, blocks=blocks, computed=_computed(model))


def _find_value(shape: Shape, *, excluded: type[BaseModel]) -> Scalar | None:
    scalar = find_scalar(*shape.members)
    if scalar is None and len(shape.members) == 1:
        (member,) = shape.members
        if isinstance(member, type) and issubclass(member, BaseModel) and not issubclass(member, excluded):
            return read_value_object(member, excluded=excluded)
    return scalar


def _scalar_field(
    model: type[BaseModel], name: str, info: FieldInfo, *, shape: Shape, scalar: Scalar
) -> ScalarField:
    indexed = _is_marked(shape, Indexed)
    if indexed and (shape.many or scalar.fields is not None):
        raise UnsupportedField(
            model.__name__, name, found=f"Indexed() on {info.annotation}", expected="it on a single scalar"
        )
    if _is_marked(shape, Reference):
        raise UnsupportedField(
            model.__name__, name, found=f"Reference() on {info.annotation}", expected="it on blocks"
        )
    return ScalarField(name=name, scalar=scalar, shape=shape, description=info.description, indexed=indexed)


def _block_field(
    model: type[BaseModel], name: str, info: FieldInfo, *, shape: Shape, block_class: type[Block]
) -> BlockField[Block]:
    blocks = tuple(
        member for member in shape.members if isinstance(member, type) and issubclass(member, block_class)
    )
    if _holds_instances(info.default):
        raise UnsupportedField(
            model.__name__, name, found="a default that is a block", expected="default_factory= or none"
        )
    one_or_list = not (shape.many and shape.optional) and not shape.optional_items
    if len(blocks) == len(shape.members) > 0 and one_or_list and not _is_marked(shape, Indexed):
        return BlockField(
            name=name,
            blocks=blocks,
            shape=shape,
            description=info.description,
            refers=_is_marked(shape, Reference),
        )
    raise UnsupportedField(
        model.__name__,
        name,
        found=str(info.annotation),
        expected="a scalar, a value object, or blocks alone; one, optional, or a list",
    )


def _holds_instances(default: object) -> bool:
    """Whether a default is a block, or a list of some: each instance would get that very one, by its id."""
    if isinstance(default, list):
        items: list[object] = default  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return bool(items)
    return isinstance(default, BaseModel)


def _is_marked(shape: Shape, kind: type[Indexed | Reference]) -> bool:
    return any(isinstance(mark, kind) for mark in (*shape.marks, *shape.item_marks))


def _computed(model: type[BaseModel]) -> Mapping[str, ComputedField]:
    return {
        name: ComputedField(name=name, annotation=info.return_type, description=info.description)
        for name, info in model.__pydantic_computed_fields__.items()
    }
