"""From records of subscriptions to results of their generated types."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from domain.ids import BlockId
from domain.model.catalog import Catalog
from domain.model.errors import ModelMismatch
from domain.model.lifecycle import ACTIVE
from domain.model.trees.tree import BlockRecord, SubscriptionRecord, Tree
from engine.blockers import Blocker as BlockerData
from engine.registry import Registry
from engine.workflows import Workflow as WorkflowDefinition
from graph.context import Info, OperationContext
from graph.generate.fields import PlannedField, block_fields, stored_fields
from graph.generate.results.assembly import TreeAssembly, earlier_value
from graph.generate.results.computed import computed_result
from graph.generate.results.typed_models import typed_tree
from graph.generate.subscriptions import FamilyType, FamilyTypes, SubscriptionFamily
from graph.generate.values import ValueTypes
from graph.ids import IdKind, encode_id
from graph.types.action import Blocker, blocker
from graph.types.block import AnyBlock, Block, BlockPlace, BlockValue
from graph.types.product import Product, product
from graph.types.subscription import (
    ProductSubscription,
    RetiredSubscription,
    common_values,
    subscription_columns,
)
from graph.types.workflow import Workflow, workflow

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfProduct:
    """What all subscriptions of a product have in common: their types, and its constants."""

    types: FamilyType
    constants: Mapping[str, object]


class Families:
    """Makes results of an application's generated types, and finds its way between models and workflows.

    Attributes:
        added_fields: The names of the fields that the application adds to types.
    """

    def __init__(
        self,
        types: FamilyTypes,
        *,
        catalog: Catalog,
        registry: Registry,
        added_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.added_fields = added_fields
        self._types = types
        self._catalog = catalog
        self._registry = registry
        self._products = {name: self._of_product(name) for name in catalog.by_name}

    def subscription(self, record: SubscriptionRecord) -> ProductSubscription:
        """Gives a subscription as a result of the type of its family."""
        known = self._products.get(record.product_name)
        if known is None:
            return _make(RetiredSubscription, common_values(record))
        return _make(known.types.loose, {**common_values(record), **known.constants})

    def columns(self, info: Info, *path: str) -> frozenset[str]:
        """Gives the columns of subscriptions that are selected at a path below a field."""
        return subscription_columns(info, *path)

    @property
    def values(self) -> ValueTypes:
        """The types of values."""
        return self._types.blocks.values

    def blocks(self, tree: Tree) -> list[AnyBlock]:
        """Gives all blocks of a tree, parents first; none if its product is not known any more.

        Raises:
            ModelDrifted: The tree does not fit the types.
        """
        types = self._find_type(tree.subscription)
        if types is None:
            return []
        return self._loose(tree).every(block_fields(types.loose_fields))

    def block_places(self, tree: Tree) -> list[BlockPlace]:
        """Gives all places of a tree in depth-first order; none if its product is not known any more.

        Raises:
            ModelDrifted: The tree does not fit the types.
        """
        types = self._find_type(tree.subscription)
        if types is None:
            return []
        return self._loose(tree).places(block_fields(types.loose_fields))

    def find_block(self, tree: Tree, block_id: BlockId) -> Block | None:
        """Gives one block of a tree; None if it is not there, or out of scope.

        Raises:
            ModelDrifted: The tree does not fit the types.
        """
        wanted = encode_id(IdKind.BLOCK, block_id)
        blocks = (block for block in self.blocks(tree) if block.id == wanted)
        found = next(blocks, None)
        return found if isinstance(found, Block) else None

    def nested_blocks(self, tree: Tree, field: PlannedField) -> object:
        """Gives the blocks that a field of a subscription holds, in any status.

        Raises:
            ModelDrifted: The tree does not fit the types.
        """
        return self._loose(tree).nested(field)

    def active(self, tree: Tree, family: SubscriptionFamily) -> object | None:
        """Gives the strict form of a tree; None if it does not satisfy the class of active subscriptions.

        A tree with blocks out of scope has none: they are missing.
        """
        if tree.stubs:
            return None
        as_active = replace(tree, subscription=replace(tree.subscription, status=ACTIVE))
        try:
            typed = typed_tree(self._catalog, as_active)
        except ModelMismatch:
            return None
        types = self._types.subscriptions[family]
        assembly = TreeAssembly(tree, self._types.blocks.active, self.values, models=typed.blocks)
        blocks = {
            planned.attribute: assembly.nested(planned) for planned in block_fields(types.active_fields)
        }
        constants = self._fixed_inputs(tree.subscription.product_name, types.active_fields)
        return _make(types.active, {**blocks, **constants, "typed_model": typed.subscription})

    def computed(
        self, tree: Tree, field: PlannedField, context: OperationContext, *, block_id: BlockId | None = None
    ) -> object:
        """Gives what a subscription, or a block that it owns, computes; None if its class does not.

        None, too, if blocks of the tree are out of scope: what is computed may depend on them.

        Raises:
            ModelDrifted: The tree does not satisfy the class of its status.
            ComputedFieldFailed: The model's property failed.
        """
        typed = context.models.find(tree)
        if typed is None:
            return None
        model = typed.subscription if block_id is None else typed.blocks.get(block_id)
        if model is None or field.attribute not in model.structure().computed:
            return None
        return computed_result(model, field, self.values)

    def earlier_values(self, record: BlockRecord) -> list[BlockValue]:
        """Gives the values of a block as it was; what does not fit its model now, as it was stored."""
        types = {family.name: types for family, types in self._types.blocks.loose.items()}
        known = types.get(record.block)
        fields = () if known is None else stored_fields(known.fields)
        planned = {field.attribute: field for field in fields}
        return [earlier_value(name, stored, planned.get(name)) for name, stored in record.values.items()]

    def _loose(self, tree: Tree) -> TreeAssembly:
        return TreeAssembly(tree, self._types.blocks.loose, self.values)

    def blockers(self, found: Iterable[BlockerData]) -> list[Blocker]:
        """Gives what stands in the way of a start."""
        return [blocker(each) for each in found]

    async def products_of_workflow(
        self, definition: WorkflowDefinition, context: OperationContext
    ) -> list[Product]:
        """Gives the products whose subscriptions a workflow is about, in the catalogue's order."""
        if definition.model is None:
            return []
        names = [each.name for each in self._catalog.products_of(definition.model)]
        return await self.products_named(names, context)

    async def products_named(self, names: Iterable[str], context: OperationContext) -> list[Product]:
        """Gives products in the given order; those that are not stored yet are left out."""
        records = await context.loaders.products_by_name.load_many(list(names))
        return [product(record) for record in records if record is not None]

    def workflows_of_model(self, model: str) -> list[Workflow]:
        """Gives the workflows about subscriptions of a model, in the registry's order."""
        return [
            workflow(definition)
            for definition in self._registry.workflows
            if definition.model is not None and definition.model.name == model
        ]

    def _find_type(self, record: SubscriptionRecord) -> FamilyType | None:
        known = self._products.get(record.product_name)
        return None if known is None else known.types

    def _of_product(self, name: str) -> _OfProduct:
        types = self._types.subscriptions[self._catalog.product(name).model.family()]
        return _OfProduct(types=types, constants=self._fixed_inputs(name, types.loose_fields))

    def _fixed_inputs(self, product_name: str, fields: tuple[PlannedField, ...]) -> dict[str, object]:
        given = self._catalog.product(product_name).fixed_inputs
        return {
            planned.attribute: self.values.result(planned, given.get(planned.attribute))
            for planned in stored_fields(fields)
        }


def _make(result_type: Callable[..., Result], values: Mapping[str, object]) -> Result:
    """An instance of a generated type, whose fields are known at run time only."""
    return result_type(**values)
