"""A change put upon others that were made of the same subscription meanwhile, if they touch other fields."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from domain.errors import ConflictingEdit
from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue, encode
from domain.model.trees.change_form import (
    ChangeSide,
    Columns,
    decode_columns,
    decode_side,
    encode_columns,
    encode_side,
)
from domain.model.trees.history import ChangeLike, check_follows
from domain.model.trees.merged_relations import RelationSides, merged_relations
from domain.model.trees.patch import SubscriptionPatch
from domain.model.trees.stored_parts import as_stored
from domain.model.trees.tree import BlockRecord, RelationRecord

Value = TypeVar("Value")

_CLASS_COLUMNS = ("product", "status")
_LONGEST_SHOWN = 60


def rebase(
    patch: SubscriptionPatch, changes: Iterable[ChangeLike], *, version: int
) -> SubscriptionPatch | ConflictingEdit:
    """The patch against a later version; or what both it and the changes edit.

    Different fields merge: columns, labels, the values of a block one by one, and the blocks in each field
    of a parent as one value. The same field in both is a conflict, unless both made the same of it. So is a
    block that one of them removed and the other edited or put somewhere, and a tree that would not hang
    together. A change of product or status conflicts with every change of blocks: they were checked against
    the class of another status.

    Of several conflicts the first is told: columns by name, then blocks by id and field, then relations.

    Args:
        patch: made against an earlier version; not of a new subscription.
        changes: all that were made since, in the order of their versions.
        version: the later version.

    Raises:
        ValueError: if the changes do not lead from the patch's base to the version.
    """
    theirs = _folded(changes, patch, version=version)
    sides = _Sides(
        base=decode_side(patch.before, patch.subscription_id),
        ours=decode_side(patch.after, patch.subscription_id),
        theirs=theirs,
        subscription_id=patch.subscription_id,
    )
    try:
        return _rebased(patch, sides, version=version)
    except ConflictingEdit as found:
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """Both changes of one base.

    Attributes:
        base: of what is ours.
        theirs: what their changes made together.
    """

    base: ChangeSide
    ours: ChangeSide
    theirs: ChangeSide
    subscription_id: SubscriptionId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What remains of ours: what it replaces, and what it puts there."""

    before: ChangeSide
    after: ChangeSide


def _folded(changes: Iterable[ChangeLike], patch: SubscriptionPatch, *, version: int) -> ChangeSide:
    """The parts that changes touched, as the last of them left each."""
    if patch.base_version < 1:
        raise ValueError("found the patch of a new subscription, expected one of a stored subscription")
    columns: dict[str, JsonValue] = {}
    blocks: dict[BlockId, BlockRecord | None] = {}
    relations: tuple[RelationRecord, ...] | None = None
    reached = patch.base_version
    for change in changes:
        check_follows(change, subscription_id=patch.subscription_id, version=reached)
        after = decode_side(change.after, patch.subscription_id)
        columns |= after.columns
        blocks |= after.blocks
        relations = after.relations if after.relations is not None else relations
        reached = change.version
    if reached != version:
        raise ValueError(f"found changes up to version {reached}, expected them up to version {version}")
    return ChangeSide(columns=columns, blocks=blocks, relations=relations)


def _rebased(patch: SubscriptionPatch, sides: _Sides, *, version: int) -> SubscriptionPatch:
    change = _merged(patch, sides)
    columns = _columns_after(patch, sides)
    current = _current_relations(sides)
    relations = current if change.after.relations is None else change.after.relations
    # Where neither touched a relation, the tree refers to what it referred to.
    references = patch.references if relations is None else _references(relations)
    known = references if current is None else _references(current)
    return replace(
        patch,
        base_version=version,
        product=columns.product,
        customer_id=columns.customer_id,
        status=columns.status,
        description=columns.description,
        start_at=columns.start_at,
        end_at=columns.end_at,
        blocks_written=tuple(block for block in change.after.blocks.values() if block is not None),
        blocks_removed=tuple(block_id for block_id, block in change.after.blocks.items() if block is None),
        relations=change.after.relations,
        before=encode_side(change.before),
        after=encode_side(change.after),
        status_changed="status" in change.after.columns,
        references=references,
        references_added=tuple(each for each in references if each not in known),
    )


def _merged(patch: SubscriptionPatch, sides: _Sides) -> _Change:
    columns = _merged_columns(patch, sides)
    _check_class(patch, sides)
    blocks = _merged_blocks(sides)
    base, ours, theirs = sides.base.relations, sides.ours.relations, sides.theirs.relations
    current = _current_relations(sides)
    after = ours
    if base is not None and ours is not None and theirs is not None:
        after = merged_relations(
            RelationSides(base=base, ours=ours, theirs=theirs),
            removed=_removed(sides),
            subscription_id=sides.subscription_id,
        )
    moved = after is not None and frozenset(after) != frozenset(current or ())
    return _Change(
        before=ChangeSide(
            columns={name: _current_column(sides, name) for name in columns},
            blocks={block_id: _current_block(sides, block_id) for block_id in blocks},
            relations=current if moved else None,
        ),
        after=ChangeSide(columns=columns, blocks=blocks, relations=after if moved else None),
    )


