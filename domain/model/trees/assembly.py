"""Trees of block models put together from records."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel, find_family
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import BlockField, ModelFields
from domain.model.definition.texts import shown
from domain.model.errors import FieldMismatch, ModelMismatch
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.disassembly import MOST_LEVELS, BlockTree, Path
from domain.model.trees.tree import BlockRecord, BlockStub, RelationRecord, Tree

Root = TypeVar("Root", bound=BaseModel)

MOST_LEVELS_LOADED: Final = 2 * MOST_LEVELS
"""How many blocks may be inside each other; trees get deeper when blocks that they refer to do."""

_BlockClass: TypeAlias = type[ProductBlockModel] | None


class Assembly:
    """Puts block models together from records, children first, and gathers everything that does not fit.

    Blocks of other subscriptions are put together like own ones, in the classes for the status of the
    subscription whose tree this is. A block in several places is one object.
    """

    def __init__(
        self,
        blocks: Iterable[BlockRecord],
        relations: Iterable[RelationRecord],
        *,
        status: SubscriptionStatus,
        families: Mapping[str, ModelFamily[ProductBlockModel]],
        stubs: Iterable[BlockStub] = (),
    ) -> None:
        self.errors: list[FieldMismatch] = []
        self._status = status
        self._families = families
        self._records = {block.id: block for block in blocks}
        self._stubs = frozenset(stub.id for stub in stubs)
        self._built: dict[BlockId, ProductBlockModel] = {}
        self._classes: dict[tuple[tuple[type[ProductBlockModel], ...], str], _BlockClass] = {}
        self._children: defaultdict[BlockId | None, dict[str, list[BlockId]]] = defaultdict(dict)
        for relation in sorted(relations, key=lambda relation: relation.position):
            self._children[relation.parent_id].setdefault(relation.attribute, []).append(relation.child_id)

    @classmethod
    def again(cls, parts: BlockTree, *, status: SubscriptionStatus) -> "Assembly":
        """An assembly of a tree that was taken apart, for another status."""
        return cls(
            (*parts.blocks, *parts.foreign_blocks),
            (*parts.relations, *parts.foreign_relations),
            status=status,
            families=parts.families,
        )

    def nested(
        self,
        fields: ModelFields[ProductBlockModel],
        parent_id: BlockId | None = None,
        *,
        path: Path = (),
        ancestors: tuple[BlockId, ...] = (),
    ) -> dict[str, object]:
        """The values of a model's block fields; what could not be built is missing from it."""
        children = self._children.get(parent_id, {})
        for attribute in sorted(children.keys() - fields.blocks.keys()):
            self._refuse((*path, attribute), expected="a field of the model class", found="stored blocks")
        values: dict[str, object] = {}
        for name, block_field in fields.blocks.items():
            blocks = [
                self._block(
                    child_id,
                    block_field,
                    (*path, name, index) if block_field.shape.many else (*path, name),
                    ancestors,
                )
                for index, child_id in enumerate(children.get(name, []))
            ]
            self._place(values, block_field, blocks, (*path, name))
        return values

    def complete(
        self,
        model: type[Root],
        values: Mapping[str, object],
        *,
        subscription_id: SubscriptionId,
        snapshot: Tree | None,
    ) -> Root:
        """The subscription model itself, from all of its values.

        Raises:
            ModelMismatch: if they, or the blocks assembled for them, do not satisfy the class.
        """
        errors = list(self.errors)
        if not errors:
            try:
                return model.model_validate(values, context=snapshot)
            except ValidationError as error:
                errors = mismatches(error, ())
        raise ModelMismatch(subscription_id, model=model.__name__, errors=errors)

    def _place(
        self,
        values: dict[str, object],
        block_field: BlockField[ProductBlockModel],
        blocks: Sequence[ProductBlockModel | None],
        path: Path,
    ) -> None:
        if block_field.shape.many:
            values[block_field.name] = [block for block in blocks if block is not None]
        elif len(blocks) > 1:
            self._refuse(path, expected="one block", found=f"{len(blocks)} blocks")
        elif blocks:
            values[block_field.name] = blocks[0]
        elif block_field.shape.optional:
            values[block_field.name] = None

    def _block(
        self,
        block_id: BlockId,
        block_field: BlockField[ProductBlockModel],
        path: Path,
        ancestors: tuple[BlockId, ...],
    ) -> ProductBlockModel | None:
        known = self._built.get(block_id)
        if known is not None:
            return known
        record = self._find_record(block_id, path, ancestors)
        model = self._find_class(record, block_field, path) if record is not None else None
        if record is None or model is None:
            return None
        known_errors = len(self.errors)
        fields = model.structure()
        values = {
            "id": record.id,
            "subscription_id": record.subscription_id,
            "label": record.label,
            **loaded_values(record.values, fields),
            **self.nested(fields, block_id, path=path, ancestors=(*ancestors, block_id)),
        }
        if len(self.errors) > known_errors:
            return None
        return self._validated(model, values, path)

    def _find_record(
        self, block_id: BlockId, path: Path, ancestors: tuple[BlockId, ...]
    ) -> BlockRecord | None:
        if block_id in self._stubs:
            self._refuse(path, expected="a block in scope", found="a block that is out of scope")
            return None
        if len(ancestors) >= MOST_LEVELS_LOADED:
            self._refuse(
                path, expected=f"at most {MOST_LEVELS_LOADED} blocks inside each other", found="more"
            )
            return None
        if block_id in ancestors:
            self._refuse(path, expected="a block that is not inside itself", found=f"block {block_id}")
            return None
        record = self._records.get(block_id)
        if record is None:
            self._refuse(path, expected="a block of the tree", found=f"block {block_id}")
        return record

    def _find_class(
        self, record: BlockRecord, block_field: BlockField[ProductBlockModel], path: Path
    ) -> type[ProductBlockModel] | None:
        """The class of the block's family that fits the field."""
        key = block_field.blocks, record.block
        if key not in self._classes:
            self._classes[key] = self._fitting_class(*key)
        model = self._classes[key]
        if model is not None:
            return model
        expected = " or ".join(self._name_of(declared) for declared in block_field.blocks)
        self._refuse(path, expected=f"a block {expected}", found=f"a block {record.block}")
        return None

    def _fitting_class(self, declared: tuple[type[ProductBlockModel], ...], block: str) -> _BlockClass:
        """The class that stands for a declared one: that itself, if it is of the block's family."""
        family = self._families.get(block)
        if family is None:
            return None
        serving = family.class_for(self._status)
        fitting = [each for each in declared if issubclass(serving, each)]
        own = (each for each in fitting if find_family(each) is family)
        return next(own, serving) if fitting else None

    def _name_of(self, declared: type[ProductBlockModel]) -> str:
        """What to call a declared class: its family, or an abstract class itself."""
        family = find_family(declared)
        return declared.__name__ if family is None else family.name

    def _validated(
        self, model: type[ProductBlockModel], values: Mapping[str, object], path: Path
    ) -> ProductBlockModel | None:
        try:
            block = model.model_validate(values)
        except ValidationError as error:
            self.errors += mismatches(error, path)
            return None
        self._built[block.id] = block
        return block

    def _refuse(self, path: Path, *, expected: str, found: str) -> None:
        self.errors.append(FieldMismatch(path=path, expected=expected, found=found))


def loaded_values(
    stored: Mapping[str, JsonValue], fields: ModelFields[ProductBlockModel]
) -> dict[str, object]:
    """Stored scalars as a model class takes them: an optional one without a key is None."""
    values = dict(fields.absent)
    for name, value in stored.items():
        scalar = fields.scalars.get(name)
        values[name] = value if scalar is None else scalar.load(value)
    return values


def mismatches(error: ValidationError, path: Path) -> list[FieldMismatch]:
    """Pydantic's findings, with paths that begin at the subscription."""
    return [
        FieldMismatch(
            path=(*path, *details["loc"]),
            expected=details["msg"],
            found="nothing" if details["type"] == "missing" else shown(details["input"]),
        )
        for details in error.errors(include_url=False)
    ]
