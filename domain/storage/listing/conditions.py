"""Filters checked against the models, and turned into conditions in SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    and_,
    exists,
    false,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.expression import FromClause

from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField, ScalarField
from domain.model.definition.scalars import SCALARS
from domain.model.errors import InvalidFamily
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage import tables
from domain.storage.listing.filters import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    And,
    BlockFilter,
    FieldFilter,
    InvalidFilter,
    Not,
    Operator,
    Or,
    Quantifier,
    ValueFilter,
    ValueWhere,
    Where,
)
from domain.storage.listing.list_fields import FIELDS
from domain.storage.listing.selection import AnySelect, in_scope
from domain.storage.listing.values import (
    TEXT_OPERATORS,
    compare,
    is_block,
    item_operand,
    items_of,
    operators_of,
    text_operand,
    value_operand,
)
from domain.storage.saving.checks import checked_operand, checked_scalar

_subscription = tables.subscription.c
_product = tables.product.c

_ONE: Final = literal_column("1", Integer())


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """A filter in SQL.

    Attributes:
        sql: on the table of subscriptions, and that of products if that is needed.
        on_product: whether the statement must join the product.
        slow: whether no index may serve it, so that it needs a time limit.
    """

    sql: ColumnElement[bool]
    on_product: bool
    slow: bool


def compile_filter(
    where: Where, *, scope: Scope, family: ModelFamily[SubscriptionModel] | None = None
) -> Conditions:
    """A filter of subscriptions in SQL.

    Args:
        where: the filter.
        scope: the caller's; the blocks of others are as if they did not exist.
        family: the model of the subscriptions; without it there are no conditions on blocks.

    Raises:
        InvalidFilter: if it names fields that there are not, compares them in ways or with values that they
            do not offer, or is too large.
    """
    compiler = _Compiler(scope=scope, family=family)
    sql = compiler.subscription(where, 1)
    return Conditions(sql=sql, on_product=compiler.on_product, slow=compiler.slow)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The blocks that a condition is on.

    Attributes:
        table: the name that the statement has for them; None for the subscription itself.
        path: the fields that lead there, for messages.
        models: the classes that they may have.
        family: their family, if they are of one.
    """

    block: FromClause | None
    path: str
    models: tuple[type[ProductBlockModel] | type[SubscriptionModel], ...]
    family: ModelFamily[ProductBlockModel] | None = None

    @property
    def table(self) -> str:
        assert self.block is not None
        return str(getattr(self.block, "name", ""))

    def below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


