"""From a stored tree to a typed model, and from a model to what must be written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ValidationError

from domain.json import JsonValue
from domain.model.assembly import (
    Assembly,
    BlockTree,
    loaded_values,
    mismatches,
    take_apart,
    walk,
)
from domain.model.catalog import Catalog
from domain.model.errors import FieldMismatch, ModelMismatch
from domain.model.patch import SubscriptionPatch
from domain.model.scalars import SCALARS
from domain.model.subscriptions import SubscriptionModel
from domain.model.tree import BlockRecord, RelationRecord, SubscriptionRecord, Tree

_BASE = frozenset(SubscriptionModel.model_fields)


def to_model(catalog: Catalog, tree: Tree) -> SubscriptionModel:
    """The stored subscription as the class that its family has for its status; it remembers the tree.

    Raises:
        ProductNotFound: if the catalogue has no product of the stored name.
        ModelMismatch: if the stored tree does not satisfy the class.
    """
    record = tree.subscription
    product = catalog.product(record.product_name)
    model = product.model.family().class_for(record.status)
    fields = model.structure()
    assembly = Assembly(tree.blocks, tree.relations)
    values: dict[str, object] = {
        **{name: getattr(record, name) for name in _BASE - {"product"}},
        **loaded_values(product.fixed_inputs, fields),
        **assembly.nested(fields),
        "product": record.product_name,
    }
    return assembly.complete(model, values, subscription_id=record.id, snapshot=tree)


def to_patch(model: SubscriptionModel) -> SubscriptionPatch:
    """What changed since the model was loaded; everything for one that was never saved.

    Raises:
        ModelMismatch: if the model does not satisfy its class any more, or another class serves its status.
        BlockUsedTwice: if one parent holds a block twice, or a block is inside itself.
        ForeignBlock: if a block belongs to another subscription.
        UnrepresentableValue: if a value has no stored form.
    """
    _check(model)
    stored = model.snapshot
    current = take_apart(model, model.structure(), subscription_id=model.id)
    if stored is not None:
        current = replace(current, blocks=_with_stored_numbers(current.blocks, stored.blocks))
    before, after = _differences(model, current, stored)
    stored_blocks = {block.id: block for block in stored.blocks} if stored else {}
    current_ids = {block.id for block in current.blocks}
    return SubscriptionPatch(
        subscription_id=model.id,
        base_version=stored.subscription.version if stored else 0,
        product=model.product,
        customer_id=model.customer_id,
        status=model.status,
        description=model.description,
        start_at=model.start_at,
        end_at=model.end_at,
        blocks_written=tuple(block for block in current.blocks if stored_blocks.get(block.id) != block),
        blocks_removed=tuple(block_id for block_id in stored_blocks if block_id not in current_ids),
        relations=current.relations if "relations" in after or stored is None else None,
        before=before,
        after=after,
    )


def _with_stored_numbers(
    current: Iterable[BlockRecord], stored: Iterable[BlockRecord]
) -> tuple[BlockRecord, ...]:
    """Blocks whose unchanged floats are written as they are stored.

    PostgreSQL writes a large float without an exponent, and it is read back as an integer that is equal to
    the float only once it is rounded to one.
    """
    before = {block.id: block.values for block in stored}
    return tuple(
        replace(
            block,
            values={
                name: _stored_number(value, before[block.id].get(name))
                for name, value in block.values.items()
            },
        )
        if block.id in before
        else block
        for block in current
    )


def _stored_number(value: JsonValue, stored: JsonValue) -> JsonValue:
    match value, stored:
        case float(), int():
            return stored if float(stored) == value else value
        case list(), list() if len(value) == len(stored):
            return [_stored_number(item, old) for item, old in zip(value, stored, strict=True)]
        case _:
            return value


def _check(model: SubscriptionModel) -> None:
    """Validate everything again: a list that was changed in place has not been looked at yet."""
    serving = model.family().class_for(model.status)
    if serving is not type(model):
        mismatch = FieldMismatch(
            path=("status",), expected=f"a status that {type(model).__name__} serves", found=model.status
        )
        raise ModelMismatch(model.id, model=type(model).__name__, errors=[mismatch])
    errors = _findings(model, ())
    for placed in walk(model, model.structure()):
        errors += _findings(placed.block, placed.path)
    if errors:
        raise ModelMismatch(model.id, model=type(model).__name__, errors=errors)


def _findings(model: BaseModel, path: tuple[str | int, ...]) -> list[FieldMismatch]:
    try:
        type(model).model_validate(dict(model))
    except ValidationError as error:
        return mismatches(error, path)
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of a difference: a tree in the form that change records have."""

    columns: Mapping[str, JsonValue]
    blocks: Mapping[str, JsonValue]
    relations: frozenset[RelationRecord]


def _differences(
    model: SubscriptionModel, current: BlockTree, stored: Tree | None
) -> tuple[JsonValue, dict[str, JsonValue]]:
    new = _Side(
        columns=_columns(model, product=model.product),
        blocks=_blocks(current.blocks),
        relations=frozenset(current.relations),
    )
    if stored is None:
        return None, _parts(new, new.columns.keys(), new.blocks.keys(), with_relations=True)
    old = _Side(
        columns=_columns(stored.subscription, product=stored.subscription.product_name),
        blocks=_blocks(stored.blocks),
        relations=frozenset(stored.relations),
    )
    columns = [name for name, value in new.columns.items() if old.columns[name] != value]
    ids = [*new.blocks, *(block_id for block_id in old.blocks if block_id not in new.blocks)]
    blocks = [block_id for block_id in ids if new.blocks.get(block_id) != old.blocks.get(block_id)]
    moved = new.relations != old.relations
    return (
        _parts(old, columns, blocks, with_relations=moved),
        _parts(new, columns, blocks, with_relations=moved),
    )


def _parts(
    side: _Side, columns: Iterable[str], blocks: Iterable[str], *, with_relations: bool
) -> dict[str, JsonValue]:
    parts: dict[str, JsonValue] = {}
    if changed_columns := {name: side.columns[name] for name in columns}:
        parts["subscription"] = changed_columns
    if changed_blocks := {block_id: side.blocks.get(block_id) for block_id in blocks}:
        parts["blocks"] = changed_blocks
    if with_relations:
        parts["relations"] = [_relation(relation) for relation in sorted(side.relations, key=_place)]
    return parts


def _columns(subscription: SubscriptionModel | SubscriptionRecord, *, product: str) -> dict[str, JsonValue]:
    return {
        "product": product,
        "customer_id": subscription.customer_id,
        "status": str(subscription.status),
        "description": subscription.description,
        "start_at": _instant(subscription.start_at),
        "end_at": _instant(subscription.end_at),
    }


def _blocks(blocks: Iterable[BlockRecord]) -> dict[str, JsonValue]:
    return {
        str(block.id): {"block": block.block, "label": block.label, "values": dict(block.values)}
        for block in blocks
    }


def _relation(relation: RelationRecord) -> JsonValue:
    return {
        "parent": str(relation.parent_id) if relation.parent_id else None,
        "attribute": relation.attribute,
        "position": relation.position,
        "child": str(relation.child_id),
    }


def _place(relation: RelationRecord) -> tuple[str, str, int]:
    return str(relation.parent_id or ""), relation.attribute, relation.position


def _instant(at: datetime | None) -> JsonValue:
    return SCALARS[datetime].store(at) if at is not None else None
