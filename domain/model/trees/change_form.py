"""The JSON form in which change records keep what a subscription was before and after a change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NotRequired
from uuid import UUID

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from domain.ids import BlockId, CustomerId, SubscriptionId
from domain.json import JsonValue, UnrepresentableValue
from domain.model.definition.scalars import SCALARS
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.tree import BlockRecord, RelationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a subscription that its versions cover."""

    product: str
    customer_id: CustomerId
    status: SubscriptionStatus
    description: str
    start_at: datetime | None
    end_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSide:
    """One side of a change: the parts that changed, as they were before or as they are after.

    Attributes:
        columns: stored forms, by name.
        blocks: whole blocks; None for one that is not there.
        relations: all of the subscription's own, if any changed; None if none did.
    """

    columns: Mapping[str, JsonValue]
    blocks: Mapping[BlockId, BlockRecord | None]
    relations: tuple[RelationRecord, ...] | None


def encode_side(side: ChangeSide) -> dict[str, JsonValue]:
    """The JSON form of one side; what did not change has no key."""
    form: dict[str, JsonValue] = {}
    if side.columns:
        form["subscription"] = dict(side.columns)
    if side.blocks:
        form["blocks"] = {
            str(block_id): None if block is None else _block_form(block)
            for block_id, block in side.blocks.items()
        }
    if side.relations is not None:
        form["relations"] = [_relation_form(relation) for relation in in_order(side.relations)]
    return form


def decode_side(form: JsonValue, subscription_id: SubscriptionId) -> ChangeSide:
    """One side of a change of a subscription, from its JSON form; null has no parts.

    Raises:
        pydantic.ValidationError: if it is not of that form.
    """
    parts = _CHANGE.validate_python(form or {})
    relations = parts.get("relations")
    return ChangeSide(
        columns=parts.get("subscription", {}),
        blocks={
            BlockId(block_id): None if block is None else _block(BlockId(block_id), block, subscription_id)
            for block_id, block in parts.get("blocks", {}).items()
        },
        relations=None if relations is None else tuple(_relation(relation) for relation in relations),
    )


def encode_columns(columns: Columns) -> dict[str, JsonValue]:
    """The stored forms of all columns, by name.

    Raises:
        UnrepresentableValue: if a time has none; with its name.
    """
    return {
        "product": columns.product,
        "customer_id": columns.customer_id,
        "status": str(columns.status),
        "description": columns.description,
        "start_at": _instant(columns.start_at, "start_at"),
        "end_at": _instant(columns.end_at, "end_at"),
    }


def decode_columns(forms: Mapping[str, JsonValue]) -> Columns:
    """All columns, from their stored forms.

    Raises:
        pydantic.ValidationError: if one is missing or not of its form.
    """
    return _COLUMNS.validate_python(dict(forms))


def in_order(relations: Iterable[RelationRecord]) -> list[RelationRecord]:
    """Relations by parent, attribute and position, as trees and change records list them."""
    return sorted(relations, key=_place)


class _BlockForm(TypedDict):
    block: str
    label: str | None
    values: dict[str, JsonValue]


class _RelationForm(TypedDict):
    parent: UUID | None
    attribute: str
    position: int
    child: UUID
    owner: NotRequired[UUID]


class _ChangeForm(TypedDict, total=False):
    subscription: dict[str, JsonValue]
    blocks: dict[UUID, _BlockForm | None]
    relations: list[_RelationForm]


_INFINITIES: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""What the driver writes as PostgreSQL's infinities, and could not read as times again."""

_CHANGE: Final = TypeAdapter(_ChangeForm)
_COLUMNS: Final = TypeAdapter(Columns)


def _block_form(block: BlockRecord) -> JsonValue:
    return {"block": block.block, "label": block.label, "values": dict(block.values)}


def _block(block_id: BlockId, form: _BlockForm, subscription_id: SubscriptionId) -> BlockRecord:
    return BlockRecord(
        id=block_id,
        subscription_id=subscription_id,
        block=form["block"],
        label=form["label"],
        values=form["values"],
    )


def _relation_form(relation: RelationRecord) -> JsonValue:
    form: dict[str, JsonValue] = {
        "parent": str(relation.parent_id) if relation.parent_id else None,
        "attribute": relation.attribute,
        "position": relation.position,
        "child": str(relation.child_id),
    }
    return form if relation.owner_id is None else {**form, "owner": str(relation.owner_id)}


def _relation(form: _RelationForm) -> RelationRecord:
    parent, owner = form["parent"], form.get("owner")
    return RelationRecord(
        parent_id=None if parent is None else BlockId(parent),
        attribute=form["attribute"],
        position=form["position"],
        child_id=BlockId(form["child"]),
        owner_id=None if owner is None else SubscriptionId(owner),
    )


def _place(relation: RelationRecord) -> tuple[str, str, int]:
    return str(relation.parent_id or ""), relation.attribute, relation.position


def _instant(at: datetime | None, name: str) -> JsonValue:
    if at in _INFINITIES:
        raise UnrepresentableValue((name,), f"the time {at}, which the database takes for infinity")
    try:
        return SCALARS[datetime].store(at) if at is not None else None
    except UnrepresentableValue as error:
        raise error.below((name,)) from error
