"""Filters checked against the models, and turned into conditions in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    and_,
    exists,
    false,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import FromClause

from domain.json import UnrepresentableValue, encode
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import ScalarField
from domain.model.definition.scalars import SCALARS
from domain.model.subscriptions import SubscriptionModel
from domain.scope import Scope
from domain.storage import tables
from domain.storage.listing.filters import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    And,
    BlockFilter,
    Compared,
    FieldFilter,
    FixedInputFilter,
    InvalidFilter,
    ItemFilter,
    MetadataFilter,
    Not,
    Operator,
    Or,
    OwnedBlockFilter,
    Quantifier,
    ValueFilter,
    ValueWhere,
    Where,
)
from domain.storage.listing.list_fields import FIELDS
from domain.storage.listing.places import (
    Place,
    block_field,
    compared_values,
    family_in,
    listed,
    scalar_field,
    scalar_within,
)
from domain.storage.listing.selection import AnySelect, in_scope
from domain.storage.listing.values import (
    TEXT_OPERATORS,
    compare,
    fixed_input_operand,
    is_block,
    item_operand,
    items_of,
    text_operand,
    value_operand,
)
from domain.storage.saving.checks import checked_operand, checked_scalar

_subscription = tables.subscription.c
_metadata = tables.subscription_metadata.c
_product = tables.product.c

_ONE: Final = literal_column("1", Integer())


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """A filter in SQL.

    Attributes:
        sql: on the table of subscriptions, and that of products if that is needed.
        on_product: whether the statement must join the product.
        slow: whether no index may serve it, so that it needs a time limit.
        size: how many conditions it is made of.
    """

    sql: ColumnElement[bool]
    on_product: bool
    slow: bool
    size: int


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
    return Conditions(sql=sql, on_product=compiler.on_product, slow=compiler.slow, size=compiler.conditions)


class _Compiler:
    def __init__(self, *, scope: Scope, family: ModelFamily[SubscriptionModel] | None) -> None:
        self._scope = scope
        self._root = None if family is None else Place(block=None, path="", models=family.members)
        self.conditions = 0
        self._tables = 0
        self.on_product = False
        self.slow = False

    def subscription(self, where: Where, depth: int) -> ColumnElement[bool]:  # noqa: PLR0911  # one for each kind
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
            case FixedInputFilter():
                return self._fixed_input(where)
            case MetadataFilter():
                return self._metadata(where)
            case OwnedBlockFilter():
                return self._owned(where, depth)
            case BlockFilter():
                return self._blocks(where, self._model_of("blocks", where.attribute), depth)
            case _:
                assert_never(where)

    def _block(self, where: ValueWhere, place: Place, depth: int) -> ColumnElement[bool]:
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
            case ItemFilter():
                return self._item(where, place)
            case BlockFilter():
                return self._blocks(where, place, depth)
            case _:
                assert_never(where)

    def _count(self, depth: int) -> None:
        self.conditions += 1
        if depth > MAX_DEPTH:
            raise InvalidFilter("the list", found=f"more than {MAX_DEPTH} levels", expected="fewer")
        if self.conditions > MAX_CONDITIONS:
            raise InvalidFilter("the list", found=f"more than {MAX_CONDITIONS} conditions", expected="fewer")

    def _field(self, where: FieldFilter) -> ColumnElement[bool]:
        field = FIELDS.get(where.field)
        if field is None:
            raise InvalidFilter(where.field, found="no such field", expected=listed(FIELDS))
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

    def _fixed_input(self, where: FixedInputFilter) -> ColumnElement[bool]:
        scalar = scalar_field(self._model_of("fixed inputs", where.field), where.field).scalar
        values = compared_values(scalar, where.field, where.operator, where.value)
        self.on_product = True
        return compare(fixed_input_operand(scalar, where.field), where.operator, values)

    def _metadata(self, where: MetadataFilter) -> ColumnElement[bool]:
        found = exists().where(_metadata.subscription_id == _subscription.id)
        if where.contains is None:
            return not_(found)
        self.slow = True
        wanted = dict(where.contains)
        try:
            encode(wanted)
        except UnrepresentableValue as error:
            raise InvalidFilter(
                "metadata", found=error.found, expected="a value that can be stored"
            ) from error
        return found.where(_metadata.metadata.contains(literal(wanted, JSONB())))

    def _model_of(self, kind: str, field: str) -> Place:
        if self._root is None:
            raise InvalidFilter(
                field,
                found=f"a condition on {kind} in a list of any products",
                expected="a list of the subscriptions of one model",
            )
        return self._root

    def _owned(self, where: OwnedBlockFilter, depth: int) -> ColumnElement[bool]:
        self.slow = True
        family, block = where.family, tables.block.alias(self._name("block"))
        place = Place(block=block, path=family.name, models=family.members, family=family)
        found: AnySelect = (
            select(_ONE)
            .select_from(block)
            .where(
                block.c.subscription_id == _subscription.id,
                literal_column(is_block(family.name, block=place.table), Boolean()),
                self._block(where.where, place, depth + 1),
            )
        )
        return found.exists()

    def _value(self, where: ValueFilter, place: Place) -> ColumnElement[bool]:
        path = place.below(where.field)
        if where.field == "label":
            return self._label(where, place, path)
        field = scalar_field(place, where.field)
        if (where.quantifier is None) is field.shape.many and where.operator is not Operator.IS_NULL:
            expected = "some, every or none of its items" if field.shape.many else "none: it is no list"
            raise InvalidFilter(path, found=f"the quantifier {where.quantifier}", expected=expected)
        if where.quantifier is not None and not field.shape.many:
            raise InvalidFilter(
                path, found=f"the quantifier {where.quantifier}", expected="none: it is no list"
            )
        if where.quantifier is not None:
            compared = Compared(where.operator, where.value, where.within)
            return self._items(field, place, where.quantifier, [compared])
        scalar = scalar_within(field.scalar, where.within, path)
        return compare(
            value_operand(scalar, field.name, block=place.table, within=where.within),
            where.operator,
            compared_values(scalar, path, where.operator, where.value),
        )

    def _item(self, where: ItemFilter, place: Place) -> ColumnElement[bool]:
        field = scalar_field(place, where.field)
        if not field.shape.many:
            raise InvalidFilter(
                place.below(where.field),
                found=f"the quantifier {where.quantifier}",
                expected="none: it is no list",
            )
        return self._items(field, place, where.quantifier, where.comparisons)

    def _label(self, where: ValueFilter, place: Place, path: str) -> ColumnElement[bool]:
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
        self,
        field: ScalarField,
        place: Place,
        quantifier: Quantifier,
        comparisons: Sequence[Compared],
    ) -> ColumnElement[bool]:
        items, path = self._name("item"), place.below(field.name)
        conditions: list[ColumnElement[bool]] = []
        for each in comparisons:
            scalar = scalar_within(field.scalar, each.within, path)
            operand = item_operand(scalar, items=items, within=each.within)
            values = compared_values(scalar, path, each.operator, each.value)
            conditions.append(compare(operand, each.operator, values))
        found: AnySelect = select(_ONE).select_from(items_of(field.name, block=place.table, items=items))
        return quantified(found, quantifier, and_(true(), *conditions))

    def _blocks(self, where: BlockFilter, place: Place, depth: int) -> ColumnElement[bool]:
        self.slow = True
        path = place.below(where.attribute)
        field = block_field(place, where.attribute)
        family = family_in(where, field, path)
        relation = tables.block_relation.alias(self._name("relation"))
        block = tables.block.alias(self._name("block"))
        inner = Place(
            block=block, path=path, models=field.blocks if family is None else family.members, family=family
        )
        if place.block is None:
            found = _root_blocks(where.attribute, relation, block)
        else:
            found = self._blocks_below(where.attribute, place.block, relation, block)
        if family is not None:
            found = found.where(literal_column(is_block(family.name, block=inner.table), Boolean()))
        return quantified(found, where.quantifier, self._block(where.where, inner, depth + 1))

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


def quantified(
    found: AnySelect, quantifier: Quantifier, condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    """That a condition holds of some, every or none of the rows of a select."""
    match quantifier:
        case Quantifier.SOME:
            return found.where(condition).exists()
        case Quantifier.NONE:
            return not_(found.where(condition).exists())
        case Quantifier.EVERY:
            return not_(found.where(condition.is_not(true())).exists())
        case _:
            assert_never(quantifier)