def _merged_columns(patch: SubscriptionPatch, sides: _Sides) -> dict[str, JsonValue]:
    """Our columns that are not as they are stored already.

    A description that the model makes of its values is nobody's edit: ours stands until the next save.
    """
    merged: dict[str, JsonValue] = {}
    for name, value in sorted(sides.ours.columns.items()):
        current = _current_column(sides, name)
        if value != current:
            derived = patch.described and name == "description"
            if current != sides.base.columns[name] and not derived:
                raise ConflictingEdit(
                    sides.subscription_id,
                    path=("subscription", name),
                    expected=_shown(sides.base.columns[name]),
                    found=_shown(current),
                )
            merged[name] = value
    return merged


def _check_class(patch: SubscriptionPatch, sides: _Sides) -> None:
    """Check that no blocks come together with a product or status that they were not checked for."""
    loaded = {**encode_columns(_columns_of(patch)), **sides.base.columns}
    for name in _CLASS_COLUMNS:
        current = sides.theirs.columns.get(name, loaded[name])
        if current != loaded[name] and _has_blocks(sides.ours):
            raise ConflictingEdit(
                sides.subscription_id,
                path=("subscription", name),
                expected=_shown(loaded[name]),
                found=_shown(current),
            )
        if name in sides.ours.columns and _has_blocks(sides.theirs):
            raise ConflictingEdit(
                sides.subscription_id,
                path=("subscription", name),
                expected=f"{_shown(loaded[name])} with the blocks that were loaded",
                found=f"{_shown(current)} with other blocks",
            )


def _has_blocks(side: ChangeSide) -> bool:
    return bool(side.blocks) or side.relations is not None


def _merged_blocks(sides: _Sides) -> dict[BlockId, BlockRecord | None]:
    """Our blocks that are not as they are stored already, with their values where we changed none."""
    merged: dict[BlockId, BlockRecord | None] = {}
    for block_id, ours in sorted(sides.ours.blocks.items()):
        current = _current_block(sides, block_id)
        block = _merged_block(sides, block_id, ours=ours, theirs=current)
        if block != current:
            merged[block_id] = block
    return merged


def _merged_block(
    sides: _Sides, block_id: BlockId, *, ours: BlockRecord | None, theirs: BlockRecord | None
) -> BlockRecord | None:
    base = sides.base.blocks.get(block_id)
    if theirs in (base, ours):
        return ours
    if base is None or ours is None or theirs is None:
        raise ConflictingEdit(
            sides.subscription_id,
            path=(str(block_id),),
            expected="no block" if base is None else f"a block {base.block} as it was loaded",
            found="no block" if theirs is None else f"a block {theirs.block} with other contents",
        )
    return replace(
        theirs,
        label=_merged_field(sides, (block_id, "label"), _Values(base.label, ours.label, theirs.label)),
        values=_merged_values(sides, _Values(base, as_stored(ours, theirs), theirs)),
    )


@dataclass(frozen=True, slots=True)
class _Values(Generic[Value]):
    """One thing as it was, as we made it, and as they made it."""

    base: Value
    ours: Value
    theirs: Value


def _merged_values(sides: _Sides, blocks: _Values[BlockRecord]) -> dict[str, JsonValue]:
    merged: dict[str, JsonValue] = {}
    for name in sorted({*blocks.base.values, *blocks.ours.values, *blocks.theirs.values}):
        values = _Values(*(block.values.get(name) for block in (blocks.base, blocks.ours, blocks.theirs)))
        value = _merged_field(sides, (blocks.base.id, name), values)
        if value is not None:
            merged[name] = value
    return merged


def _merged_field(sides: _Sides, path: tuple[BlockId, str], values: _Values[Value]) -> Value:
    if values.theirs in (values.base, values.ours):
        return values.ours
    if values.ours == values.base:
        return values.theirs
    block_id, name = path
    raise ConflictingEdit(
        sides.subscription_id,
        path=(str(block_id), name),
        expected=_shown(values.base),
        found=_shown(values.theirs),
    )


def _current_relations(sides: _Sides) -> tuple[RelationRecord, ...] | None:
    """What is stored; None if neither side touched relations."""
    return sides.theirs.relations if sides.theirs.relations is not None else sides.base.relations


def _current_column(sides: _Sides, name: str) -> JsonValue:
    return sides.theirs.columns.get(name, sides.base.columns[name])


def _current_block(sides: _Sides, block_id: BlockId) -> BlockRecord | None:
    if block_id in sides.theirs.blocks:
        return sides.theirs.blocks[block_id]
    return sides.base.blocks.get(block_id)


def _removed(sides: _Sides) -> frozenset[BlockId]:
    sided = (*sides.ours.blocks.items(), *sides.theirs.blocks.items())
    return frozenset(block_id for block_id, block in sided if block is None)


def _columns_of(patch: SubscriptionPatch) -> Columns:
    return Columns(
        product=patch.product,
        customer_id=patch.customer_id,
        status=patch.status,
        description=patch.description,
        start_at=patch.start_at,
        end_at=patch.end_at,
    )


def _columns_after(patch: SubscriptionPatch, sides: _Sides) -> Columns:
    return decode_columns(
        {**encode_columns(_columns_of(patch)), **sides.theirs.columns, **sides.ours.columns}
    )


def _references(relations: Iterable[RelationRecord]) -> tuple[SubscriptionId, ...]:
    return tuple(sorted({each.owner_id for each in relations if each.owner_id is not None}))


def _shown(value: object) -> str:
    text = "nothing" if value is None else encode(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
