"""Value objects: plain pydantic models inside a field, stored as one JSON object with the field."""

from collections.abc import Mapping

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.fields import FieldInfo

from domain.json import JsonValue
from domain.model.definition.bounds import check_bounds
from domain.model.definition.scalars import Comparison, Scalar, ScalarField, find_scalar
from domain.model.definition.shapes import shape_of
from domain.model.definition.stored_forms import Load, Store, refused
from domain.model.errors import UnsupportedField


def read_value_object(
    model: type[BaseModel], *, excluded: type[BaseModel], within: tuple[type[BaseModel], ...] = ()
) -> Scalar:
    """The scalar for a value object.

    Args:
        model: its class.
        excluded: the class above all that are no value objects, such as blocks.
        within: the value objects that hold this one.

    Raises:
        UnsupportedField: if one of its fields, at any depth, cannot be stored.
        ContradictoryBounds: if no value can satisfy one of them.
    """
    if model in within:
        raise UnsupportedField(
            model.__name__, None, found="a value object inside itself", expected="nesting that ends"
        )
    _check_class(model)
    fields = {
        name: _read_field(model, name, info, excluded=excluded, within=(*within, model))
        for name, info in model.model_fields.items()
    }
    return Scalar(
        python_type=model,
        graphql_name=model.__name__,
        comparison=Comparison.EQUALITY,
        store=_store(model, fields),
        load=_load(model, fields),
        fields=fields,
    )


def refuse_alias(model: type[BaseModel], name: str, info: FieldInfo) -> None:
    """Check that a field is validated by its own name, under which its value is stored.

    Raises:
        UnsupportedField: if it has an alias.
    """
    if info.validation_alias is not None:
        raise UnsupportedField(
            model.__name__, name, found=f"the alias {info.validation_alias!r}", expected="none"
        )


def _check_class(model: type[BaseModel]) -> None:
    if issubclass(model, RootModel):
        raise UnsupportedField(
            model.__name__, None, found="a RootModel", expected="a value object with fields"
        )
    if model.model_config.get("extra") == "allow":
        raise UnsupportedField(
            model.__name__, None, found="extra='allow'", expected="a value object that knows its fields"
        )
    if not model.__pydantic_fields_complete__:
        raise UnsupportedField(
            model.__name__,
            None,
            found="a field type that is not defined yet",
            expected="value objects defined before they are used",
        )


def _read_field(
    model: type[BaseModel],
    name: str,
    info: FieldInfo,
    *,
    excluded: type[BaseModel],
    within: tuple[type[BaseModel], ...],
) -> ScalarField:
    refuse_alias(model, name, info)
    shape = shape_of(info.annotation, info.metadata)
    check_bounds(model, name, shape)
    scalar = find_scalar(*shape.members)
    if scalar is None and len(shape.members) == 1:
        (member,) = shape.members
        if isinstance(member, type) and issubclass(member, BaseModel) and not issubclass(member, excluded):
            scalar = read_value_object(member, excluded=excluded, within=within)
    if scalar is None:
        raise UnsupportedField(
            model.__name__,
            name,
            found=str(info.annotation),
            expected="a scalar or a value object, or an optional or list of either",
        )
    return ScalarField(name=name, scalar=scalar, shape=shape, description=info.description)


def _store(model: type[BaseModel], fields: Mapping[str, ScalarField]) -> Store:
    def store(value: object) -> JsonValue:
        # A subclass may have fields that would be lost.
        if type(value) is not model:
            raise refused(value)
        held: dict[str, object] = {name: getattr(value, name) for name in fields}
        return {name: fields[name].store(item) for name, item in held.items() if item is not None}

    return store


def _load(model: type[BaseModel], fields: Mapping[str, ScalarField]) -> Load:
    optional = tuple(name for name, field in fields.items() if field.shape.optional)

    def load(stored: JsonValue) -> object:
        if not isinstance(stored, dict):
            return stored
        values: dict[str, object] = {
            **dict.fromkeys(optional),
            **{name: fields[name].load(item) if name in fields else item for name, item in stored.items()},
        }
        try:
            return model.model_validate(values)
        except ValidationError:
            return values

    return load
