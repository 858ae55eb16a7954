"""The values of blocks in SQL: what is compared and what is indexed, written once for both.

An expression index serves only conditions on the very same expression, and a partial index only those that
name its block in the statement's text. So names stand in these expressions as literals, never as parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final, assert_never

from sqlalchemy import ColumnElement, Numeric, and_, false, func, literal, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import FromClause
from sqlalchemy.types import TypeEngine

from domain.json import JsonValue
from domain.model.definition.scalars import Comparison, Scalar
from domain.storage.listing.filters import Operator
from domain.storage.listing.selection import among
from domain.storage.tables import Instant, Key

TEXT_KEY_CHARACTERS: Final = 200
"""How much of a text its index holds: an entry of an index has room for no more than some 2,700 bytes."""

MAX_JSON_CHARACTERS: Final = 500
"""How long the text of any other value may be to be compared; none of a field's own type is longer."""

MAX_DIGITS: Final = 4_500
MAX_EXPONENT_DIGITS: Final = 4
"""How long the text of a number, and its exponent, may be to be compared; PostgreSQL could not hold all."""

_NUMBER: Final = f"^-?[0-9]+([.][0-9]+)?([Ee][+-]?[0-9]{{1,{MAX_EXPONENT_DIGITS}}})?$"

_LAST_CHARACTER: Final = "\U0010ffff"
# Between these there are no characters.
_FIRST_SURROGATE: Final = 0xD800
_AFTER_SURROGATES: Final = 0xE000


class ValueKind(StrEnum):
    """How the values of a scalar are compared in SQL."""

    TEXT = auto()
    """By bytes, as text of any length."""
    JSON = auto()
    NUMERIC = auto()
    EQUALITY = auto()


EQUALITY_OPERATORS: Final = frozenset({Operator.EQ, Operator.IN, Operator.IS_NULL})
ORDERED_OPERATORS: Final = EQUALITY_OPERATORS | {Operator.LT, Operator.LTE, Operator.GT, Operator.GTE}
TEXT_OPERATORS: Final = ORDERED_OPERATORS | {Operator.CONTAINS, Operator.STARTS_WITH}
_FREE_TEXTS: Final = frozenset({"String", "EmailAddress", "URL"})

_OPERATORS: Final[Mapping[ValueKind, frozenset[Operator]]] = MappingProxyType(
    {
        ValueKind.TEXT: TEXT_OPERATORS,
        ValueKind.JSON: ORDERED_OPERATORS,
        ValueKind.NUMERIC: ORDERED_OPERATORS,
        ValueKind.EQUALITY: EQUALITY_OPERATORS,
    }
)


def kind_of(scalar: Scalar) -> ValueKind:
    """How a scalar's values are compared."""
    match scalar.comparison:
        case Comparison.NUMERIC:
            return ValueKind.NUMERIC
        case Comparison.EQUALITY:
            return ValueKind.EQUALITY
        case Comparison.JSON:
            free = scalar.choices is None and scalar.graphql_name in _FREE_TEXTS
            return ValueKind.TEXT if free else ValueKind.JSON
        case _:
            assert_never(scalar.comparison)


def operators_of(scalar: Scalar) -> frozenset[Operator]:
    """The operators that a scalar offers; of what has no useful order, only those of equality."""
    if scalar.choices is not None or scalar.python_type is bool:
        return EQUALITY_OPERATORS
    return _OPERATORS[kind_of(scalar)]


def key_expression(scalar: Scalar, name: str, *, block: str | None = None) -> str:
    """The SQL of what an index on a block's value is made of.

    Args:
        scalar: the value's.
        name: the field's.
        block: the name of the table in the statement; None within the definition of an index.
    """
    column = '"values"' if block is None else f'{block}."values"'
    return _key(scalar, json=f"({column} -> {_quoted(name)})", text=f"({column} ->> {_quoted(name)})")