class _Compiler:
    def __init__(self, *, scope: Scope, family: ModelFamily[SubscriptionModel] | None) -> None:
        self._scope = scope
        self._root = None if family is None else _Place(block=None, path="", models=family.members)
        self._conditions = 0
        self._tables = 0
        self.on_product = False
        self.slow = False

    def subscription(self, where: Where, depth: int) -> ColumnElement[bool]:
        """A condition on subscriptions."""
        self._count(depth)
        match where:
            case And():
                return and_(true(), *(self.subscription(item, depth + 1) for item in where.items))
            case Or():
                return or_(false(), *(self.subscription(item, depth + 1) for item in where.items))
            case Not():
                return self.subscription(where.item, depth + 1).is_not(true())
            case FieldFilter():
                return self._field(where)
            case BlockFilter():
                if self._root is None:
                    raise InvalidFilter(
                        where.attribute,
                        found="a condition on blocks in a list of any products",
                        expected="a list of the subscriptions of one model",
                    )
                return self._blocks(where, self._root, depth)
            case _:
                assert_never(where)

    def _block(self, where: ValueWhere, place: _Place, depth: int) -> ColumnElement[bool]:
        self._count(depth)
        match where:
            case And():
                return and_(true(), *(self._block(item, place, depth + 1) for item in where.items))
            case Or():
                return or_(false(), *(self._block(item, place, depth + 1) for item in where.items))
            case Not():
                return self._block(where.item, place, depth + 1).is_not(true())
            case ValueFilter():
                return self._value(where, place)
            case BlockFilter():
                return self._blocks(where, place, depth)
            case _:
                assert_never(where)

    def _count(self, depth: int) -> None:
        self._conditions += 1
        if depth > MAX_DEPTH:
            raise InvalidFilter("the list", found=f"more than {MAX_DEPTH} levels", expected="fewer")
        if self._conditions > MAX_CONDITIONS:
            raise InvalidFilter("the list", found=f"more than {MAX_CONDITIONS} conditions", expected="fewer")

    def _field(self, where: FieldFilter) -> ColumnElement[bool]:
        field = FIELDS.get(where.field)
        if field is None:
            raise InvalidFilter(where.field, found="no such field", expected=_listed(FIELDS))
        values = checked_operand(
            where.operator,
            where.value,
            path=where.field,
            offered=field.operators,
            one=lambda item: field.checked(item, where.field),
        )
        self.on_product |= field.of_product
        self.slow |= where.operator is Operator.CONTAINS
        return compare(field.operand, where.operator, values)

    def _value(self, where: ValueFilter, place: _Place) -> ColumnElement[bool]:
        path = place.below(where.field)
        if where.field == "label":
            return self._label(where, place, path)
        field = _scalar_field(place, where.field)
        if (where.quantifier is None) is field.shape.many and where.operator is not Operator.IS_NULL:
            expected = "some, every or none of its items" if field.shape.many else "none: it is no list"
            raise InvalidFilter(path, found=f"the quantifier {where.quantifier}", expected=expected)
        if where.quantifier is not None and not field.shape.many:
            raise InvalidFilter(
                path, found=f"the quantifier {where.quantifier}", expected="none: it is no list"
            )
        offered = operators_of(field.scalar)
        values = checked_operand(
            where.operator,
            where.value,
            path=path,
            offered=offered,
            one=lambda item: checked_scalar(field.scalar, item, path),
        )
        if where.quantifier is None:
            operand = value_operand(field.scalar, field.name, block=place.table)
            return compare(operand, where.operator, values)
        return self._items(where, field, place, values)

    def _label(self, where: ValueFilter, place: _Place, path: str) -> ColumnElement[bool]:
        if where.quantifier is not None:
            raise InvalidFilter(
                path, found=f"the quantifier {where.quantifier}", expected="none: it is no list"
            )
        values = checked_operand(
            where.operator,
            where.value,
            path=path,
            offered=TEXT_OPERATORS,
            one=lambda item: checked_scalar(SCALARS[str], item, path),
        )
        assert place.block is not None
        return compare(text_operand(place.block.c.label), where.operator, values)

    def _items(
        self, where: ValueFilter, field: ScalarField, place: _Place, values: Sequence[object]
    ) -> ColumnElement[bool]:
        assert where.quantifier is not None
        items = self._name("item")
        condition = compare(item_operand(field.scalar, items=items), where.operator, values)
        found: AnySelect = select(_ONE).select_from(items_of(field.name, block=place.table, items=items))
        return _quantified(found, where.quantifier, condition)

    def _blocks(self, where: BlockFilter, place: _Place, depth: int) -> ColumnElement[bool]:
        self.slow = True
        path = place.below(where.attribute)
        field = _block_field(place, where.attribute)
        family = _family(where, field, path)
        relation = tables.block_relation.alias(self._name("relation"))
        block = tables.block.alias(self._name("block"))
        inner = _Place(
            block=block, path=path, models=field.blocks if family is None else family.members, family=family
        )
        if place.block is None:
            found = _root_blocks(where.attribute, relation, block)
        else:
            found = self._blocks_below(where.attribute, place.block, relation, block)
        if family is not None:
            found = found.where(literal_column(is_block(family.name, block=inner.table), Boolean()))
        return _quantified(found, where.quantifier, self._block(where.where, inner, depth + 1))

    def _blocks_below(
        self, attribute: str, parent: FromClause, relation: FromClause, block: FromClause
    ) -> AnySelect:
        found: AnySelect = (
            select(_ONE)
            .select_from(relation.join(block, block.c.id == relation.c.child_id))
            .where(
                relation.c.subscription_id == parent.c.subscription_id,
                relation.c.parent_id == parent.c.id,
                relation.c.attribute == attribute,
            )
        )
        if self._scope.customers is None:
            return found
        owner = tables.subscription.alias(self._name("owner"))
        visible = exists().where(
            owner.c.id == relation.c.owner_id, *in_scope(owner.c.customer_id, self._scope)
        )
        return found.where(or_(relation.c.owner_id.is_(None), visible))

    def _name(self, kind: str) -> str:
        self._tables += 1
        return f"{kind}_{self._tables}"


