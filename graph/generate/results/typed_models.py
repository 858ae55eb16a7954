"""The typed models of the subscriptions of one operation, for what they compute; each made when asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.ids import BlockId, SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog
from domain.model.errors import ModelMismatch
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.mapping import to_model
from domain.model.trees.tree import Tree
from graph.generate.results.drift import ModelDrifted
from graph.ids import IdKind, encode_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedTree:
    """A subscription as its models have it, and every block of its tree by id."""

    subscription: SubscriptionModel
    blocks: Mapping[BlockId, ProductBlockModel]


class TypedModels:
    """Makes typed trees, and keeps them for one operation or one event."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._made: dict[SubscriptionId, TypedTree | ModelDrifted] = {}

    def find(self, tree: Tree) -> TypedTree | None:
        """Gives the typed form of a tree, in its status; None if blocks of it are out of scope.

        Raises:
            ModelDrifted: The tree does not satisfy the class of its status.
        """
        if tree.stubs:
            return None
        subscription_id = tree.subscription.id
        if subscription_id not in self._made:
            self._made[subscription_id] = self._make(tree)
        made = self._made[subscription_id]
        if isinstance(made, ModelDrifted):
            raise ModelDrifted(made.message)
        return made

    def _make(self, tree: Tree) -> TypedTree | ModelDrifted:
        try:
            return typed_tree(self._catalog, tree)
        except ModelMismatch as error:
            place = encode_id(IdKind.SUBSCRIPTION, tree.subscription.id)
            details = "; ".join(str(each) for each in error.errors)
            return ModelDrifted(f"{place} does not satisfy {error.model}: {details}.")


def typed_tree(catalog: Catalog, tree: Tree) -> TypedTree:
    """Gives the typed form of a tree, in its status.

    Raises:
        ModelMismatch: The tree does not satisfy the class of its status.
    """
    model = to_model(catalog, tree)
    return TypedTree(subscription=model, blocks=_blocks_below(model))


def _blocks_below(model: SubscriptionModel) -> Mapping[BlockId, ProductBlockModel]:
    """Every block of a tree, those of other subscriptions among them."""
    found: dict[BlockId, ProductBlockModel] = {}
    waiting: list[SubscriptionModel | ProductBlockModel] = [model]
    while waiting:
        parent = waiting.pop()
        for name, field in parent.structure().blocks.items():
            nested = [block for block in field.values(getattr(parent, name)) if block.id not in found]
            found |= {block.id: block for block in nested}
            waiting += nested
    return found
