"""What the authors of steps, and of fields that they add to the schema, ask about subscriptions."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from domain.errors import DomainError, SubscriptionNotFound
from domain.ids import CustomerId, SubscriptionId
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog
from domain.model.definition.fields import BlockField
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.disassembly import walk
from domain.model.trees.mapping import to_model
from domain.model.trees.tree import SubscriptionRecord
from domain.scope import Scope
from domain.storage.annotation_reads import AnnotationRepository
from domain.storage.database import Database
from domain.storage.listing.filters import (
    And,
    BlockFilter,
    FieldFilter,
    InvalidFilter,
    Operator,
    Or,
    Quantifier,
    ValueFilter,
    ValueWhere,
    Where,
)
from domain.storage.listing.paging import PageRequest
from domain.storage.related import Related, RelatedRepository
from domain.storage.subscriptions import SubscriptionRepository

Model = TypeVar("Model", bound=SubscriptionModel)

_Class: TypeAlias = type[SubscriptionModel] | type[ProductBlockModel]

MOST_FOUND = 1_000
"""How many subscriptions are found by a value at most."""


class UnexpectedModel(DomainError):
    """A subscription is of another model than the caller expected, or has another status."""

    def __init__(self, subscription_id: SubscriptionId, *, found: str, expected: str) -> None:
        super().__init__(f"subscription {subscription_id}: found a {found}, expected a {expected}")
        self.subscription_id = subscription_id
        self.found = found
        self.expected = expected


class FieldNotFound(DomainError):
    """No block of a subscription has a value in some fields.

    Attributes:
        fields: their names.
    """

    def __init__(self, subscription_id: SubscriptionId, *, fields: Collection[str]) -> None:
        super().__init__(
            f"subscription {subscription_id}: found no value of {', '.join(fields)}, expected one of each"
        )
        self.subscription_id = subscription_id
        self.fields = tuple(fields)


class TooManyFound(DomainError):
    """More subscriptions have a value than are ever found by one."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"found more than {MOST_FOUND} subscriptions by {path}, expected a value that fewer have"
        )
        self.path = path


