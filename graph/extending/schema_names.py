"""The names of one schema: each stands for one thing, and whoever wants it twice is told of both.

Strawberry takes two classes of one name and module for one, as generated classes are; here they are two.
"""

from typing import Final, TypeAlias

from strawberry.directive import StrawberryDirective
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.scalar import ScalarDefinition
from strawberry.types.union import StrawberryUnion

from graph.errors import SchemaDefinitionError
from graph.names import require_name

BUILT_IN: Final = frozenset({"Int", "Float", "String", "Boolean", "ID"})
"""The scalars of GraphQL itself, used or not."""

_OURS: Final = ("graph.", "engine.", "domain.", "strawberry.")
_GENERATED: Final = "types"
"""The module of classes that are made at run time."""
_NO_MEMBERS: Final = frozenset({"true", "false", "null"})

Definition: TypeAlias = (
    StrawberryObjectDefinition | StrawberryEnumDefinition | ScalarDefinition | StrawberryUnion
)


class SchemaNames(NameConverter):
    """Gives the types of one schema their names, and no two the same."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Definition] = {}

    def from_type(self, type_: StrawberryType | StrawberryDirective[object]) -> str:
        """Gives the name of a type.

        Raises:
            SchemaDefinitionError: Another type has it, or GraphQL would not take it.
        """
        name = super().from_type(type_)  # pyright: ignore[reportUnknownMemberType]  # Strawberry leaves what directives are open
        if isinstance(
            type_, StrawberryObjectDefinition | StrawberryEnumDefinition | ScalarDefinition | StrawberryUnion
        ):
            self._claim(name, type_)
        return name

    def _claim(self, name: str, definition: Definition) -> None:
        known = self._known.get(name)
        if known is None:
            _require_takeable(name, definition)
            self._known[name] = definition
        elif not _is_same(known, definition):
            raise SchemaDefinitionError(
                f"found two types {name}: {_told(known)}, and {_told(definition)}: "
                "expected another name for one that is the application's."
            )


def _require_takeable(name: str, definition: Definition) -> None:
    require_name(name, of=_told(definition))
    if name in BUILT_IN and not isinstance(definition, ScalarDefinition):
        raise SchemaDefinitionError(
            f"found two types {name}: the scalar of GraphQL itself, and {_told(definition)}: "
            "expected another name for the application's."
        )
    if isinstance(definition, StrawberryEnumDefinition):
        for member in definition.values:
            require_name(member.name, of=_told(definition))
            if member.name in _NO_MEMBERS:
                raise SchemaDefinitionError(
                    f"{_told(definition)}: found the member {member.name}, which stands for a value in "
                    "GraphQL: expected another name."
                )


def _is_same(known: Definition, other: Definition) -> bool:
    if known is other:
        return True
    match known, other:
        case StrawberryObjectDefinition(), StrawberryObjectDefinition():
            return _is_same_class(known, other)
        case StrawberryEnumDefinition(), StrawberryEnumDefinition():
            return known.wrapped_cls is other.wrapped_cls
        case StrawberryUnion(), StrawberryUnion():
            return set(known.types) == set(other.types)
        case ScalarDefinition(), ScalarDefinition():
            return known == other
        case _:
            return False


def _is_same_class(known: StrawberryObjectDefinition, other: StrawberryObjectDefinition) -> bool:
    """Whether they are of one class; each use of a generic one makes a class, and its name tells of what."""
    if known.concrete_of is None or other.concrete_of is None:
        return known.origin is other.origin
    return known.concrete_of.origin is other.concrete_of.origin


def _told(definition: Definition) -> str:
    """What a type is, in words for whoever has to give it another name."""
    match definition:
        case StrawberryEnumDefinition():
            return _told_of("enum", definition.wrapped_cls, definition.description)
        case StrawberryObjectDefinition():
            kind = "input" if definition.is_input else "interface" if definition.is_interface else "type"
            return _told_of(kind, definition.origin, definition.description)
        case ScalarDefinition():
            return f"the scalar {definition.name}"
        case StrawberryUnion():
            return f'the union that is made for "{definition.description}"'


def _told_of(kind: str, cls: type, description: str | None) -> str:
    if cls.__module__ == _GENERATED:
        return f'the {kind} that is made for "{description}"'
    if cls.__module__.startswith(_OURS):
        return f'the schema\'s own {kind} ("{description}")'
    return f"the {kind} of {cls.__module__}.{cls.__qualname__}"