def _root_blocks(attribute: str, relation: FromClause, block: FromClause) -> AnySelect:
    """The blocks in a field of the subscription, which are its own, so that an index on values leads to it.

    The place is looked up for each of them: as a join it would make the planner expect next to none.
    """
    place = (
        select(true())
        .select_from(relation)
        .where(
            relation.c.subscription_id == block.c.subscription_id,
            relation.c.parent_id.is_(None),
            relation.c.attribute == attribute,
            relation.c.child_id == block.c.id,
        )
        .limit(1)
        .scalar_subquery()
    )
    return select(_ONE).select_from(block).where(block.c.subscription_id == _subscription.id, place)


def _quantified(
    found: AnySelect, quantifier: Quantifier, condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    match quantifier:
        case Quantifier.SOME:
            return found.where(condition).exists()
        case Quantifier.NONE:
            return not_(found.where(condition).exists())
        case Quantifier.EVERY:
            return not_(found.where(condition.is_not(true())).exists())
        case _:
            assert_never(quantifier)


def _scalar_field(place: _Place, name: str) -> ScalarField:
    """The field as any class of the blocks has it: all of a family store it alike.

    Raises:
        InvalidFilter: if there is none, or blocks of several families store it in different ways.
    """
    found = [model.structure().scalars[name] for model in place.models if name in model.structure().scalars]
    if not found:
        known = {name for model in place.models for name in model.structure().scalars}
        raise InvalidFilter(place.below(name), found="no such field", expected=_listed({*known, "label"}))
    kinds = {(field.scalar.python_type, field.shape.many) for field in found}
    if place.family is None and len(kinds) > 1:
        raise InvalidFilter(
            place.below(name), found="several types in blocks of several families", expected="one family"
        )
    return found[0]


def _block_field(place: _Place, name: str) -> BlockField[ProductBlockModel]:
    for model in reversed(place.models):
        field = model.structure().blocks.get(name)
        if field is not None:
            return field
    known = {name for model in place.models for name in model.structure().blocks}
    raise InvalidFilter(place.below(name), found="no such field of blocks", expected=_listed(known))


def _family(
    where: BlockFilter, field: BlockField[ProductBlockModel], path: str
) -> ModelFamily[ProductBlockModel] | None:
    """The family that the blocks of a field have, or that is asked for; None if they have several.

    Raises:
        InvalidFilter: if the family that is asked for has no place in the field.
    """
    wanted = where.family
    if wanted is not None:
        if any(issubclass(member, field.blocks) for member in wanted.members):
            return wanted
        declared = ", ".join(block.__name__ for block in field.blocks)
        raise InvalidFilter(path, found=f"blocks of family {wanted.name}", expected=f"some of {declared}")
    families = {_family_of(block) for block in field.blocks}
    return families.pop() if len(families) == 1 else None


def _family_of(block: type[ProductBlockModel]) -> ModelFamily[ProductBlockModel] | None:
    try:
        return block.family()
    except InvalidFamily:
        return None


def _listed(names: Iterable[str]) -> str:
    return "one of " + ", ".join(sorted(names))