class Subscriptions:
    """Subscriptions as steps ask for them, typed. Each answer is one statement, as of its moment.

    Args:
        database: Where they are.
        catalog: What they are.
        scope: Whose they may be: what is out of scope is not found. A step sees those of all customers.
    """

    def __init__(self, database: Database, catalog: Catalog, *, scope: Scope | None = None) -> None:
        self._catalog = catalog
        self._scope = scope or Scope.all()
        self._subscriptions = SubscriptionRepository(database)
        self._related = RelatedRepository(database)
        self._annotations = AnnotationRepository(database)

    async def get(self, model: type[Model], subscription_id: SubscriptionId) -> Model:
        """A subscription as the class of its status, which must be the given one or below it.

        Raises:
            SubscriptionNotFound: if there is none.
            UnexpectedModel: if it is no instance of the class.
            ProductNotFound: if the catalogue does not know its product.
            ModelMismatch: if the stored values do not satisfy its class.
        """
        found = await self.find(model, subscription_id)
        if found is None:
            raise SubscriptionNotFound(subscription_id)
        return found

    async def find(self, model: type[Model], subscription_id: SubscriptionId) -> Model | None:
        """As `get`, but None if there is no such subscription."""
        return (await self.many(model, [subscription_id])).get(subscription_id)

    async def many(self, model: type[Model], ids: Iterable[SubscriptionId]) -> Mapping[SubscriptionId, Model]:
        """Those of these subscriptions that there are; otherwise as `get`."""
        trees = await self._subscriptions.trees(self._scope, ids)
        return {each: _typed(model, to_model(self._catalog, tree)) for each, tree in trees.items()}

    async def record(self, subscription_id: SubscriptionId) -> SubscriptionRecord:
        """A subscription without its blocks.

        Raises:
            SubscriptionNotFound: if there is none.
        """
        found = await self._subscriptions.by_ids(self._scope, [subscription_id])
        if subscription_id not in found:
            raise SubscriptionNotFound(subscription_id)
        return found[subscription_id]

    async def find_by_value(
        self,
        model: type[SubscriptionModel],
        path: str,
        value: object,
        *,
        statuses: Collection[SubscriptionStatus] | None = None,
    ) -> Sequence[SubscriptionId]:
        """The subscriptions of a model in whose blocks a field has a value, the oldest first.

        Args:
            model: any class of the family.
            path: the fields that lead to the value, such as ``node.ports.speed``. It is enough that one block
                or one item of a list on the way has the value.
            value: as the field holds it; None for those in which it is empty.
            statuses: only those in one of these.

        Raises:
            InvalidFilter: if the models have no such field, or it cannot have the value.
            FilterTooSlow: if the field is not indexed and it took too long.
            TooManyFound: if there are more than 1,000.
        """
        where = self._leads_to(model, path, value)
        if statuses is not None:
            where = And((FieldFilter("status", Operator.IN, sorted(statuses)), where))
        page = await self._subscriptions.page(
            self._scope,
            request=PageRequest(last=MOST_FOUND),
            where=where,
            family=model.family(),
            columns=frozenset({"id"}),
        )
        if page.has_previous:
            raise TooManyFound(path)
        return [record.id for record in reversed(page.rows)]

    async def values_of(
        self, subscription_id: SubscriptionId, fields: Collection[str], *, strict: bool = False
    ) -> Mapping[str, Sequence[object]]:
        """The values that the blocks of a subscription have in fields of these names, parents first.

        Those of its own blocks alone; what is None is left out.

        Args:
            subscription_id: whose.
            fields: the names, whatever the blocks.
            strict: whether each field must have at least one value.

        Raises:
            SubscriptionNotFound: if there is none.
            FieldNotFound: if it is strict, and some field has no value.
            ProductNotFound: if the catalogue does not know its product.
            ModelMismatch: if the stored values do not satisfy its class.
        """
        model = await self.get(SubscriptionModel, subscription_id)
        found: dict[str, list[object]] = {name: [] for name in fields}
        for placed in walk(model, model.structure(), subscription_id=model.id):
            for name in found.keys() & placed.block.structure().scalars.keys():
                value: object = getattr(placed.block, name)
                if value is not None:
                    found[name].append(value)
        missing = [name for name, values in found.items() if not values]
        if strict and missing:
            raise FieldNotFound(subscription_id, fields=missing)
        return found

    async def depends_on(
        self,
        subscription_id: SubscriptionId,
        *,
        depth: int = 1,
        statuses: Collection[SubscriptionStatus] | None = None,
        product_types: Collection[str] | None = None,
    ) -> Sequence[Related]:
        """The subscriptions whose blocks it uses, as `RelatedRepository.depends_on` gives them."""
        found = await self._related.depends_on(
            self._scope, [subscription_id], depth=depth, statuses=statuses, product_types=product_types
        )
        return found.get(subscription_id, ())

    async def in_use_by(
        self,
        subscription_id: SubscriptionId,
        *,
        depth: int = 1,
        statuses: Collection[SubscriptionStatus] | None = None,
        product_types: Collection[str] | None = None,
    ) -> Sequence[Related]:
        """The subscriptions that use its blocks, as `RelatedRepository.in_use_by` gives them."""
        found = await self._related.in_use_by(
            self._scope, [subscription_id], depth=depth, statuses=statuses, product_types=product_types
        )
        return found.get(subscription_id, ())

    async def metadata(self, subscription_id: SubscriptionId) -> Mapping[str, JsonValue]:
        """The metadata of a subscription; empty if it has none."""
        found = (await self._annotations.metadata_of(self._scope, [subscription_id])).get(subscription_id)
        return {} if found is None else found.metadata

    async def description_for(self, subscription_id: SubscriptionId, customer_id: CustomerId) -> str | None:
        """What a customer calls a subscription; None if that customer has no name of its own for it."""
        found = await self._annotations.customer_descriptions_of(self._scope, [subscription_id])
        described = {each.customer_id: each.description for each in found.get(subscription_id, ())}
        return described.get(customer_id)

    async def note(self, subscription_id: SubscriptionId) -> str | None:
        """What people have noted about a subscription.

        Raises:
            SubscriptionNotFound: if there is none.
        """
        found = await self._subscriptions.by_ids(self._scope, [subscription_id], frozenset({"note"}))
        if subscription_id not in found:
            raise SubscriptionNotFound(subscription_id)
        return found[subscription_id].note

    def _leads_to(self, model: type[SubscriptionModel], path: str, value: object) -> Where:
        match path.split("."):
            case [attribute, *rest] if rest:
                members = model.family().members
                return Or(tuple(self._below(members, attribute, rest, value)))
            case _:
                raise InvalidFilter(path, found="one field", expected="that of a block, and a field below it")

    def _below(
        self, members: Iterable[_Class], attribute: str, rest: Sequence[str], value: object
    ) -> Iterator[BlockFilter]:
        """One condition for each family that the field takes and that knows what is below."""
        field = _find_field(members, attribute)
        families = () if field is None else self._catalog.block_families_of(field)
        knowing = [family for family in families if any(_has(member, rest[0]) for member in family.members)]
        for family in knowing or (None,):
            # What no family knows is left for the compilation to refuse.
            inner = self._at(() if family is None else family.members, rest, value)
            yield BlockFilter(attribute, Quantifier.SOME, inner, family)

    def _at(self, members: Sequence[_Class], path: Sequence[str], value: object) -> ValueWhere:
        name, *rest = path
        if rest:
            return Or(tuple(self._below(members, name, rest, value)))
        many = any(
            member.structure().scalars[name].shape.many
            for member in members
            if name in member.structure().scalars
        )
        if value is None:
            return ValueFilter(name, Operator.IS_NULL, True)
        return ValueFilter(name, Operator.EQ, value, Quantifier.SOME if many else None)


def _find_field(members: Iterable[_Class], name: str) -> BlockField[ProductBlockModel] | None:
    return next((blocks[name] for member in members if name in (blocks := member.structure().blocks)), None)


def _has(member: _Class, name: str) -> bool:
    structure = member.structure()
    return name in structure.scalars or name in structure.blocks or name in ProductBlockModel.model_fields


def _typed(model: type[Model], found: SubscriptionModel) -> Model:
    if not isinstance(found, model):
        raise UnexpectedModel(found.id, found=type(found).__name__, expected=model.__name__)
    return found