def is_block(family: str, *, block: str | None = None) -> str:
    """The SQL of the condition that a block is of a family."""
    column = "block" if block is None else f"{block}.block"
    return f"{column} = {_quoted(family)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """What a condition is on, in SQL.

    Attributes:
        whole: the value itself.
        key: what an index has of it; the value itself where that is short.
        bind: the type of the values it is compared with.
        absent: that there is no value.
        key_characters: how much of a text the key holds; None for all of it.
        guard: what must hold besides, so that an order by the key means something.
        json: the value itself where it is compared as JSON.
    """

    whole: ColumnElement[Any]
    key: ColumnElement[Any]
    bind: TypeEngine[Any]
    absent: ColumnElement[bool]
    key_characters: int | None = None
    guard: ColumnElement[bool] | None = None
    json: ColumnElement[Any] | None = None


def column_operand(column: ColumnElement[Any], bind: TypeEngine[Any]) -> Operand:
    """A column that is compared as it is."""
    return Operand(whole=column, key=column, bind=bind, absent=column.is_(None))


def text_operand(
    column: ColumnElement[Any], *, key: ColumnElement[Any] | None = None, key_characters: int | None = None
) -> Operand:
    """A column of text, which is compared by bytes."""
    whole = column.collate("C")
    return Operand(
        whole=whole,
        key=whole if key is None else key,
        bind=Key,
        absent=column.is_(None),
        key_characters=key_characters,
    )


def instant_operand(column: ColumnElement[Any], key: ColumnElement[Any]) -> Operand:
    """A column of times, with what its index has: for an absent one the end of all times."""
    return Operand(whole=column, key=key, bind=Instant, absent=column.is_(None), guard=column.is_not(None))


def value_operand(scalar: Scalar, name: str, *, block: str, within: Sequence[str] = ()) -> Operand:
    """A field of a block, or one in its value object, in a statement that knows the block's table by a name.

    Args:
        scalar: of what is compared.
        name: the field's.
        block: the table's.
        within: the fields that lead from a value object to what is compared.
    """
    *above, last = name, *within
    holder = _inside(f'{block}."values"', above)
    return _operand(scalar, json=f"({holder} -> {_quoted(last)})", text=f"({holder} ->> {_quoted(last)})")


def fixed_input_operand(scalar: Scalar, name: str) -> Operand:
    """A constant of the product, in a statement that has the table of products."""
    inputs = "product.fixed_inputs"
    return _operand(scalar, json=f"({inputs} -> {_quoted(name)})", text=f"({inputs} ->> {_quoted(name)})")


def item_operand(scalar: Scalar, *, items: str, within: Sequence[str] = ()) -> Operand:
    """An item of a list, or a field in it, in a statement that knows the set of items by a name."""
    if not within:
        return _operand(scalar, json=f"{items}.value", text=f"({items}.value #>> '{{}}')")
    holder, last = _inside(f"{items}.value", within[:-1]), _quoted(within[-1])
    return _operand(scalar, json=f"({holder} -> {last})", text=f"({holder} ->> {last})")


def _inside(json: str, names: Sequence[str]) -> str:
    for name in names:
        json = f"({json} -> {_quoted(name)})"
    return json


def items_of(name: str, *, block: str, items: str) -> FromClause:
    """The items of a list as a set of rows; of what was stored under another type of the field, none."""
    stored = f'({block}."values" -> {_quoted(name)})'
    array = literal_column(f"CASE jsonb_typeof({stored}) WHEN 'array' THEN {stored} ELSE '[]' END", JSONB())
    return func.jsonb_array_elements(array).table_valued("value").render_derived(name=items)


def compare(operand: Operand, operator: Operator, values: Sequence[object]) -> ColumnElement[bool]:
    """The condition in SQL.

    Args:
        operand: what it is on.
        operator: one that the operand's kind offers.
        values: what `IN` lists, or just what the operator takes; in the form that the database compares with.
    """
    match operator:
        case Operator.IS_NULL:
            return operand.absent if values[0] else ~operand.absent
        case Operator.EQ | Operator.IN:
            return _equal(operand, values)
        case Operator.LT | Operator.LTE | Operator.GT | Operator.GTE:
            return _ordered(operand, operator, values[0])
        case Operator.CONTAINS:
            return operand.whole.ilike(f"%{_escaped(str(values[0]))}%", escape="\\")
        case Operator.STARTS_WITH:
            return _starts_with(operand, str(values[0]))
        case _:
            assert_never(operator)


def comparable(scalar: Scalar, stored: JsonValue) -> object:
    """A stored value in the form that the database compares with."""
    match kind_of(scalar):
        case ValueKind.NUMERIC:
            return Decimal(str(stored))
        case ValueKind.TEXT:
            return str(stored)
        case ValueKind.JSON | ValueKind.EQUALITY:
            return stored


def is_comparable(number: Decimal) -> bool:
    """Whether the text of a number is short enough for the stored ones to be compared with it."""
    text = str(number)
    _, _, exponent = text.partition("E")
    return len(text) <= MAX_DIGITS and len(exponent.lstrip("+-")) <= MAX_EXPONENT_DIGITS


def _operand(scalar: Scalar, *, json: str, text: str) -> Operand:
    kind = kind_of(scalar)
    absent = literal_column(text, Key).is_(None)
    match kind:
        case ValueKind.TEXT:
            return Operand(
                whole=literal_column(f'{text} COLLATE "C"', Key),
                key=literal_column(_key(scalar, json=json, text=text), Key),
                bind=Key,
                absent=absent,
                key_characters=TEXT_KEY_CHARACTERS,
            )
        case ValueKind.NUMERIC:
            number = literal_column(_key(scalar, json=json, text=text), Numeric())
            return Operand(whole=number, key=number, bind=Numeric(), absent=absent)
        case ValueKind.JSON | ValueKind.EQUALITY:
            value = literal_column(_key(scalar, json=json, text=text), JSONB())
            return Operand(whole=value, key=value, bind=JSONB(), absent=absent, json=value)
        case _:
            assert_never(kind)


def _key(scalar: Scalar, *, json: str, text: str) -> str:
    """The expression; of what was stored under another type of the field it makes an absent value."""
    kind = kind_of(scalar)
    match kind:
        case ValueKind.TEXT:
            return f'("left"({text}, {TEXT_KEY_CHARACTERS}) COLLATE "C")'
        case ValueKind.NUMERIC:
            is_number = f"length({text}) <= {MAX_DIGITS} AND {text} ~ '{_NUMBER}'"
            return f"(CASE WHEN {is_number} THEN {text}::numeric END)"
        case ValueKind.JSON | ValueKind.EQUALITY:
            # Objects can be of any length, and have no index.
            is_short = f"length({text}) <= {MAX_JSON_CHARACTERS}"
            return json if scalar.fields is not None else f"(CASE WHEN {is_short} THEN {json} END)"
        case _:
            assert_never(kind)


def _equal(operand: Operand, values: Sequence[object]) -> ColumnElement[bool]:
    if not values:
        return false()
    keys = [_cut(operand, value) for value in values]
    exact = _one_of(operand.key, keys, operand.bind)
    if all(_is_whole(operand, value) for value in values):
        return exact
    return and_(exact, _one_of(operand.whole, values, operand.bind))


def _one_of(
    expression: ColumnElement[Any], values: Sequence[object], bind: TypeEngine[Any]
) -> ColumnElement[bool]:
    # Only a plain comparison lets the rest of an index's columns give the order of a list.
    return expression == literal(values[0], bind) if len(values) == 1 else among(expression, values, bind)


def _ordered(operand: Operand, operator: Operator, value: object) -> ColumnElement[bool]:
    if not _is_whole(operand, value):
        near = Operator.LTE if operator in {Operator.LT, Operator.LTE} else Operator.GTE
        return and_(
            _relation(operand.key, near, literal(_cut(operand, value), operand.bind)),
            _relation(operand.whole, operator, literal(value, operand.bind)),
        )
    condition = _relation(operand.key, operator, literal(value, operand.bind))
    if operand.guard is not None:
        condition = and_(condition, operand.guard)
    if operand.json is None:
        return condition
    kind = "string" if isinstance(value, str) else "number"
    # JSON values of different types have an order, too: all numbers come after all texts.
    return and_(condition, func.jsonb_typeof(operand.json) == literal_column(f"'{kind}'"))


def _relation(
    expression: ColumnElement[Any], operator: Operator, value: ColumnElement[Any]
) -> ColumnElement[bool]:
    match operator:
        case Operator.LT:
            return expression < value
        case Operator.LTE:
            return expression <= value
        case Operator.GT:
            return expression > value
        case _:
            return expression >= value


def _starts_with(operand: Operand, prefix: str) -> ColumnElement[bool]:
    """A range, since texts are compared by bytes; an index serves it whatever the prefix turns out to be."""
    if operand.key_characters is not None and len(prefix) > operand.key_characters:
        expression, near = operand.whole, [_equal_key(operand, prefix)]
    else:
        expression, near = operand.key, []
    end = _after_all_with(prefix)
    conditions = [*near, expression >= literal(prefix, operand.bind)]
    if end is not None:
        conditions.append(expression < literal(end, operand.bind))
    return and_(*conditions)


def _equal_key(operand: Operand, value: str) -> ColumnElement[bool]:
    return operand.key == literal(_cut(operand, value), operand.bind)


def _after_all_with(prefix: str) -> str | None:
    """The least text that comes after all that start so; None if none does."""
    rest = prefix.rstrip(_LAST_CHARACTER)
    if not rest:
        return None
    following = ord(rest[-1]) + 1
    return rest[:-1] + chr(_AFTER_SURROGATES if following == _FIRST_SURROGATE else following)


def _cut(operand: Operand, value: object) -> object:
    return value[: operand.key_characters] if isinstance(value, str) else value


def _is_whole(operand: Operand, value: object) -> bool:
    """Whether comparing the key with a value tells as much as comparing the whole with it."""
    return operand.key_characters is None or not isinstance(value, str) or len(value) < operand.key_characters


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
