"""Fixed inputs: the constants of products, checked against the models and told as choices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from domain.json import JsonValue
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import ScalarField
from domain.model.errors import InvalidCatalog
from domain.model.subscriptions import SubscriptionModel

Family = ModelFamily[SubscriptionModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedInputChoices:
    """What a fixed input may be.

    Attributes:
        choices: stored forms, in the models' order; None if the type does not limit them.
        required: for each tag of which a product has it, whether every product of the tag has it.
    """

    name: str
    choices: tuple[JsonValue, ...] | None
    required: Mapping[str, bool]


def check_fixed_inputs(product: str, family: Family, fixed_inputs: Mapping[str, JsonValue]) -> None:
    """Check that a product has the fixed inputs of every class of its model, and no others.

    Raises:
        InvalidCatalog: if one is missing, unknown, or not of its type.
    """
    for model in family.members:
        scalars = model.structure().scalars
        unknown = fixed_inputs.keys() - scalars.keys()
        if unknown:
            raise InvalidCatalog(
                f"product {product!r}: found the fixed inputs {sorted(unknown)}, which"
                f" {model.__name__} does not have, expected some of {sorted(scalars)}"
            )
        for name, field in scalars.items():
            if name in fixed_inputs:
                _check_value(product, model, field, fixed_inputs[name])
            elif model.model_fields[name].is_required():
                raise InvalidCatalog(f"product {product!r}: found no fixed input {name}, expected one")


def read_choices(
    products: Iterable[tuple[str, Family, Mapping[str, JsonValue]]],
) -> tuple[FixedInputChoices, ...]:
    """The fixed inputs of products, which are given by tag, model and values; ordered by name."""
    products = tuple(products)
    fields: defaultdict[str, list[ScalarField]] = defaultdict(list)
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for tag, family, values in products:
        for name in values:
            holders[name].add(tag)
            fields[name].append(family.base.structure().scalars[name])
    return tuple(
        FixedInputChoices(
            name=name,
            choices=_choices(fields[name]),
            required={
                tag: all(name in values for each, _, values in products if each == tag)
                for tag in sorted(holders[name])
            },
        )
        for name in sorted(fields)
    )


def _check_value(product: str, model: type[SubscriptionModel], field: ScalarField, stored: JsonValue) -> None:
    try:
        model.__pydantic_validator__.validate_assignment(
            model.model_construct(), field.name, field.load(stored)
        )
    except ValidationError as error:
        expected = error.errors(include_url=False)[0]["msg"]
        raise InvalidCatalog(
            f"product {product!r}: found {stored!r} for the fixed input {field.name}, expected: {expected}"
        ) from error


def _choices(fields: Iterable[ScalarField]) -> tuple[JsonValue, ...] | None:
    """Those of all products' models together; none if one of them is open."""
    found: list[JsonValue] = []
    for field in fields:
        choices = (False, True) if field.scalar.python_type is bool else field.scalar.choices
        if choices is None:
            return None
        found += [choice for choice in choices if choice not in found]
    return tuple(found)
