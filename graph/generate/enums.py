"""The enums of an application's models and inputs."""

import inspect
from enum import Enum

from strawberry.types.enum import StrawberryEnumDefinition

from graph.errors import SchemaDefinitionError
from graph.names import require_name
from graph.types.enums import define_enum


class EnumTypes:
    """The enums of one schema, each defined once; two of the same name are refused."""

    def __init__(self) -> None:
        self._defined: dict[str, tuple[type[Enum], StrawberryEnumDefinition]] = {}

    def define(self, members: type[Enum]) -> type[Enum]:
        """Gives the enum back, known to GraphQL by its class's name and its members' names.

        Raises:
            SchemaDefinitionError: Another enum of the schema has this name.
        """
        name = require_name(members.__name__, of=f"enum {members.__qualname__}")
        known = self._defined.get(name)
        if known is None:
            self._defined[name] = members, _define(members)
        elif known[0] is not members:
            raise SchemaDefinitionError(
                f"found two enums {name}, {known[0].__module__}.{name} and {members.__module__}.{name}: "
                "expected one."
            )
        return members

    @property
    def names(self) -> frozenset[str]:
        """The names of the enums defined so far."""
        return frozenset(self._defined)


def _define(members: type[Enum]) -> StrawberryEnumDefinition:
    documented = inspect.getdoc(members)
    return define_enum(
        members,
        description=documented or f"The choices of {members.__name__}.",
        values={member.name: _words(member) for member in members},
    )


def _words(member: Enum) -> str:
    if isinstance(member.value, str):
        return f"{_sentence_of(member.value)}."
    return f"{_sentence_of(member.name)}: {member.value}."


def _sentence_of(text: str) -> str:
    return text.replace("_", " ").capitalize()
