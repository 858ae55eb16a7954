"""What the fields of a model class are: scalars with a stored form, or nested blocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.json import JsonValue, UnrepresentableValue
from domain.model.errors import FieldChangesType, UnsupportedField
from domain.model.scalars import Scalar, find_scalar
from domain.model.shapes import Shape, shape_of

Block = TypeVar("Block")


@dataclass(frozen=True, slots=True)
class Reference:
    """Marks a field of a block: it may hold blocks of other subscriptions.

    ``port: Annotated[PortBlock, Reference()]``. Without it every block in the field belongs to the
    subscription that the block itself belongs to.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarField:
    """A field that holds one value, or a list of values, of one scalar type."""

    name: str
    scalar: Scalar
    shape: Shape
    description: str | None

    def store(self, value: object) -> JsonValue:
        """The stored form of a value that is not None.

        Raises:
            UnrepresentableValue: with the path from this field down.
        """
        if not self.shape.many:
            return self._store_one(value, (self.name,))
        if not isinstance(value, list):
            raise UnrepresentableValue((self.name,), f"a {type(value).__name__}")
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return [self._store_one(item, (self.name, index)) for index, item in enumerate(items)]

    def _store_one(self, value: object, path: tuple[str | int, ...]) -> JsonValue:
        try:
            return self.scalar.store(value)
        except UnrepresentableValue as error:
            raise UnrepresentableValue((*path, *error.path), error.found) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockField(Generic[Block]):
    """A field that holds nested blocks.

    Attributes:
        blocks: the classes whose instances fit.
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
class ModelFields(Generic[Block]):
    """The stored fields of a model class by name, in the order of definition; built-in ones left out."""

    scalars: Mapping[str, ScalarField]
    blocks: Mapping[str, BlockField[Block]]


def read_fields(
    model: type[BaseModel], block_class: type[Block], *, built_in: frozenset[str]
) -> ModelFields[Block]:
    """The fields of a class, as declared by it and its parents.

    Raises:
        UnsupportedField: if a field is neither a scalar nor made of blocks.
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
        field = _read_field(model, name, info, block_class)
        if isinstance(field, ScalarField):
            scalars[name] = field
        else:
            blocks[name] = field
    return ModelFields(scalars=scalars, blocks=blocks)


def check_same_types(model: type[BaseModel], fields: ModelFields[Block], parent: ModelFields[Block]) -> None:
    """Check that a class only tightens the fields of its parent, so that one stored form serves both.

    Raises:
        FieldChangesType: if a field changes its scalar, or becomes or ceases to be a list or a block.
    """
    for name, before in parent.scalars.items():
        after = fields.scalars.get(name)
        if after is None or _kind(before) != _kind(after):
            raise _changed(model, name, before, after)
    for name, before in parent.blocks.items():
        after = fields.blocks.get(name)
        if after is None or before.shape.many != after.shape.many:
            raise _changed(model, name, before, after)


def _read_field(
    model: type[BaseModel], name: str, info: FieldInfo, block_class: type[Block]
) -> ScalarField | BlockField[Block]:
    shape = shape_of(info.annotation, info.metadata)
    if not shape.optional_items:
        scalar = find_scalar(shape.members[0]) if len(shape.members) == 1 else None
        if scalar is not None:
            return ScalarField(name=name, scalar=scalar, shape=shape, description=info.description)
        blocks = tuple(
            member for member in shape.members if isinstance(member, type) and issubclass(member, block_class)
        )
        # In a union the family of the stored block would choose the class; one class is taken so far.
        if len(blocks) == len(shape.members) == 1 and not (shape.many and shape.optional):
            return BlockField(
                name=name,
                blocks=blocks,
                shape=shape,
                description=info.description,
                refers=any(isinstance(mark, Reference) for mark in info.metadata),
            )
    raise UnsupportedField(
        model.__name__,
        name,
        found=str(info.annotation),
        expected="a scalar, a block, or an optional or list of either",
    )


def _kind(field: ScalarField) -> tuple[type, bool]:
    return field.scalar.python_type, field.shape.many


def _changed(model: type[BaseModel], name: str, before: object, after: object) -> FieldChangesType:
    return FieldChangesType(model.__name__, name, found=_described(after), expected=_described(before))


def _described(field: object) -> str:
    match field:
        case ScalarField():
            text = field.scalar.python_type.__name__
        case BlockField():
            text = "a block"
        case _:
            return "another kind of field"
    return f"a list of {text}" if field.shape.many else text
