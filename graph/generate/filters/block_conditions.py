"""The fields of `where` types that are on blocks: those that a field holds, and those that are owned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.storage.listing.filters import BlockFilter, OwnedBlockFilter, Quantifier, ValueWhere
from graph.generate.filters.conditions import QUANTIFIERS
from graph.lists.filters import InvalidWhere, Path, WhereType, given_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksOfFamily:
    """How conditions on the blocks of one family in a field are read.

    Attributes:
        list_type: The type with the quantifiers; None for a field that holds one block at most.
    """

    family: ModelFamily[ProductBlockModel]
    where: WhereType[ValueWhere]
    list_type: type | None

    @property
    def annotation(self) -> object:
        """Their type as Strawberry reads it, without null."""
        return self.where.graphql_type if self.list_type is None else self.list_type

    def read(self, field: str, value: object, path: Path, depth: int) -> Sequence[BlockFilter]:
        """Gives the conditions on the blocks in a field of the model."""
        if self.list_type is None:
            return [self._filter(field, Quantifier.SOME, value, path, depth)]
        names = {name: name for name in QUANTIFIERS}
        found = [
            self._filter(field, QUANTIFIERS[attribute], given, below, depth)
            for attribute, given, below in given_fields(value, names, path)
        ]
        if not found:
            raise InvalidWhere.expecting(path, found="nothing", expected="at least one of some, every, none")
        return found

    def _filter(
        self, field: str, quantifier: Quantifier, value: object, path: Path, depth: int
    ) -> BlockFilter:
        where = self.where.read(value, path, depth + 1)
        return BlockFilter(field, quantifier, where, self.family)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCondition:
    """On the blocks that a field holds, if they are of one family.

    Attributes:
        field: Its name in the model.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    blocks: BlocksOfFamily

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.blocks.annotation

    def read(self, value: object, path: Path, depth: int) -> Sequence[BlockFilter]:
        """Gives the conditions on the blocks."""
        return self.blocks.read(self.field, value, path, depth)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCondition:
    """On the blocks that a field holds, if they may be of several families.

    Attributes:
        field: Its name in the model.
        choices: By attribute of the type: name in GraphQL, and the blocks of the family.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    graphql_type: type
    choices: Mapping[str, tuple[str, BlocksOfFamily]]

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[BlockFilter]:
        """Gives the conditions on the blocks of all families that are named.

        Raises:
            InvalidWhere: None is.
        """
        names = {attribute: name for attribute, (name, _) in self.choices.items()}
        found = [
            each
            for attribute, given, below in given_fields(value, names, path)
            for each in self.choices[attribute][1].read(self.field, given, below, depth)
        ]
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedBlockCondition:
    """That a subscription owns a block like this, whatever its product is and wherever the block stands.

    Attributes:
        families: By attribute of the type: name in GraphQL, the family, and how conditions on it are read.
    """

    graphql_type: type
    families: Mapping[str, tuple[str, ModelFamily[ProductBlockModel], WhereType[ValueWhere]]]
    attribute: str = "owns_block"
    graphql_name: str = "ownsBlock"
    description: str = "That it owns a block like this, wherever the block stands."

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[OwnedBlockFilter]:
        """Gives one condition for each family that is named.

        Raises:
            InvalidWhere: None is.
        """
        names = {attribute: name for attribute, (name, _, _) in self.families.items()}
        found: list[OwnedBlockFilter] = []
        for attribute, given, below in given_fields(value, names, path):
            _, family, where = self.families[attribute]
            found.append(OwnedBlockFilter(family, where.read(given, below, depth + 1)))
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return found
