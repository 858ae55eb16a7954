"""From records of subscriptions to results of their generated types."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from domain.model.catalog import Catalog
from domain.model.errors import ModelMismatch
from domain.model.lifecycle import ACTIVE
from domain.model.mapping import to_model
from domain.model.tree import SubscriptionRecord, Tree
from engine.registry import Registry
from engine.workflows import Workflow as WorkflowDefinition
from graph.context import Info, OperationContext
from graph.generate.assembly import TreeAssembly
from graph.generate.fields import PlannedField
from graph.generate.subscriptions import (
    FamilyType,
    FamilyTypes,
    SubscriptionFamily,
    block_fields,
    fixed_inputs,
)
from graph.types.block import Block
from graph.types.product import Product, product
from graph.types.subscription import (
    ProductSubscription,
    RetiredSubscription,
    common_values,
    subscription_columns,
)
from graph.types.workflow import Workflow, workflow

Result = TypeVar("Result")


class Families:
    """Makes results of an application's generated types, and finds its way between models and workflows."""

    def __init__(self, types: FamilyTypes, *, catalog: Catalog, registry: Registry) -> None:
        self._types = types
        self._catalog = catalog
        self._registry = registry

    def subscription(self, record: SubscriptionRecord) -> ProductSubscription:
        """Gives a subscription as a result of the type of its family."""
        types = self._find_type(record)
        if types is None:
            return _make(RetiredSubscription, common_values(record))
        values = {**common_values(record), **self._fixed_inputs(record, types.loose_fields)}
        return _make(types.loose, values)

    def columns(self, info: Info) -> frozenset[str]:
        """Gives the columns of subscriptions that are selected below a field of subscriptions."""
        return subscription_columns(info)

    def blocks(self, tree: Tree) -> list[Block]:
        """Gives all blocks of a subscription, parents first; none if its product is not known any more.

        Raises:
            ModelDrifted: The tree does not fit the types.
        """
        types = self._find_type(tree.subscription)
        if types is None:
            return []
        return TreeAssembly(tree, self._types.blocks.loose).every(block_fields(types.loose_fields))

    def nested_blocks(self, tree: Tree, field: PlannedField) -> object:
        """Gives the blocks that a field of a subscription holds, in any status.

        Raises:
            ModelDrifted: The tree does not fit the types.
        """
        return TreeAssembly(tree, self._types.blocks.loose).nested(field)

    def active(self, tree: Tree, family: SubscriptionFamily) -> object | None:
        """Gives the strict form of a tree; None if it does not satisfy the class of active subscriptions."""
        as_active = replace(tree, subscription=replace(tree.subscription, status=ACTIVE))
        try:
            to_model(self._catalog, as_active)
        except ModelMismatch:
            return None
        types = self._types.subscriptions[family]
        assembly = TreeAssembly(tree, self._types.blocks.active)
        blocks = {
            planned.attribute: assembly.nested(planned) for planned in block_fields(types.active_fields)
        }
        return _make(types.active, {**blocks, **self._fixed_inputs(tree.subscription, types.active_fields)})

    async def products_of_workflow(
        self, definition: WorkflowDefinition, context: OperationContext
    ) -> list[Product]:
        """Gives the products whose subscriptions a workflow is about, in the catalogue's order."""
        if definition.model is None:
            return []
        names = [each.name for each in self._catalog.products_of(definition.model)]
        records = await context.loaders.products_by_name.load_many(names)
        return [product(record) for record in records if record is not None]

    def workflows_of_model(self, model: str) -> list[Workflow]:
        """Gives the workflows about subscriptions of a model, in the registry's order."""
        return [
            workflow(definition)
            for definition in self._registry.workflows
            if definition.model is not None and definition.model.name == model
        ]

    def _find_type(self, record: SubscriptionRecord) -> FamilyType | None:
        found = self._catalog.by_name.get(record.product_name)
        return None if found is None else self._types.subscriptions[found.model.family()]

    def _fixed_inputs(
        self, record: SubscriptionRecord, fields: tuple[PlannedField, ...]
    ) -> dict[str, object]:
        given = self._catalog.product(record.product_name).fixed_inputs
        return {planned.attribute: given.get(planned.attribute) for planned in fixed_inputs(fields)}


def _make(result_type: Callable[..., Result], values: Mapping[str, object]) -> Result:
    """An instance of a generated type, whose fields are known at run time only."""
    return result_type(**values)
