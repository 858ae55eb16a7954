"""Which blocks a subscription keeps when it becomes one of another product, and in which fields."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from domain.ids import BlockId
from domain.model.blocks import ProductBlockModel
from domain.model.definition.fields import BlockField, ModelFields
from domain.model.definition.nesting import admits
from domain.model.trees.disassembly import BlockTree
from domain.model.trees.tree import RelationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOver:
    """A tree in the fields of another model.

    Attributes:
        parts: all blocks, with relations of those that are kept.
        fields: the fields of the other model that got something.
    """

    parts: BlockTree
    fields: frozenset[str]


def carry_over(
    parts: BlockTree,
    fields: ModelFields[ProductBlockModel],
    *,
    given: Collection[str],
    placed: Collection[BlockId] = (),
) -> CarriedOver:
    """A tree whose root blocks stand in the fields of another model.

    A field gets what the field of its name held; else what the only remaining field held whose blocks fit,
    if they fit no other field that got nothing. Blocks that fit nowhere are left out.

    Args:
        parts: the tree.
        fields: those of the other model.
        given: the fields that get other values.
        placed: the blocks that are in those values, and so stand nowhere else.
    """
    held: defaultdict[str, list[RelationRecord]] = defaultdict(list)
    for relation in parts.relations:
        if relation.parent_id is None and relation.child_id not in placed:
            held[relation.attribute].append(relation)
    open_fields = [field for name, field in fields.blocks.items() if name not in given]
    sources = {
        field.name: field.name
        for field in open_fields
        if field.name in held and _fits(parts, field, held[field.name])
    }
    sources |= _only_fits(
        parts,
        [field for field in open_fields if field.name not in sources],
        {name: relations for name, relations in held.items() if name not in sources},
    )
    roots = [
        replace(relation, attribute=name) for name, source in sources.items() for relation in held[source]
    ]
    nested = [relation for relation in parts.relations if relation.parent_id is not None]
    return CarriedOver(parts=replace(parts, relations=(*roots, *nested)), fields=frozenset(sources))


def _only_fits(
    parts: BlockTree,
    fields: Sequence[BlockField[ProductBlockModel]],
    held: dict[str, list[RelationRecord]],
) -> dict[str, str]:
    """For each field the held one that fits it and no other, where neither has another choice."""
    fitting = {
        field.name: [name for name, relations in held.items() if _fits(parts, field, relations)]
        for field in fields
    }
    return {
        field: names[0]
        for field, names in fitting.items()
        if len(names) == 1 and sum(names[0] in others for others in fitting.values()) == 1
    }


def _fits(
    parts: BlockTree, field: BlockField[ProductBlockModel], relations: Sequence[RelationRecord]
) -> bool:
    names = {block.id: block.block for block in parts.blocks}
    families = [parts.families[names[relation.child_id]] for relation in relations]
    return all(admits(field, family) for family in families) and (field.shape.many or len(families) <= 1)
