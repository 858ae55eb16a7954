"""From a stored tree to a typed model, and from a model to what must be written."""

from pydantic import BaseModel, ValidationError

from domain.ids import BlockId
from domain.json import UnrepresentableValue
from domain.model.catalog import Catalog
from domain.model.definition.stored_forms import store_text
from domain.model.errors import FieldMismatch, ModelMismatch
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.assembly import Assembly, loaded_values, mismatches
from domain.model.trees.change_form import ChangeSide, Columns, encode_columns, encode_side
from domain.model.trees.disassembly import BlockTree, Path, PlacedBlock, Visit
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.stored_parts import StoredParts
from domain.model.trees.tree import BlockRecord, Tree

_BASE = frozenset(SubscriptionModel.model_fields)
_LONGEST_DESCRIPTION = 2000


def to_model(catalog: Catalog, tree: Tree) -> SubscriptionModel:
    """The stored subscription as the class that its family has for its status; it remembers the tree.

    Raises:
        ProductNotFound: if the catalogue has no product of the stored name.
        ModelMismatch: if the stored tree does not satisfy the class, or refers to blocks out of scope.
    """
    record = tree.subscription
    product = catalog.product(record.product_name)
    model = product.model.family().class_for(record.status)
    fields = model.structure()
    assembly = Assembly(
        tree.blocks,
        tree.relations,
        status=record.status,
        families={family.name: family for family in catalog.block_families},
        stubs=tree.stubs,
    )
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
        ModelMismatch: if the model does not satisfy its class any more, or another class serves its status
            or a block of its own in it.
        BlockUsedTwice: if one parent holds a block twice, a block is inside itself, or two objects with
            different contents stand for one block.
        ForeignBlock: if a block of another subscription is in a field that is not for such blocks.
        NestedTooDeep: if there are too many blocks inside each other.
        ForeignBlockChanged: if a block of another subscription is not as it was loaded.
        BlockLeftBelowForeign: if a block of its own is only reached through blocks of others.
        UnrepresentableValue: if a value has no stored form; with its path from the subscription down.
    """
    _check_class(model)
    visit = Visit(model, model.structure(), subscription_id=model.id)
    _check_values(model, visit)
    columns = _columns(model)
    parts = visit.take_apart()
    stored = None if model.snapshot is None else StoredParts(model.snapshot)
    if stored is not None:
        parts = stored.with_stored_numbers(parts)
        stored.check_foreign(parts)
    before, after = _differences(columns, parts, stored)
    references = parts.references
    return SubscriptionPatch(
        subscription_id=model.id,
        base_version=0 if stored is None else stored.version,
        product=columns.product,
        customer_id=columns.customer_id,
        status=columns.status,
        description=columns.description,
        start_at=columns.start_at,
        end_at=columns.end_at,
        blocks_written=tuple(block for block in after.blocks.values() if block is not None),
        blocks_removed=tuple(block_id for block_id, block in after.blocks.items() if block is None),
        relations=after.relations,
        before=None if before is None else encode_side(before),
        after=encode_side(after),
        status_changed=stored is not None and "status" in after.columns,
        references=references,
        references_added=tuple(
            each for each in references if stored is None or each not in stored.references
        ),
        described=type(model).describe is not SubscriptionModel.describe,
        override=model.override,
    )


def _check_class(model: SubscriptionModel) -> None:
    serving = model.family().class_for(model.status)
    if serving is not type(model):
        mismatch = FieldMismatch(
            path=("status",), expected=f"a status that {type(model).__name__} serves", found=model.status
        )
        raise ModelMismatch(model.id, model=type(model).__name__, errors=[mismatch])


def _check_values(model: SubscriptionModel, visit: Visit) -> None:
    """Validate everything again: a list that was changed in place has not been looked at yet.

    A block of its own must have the class in which it will be loaded: another one may have other fields.
    """
    errors = _findings(model, ())
    for placed in visit.own_blocks():
        errors += _findings(placed.block, placed.path)
        errors += _class_findings(placed, model.status)
    if errors:
        raise ModelMismatch(model.id, model=type(model).__name__, errors=errors)


def _class_findings(placed: PlacedBlock, status: SubscriptionStatus) -> list[FieldMismatch]:
    found, serving = type(placed.block), placed.block.family().class_for(status)
    if serving is found:
        return []
    expected = f"a {serving.__name__}, which serves {status}"
    return [FieldMismatch(path=placed.path, expected=expected, found=f"a {found.__name__}")]


def _findings(model: BaseModel, path: Path) -> list[FieldMismatch]:
    held = vars(model)
    try:
        type(model).model_validate({name: held[name] for name in type(model).model_fields})
    except ValidationError as error:
        return mismatches(error, path)
    return []


def _columns(model: SubscriptionModel) -> Columns:
    description = model.describe()
    _check_storable(description)
    if not description.strip() or len(description) > _LONGEST_DESCRIPTION:
        mismatch = FieldMismatch(
            path=("description",),
            expected=f"text of at most {_LONGEST_DESCRIPTION} characters that is not blank",
            found=f"{len(description)} characters" if description.strip() else repr(description),
        )
        raise ModelMismatch(model.id, model=type(model).__name__, errors=[mismatch])
    return Columns(
        product=model.product,
        customer_id=model.customer_id,
        status=model.status,
        description=description,
        start_at=model.start_at,
        end_at=model.end_at,
    )


def _check_storable(description: str) -> None:
    try:
        store_text(description)
    except UnrepresentableValue as error:
        raise error.below(("description",)) from error


def _differences(
    columns: Columns, parts: BlockTree, stored: StoredParts | None
) -> tuple[ChangeSide | None, ChangeSide]:
    """What was, and what is in its place; None and everything for what was never stored."""
    new_columns = encode_columns(columns)
    new_blocks: dict[BlockId, BlockRecord | None] = {block.id: block for block in parts.blocks}
    if stored is None:
        return None, ChangeSide(columns=new_columns, blocks=new_blocks, relations=parts.relations)
    old_columns = encode_columns(stored.columns)
    names = [name for name, value in new_columns.items() if old_columns[name] != value]
    blocks = {
        block_id: block for block_id, block in new_blocks.items() if stored.blocks.get(block_id) != block
    }
    blocks |= {block_id: None for block_id in stored.blocks if block_id not in new_blocks}
    moved = frozenset(parts.relations) != frozenset(stored.relations)
    before = ChangeSide(
        columns={name: old_columns[name] for name in names},
        blocks={block_id: stored.blocks.get(block_id) for block_id in blocks},
        relations=stored.relations if moved else None,
    )
    after = ChangeSide(
        columns={name: new_columns[name] for name in names},
        blocks=blocks,
        relations=parts.relations if moved else None,
    )
    return before, after
