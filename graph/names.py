"""The GraphQL names of what applications name in Python, and the refusal of names that clash."""

import re
from collections.abc import Iterable
from keyword import iskeyword

from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from graph.errors import SchemaDefinitionError

_GRAPHQL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_FIRST_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z]|[^A-Za-z]|$)|[A-Z]", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9]+", re.ASCII)


def type_name(name: str) -> str:
    """Gives the name of a type: the words of `name`, each with a capital, "L2 vpn" as "L2Vpn"."""
    return "".join(
        word[0].upper() + word[1:] for part in _WORD.findall(name) for word in part.split("_") if word
    )


def field_name(name: str) -> str:
    """Gives the name of a field or argument: `rack_position` as `rackPosition`."""
    return to_camel_case(name)


def member_name(name: str) -> str:
    """Gives the name of a field after a type: `PortBlock` as `portBlock`, `IPPrefix` as `ipPrefix`."""
    return _FIRST_WORD.sub(lambda found: found.group().lower(), type_name(name), count=1)


def fields_of(cls: type) -> tuple[str, ...]:
    """Gives the names of the fields that a type of Strawberry has."""
    fields = get_object_definition(cls, strict=True).fields
    return tuple(field.graphql_name or field_name(field.python_name) for field in fields)


def require_name(name: str, *, of: str) -> str:
    """Gives the name back.

    Raises:
        SchemaDefinitionError: GraphQL would not take it.
    """
    if _GRAPHQL_NAME.fullmatch(name) is None or name.startswith("__"):
        raise SchemaDefinitionError(f"{of}: '{name}' is no name in GraphQL: expected letters, digits and _.")
    return name


def require_attribute(name: str, *, of: str) -> None:
    """Checks that GraphQL, and the class that is made for a type, can have a field of that name.

    Raises:
        SchemaDefinitionError: One of them cannot.
    """
    if iskeyword(name) or not name.isidentifier():
        raise SchemaDefinitionError(f"{of}: found a field '{name}', expected a name that a class can have.")
    require_name(field_name(name), of=f"{of}.{name}")


def require_free(names: Iterable[str], taken: Iterable[str], *, of: str, taken_by: str) -> None:
    """Checks that none of an application's names is one that the schema needs itself.

    Raises:
        SchemaDefinitionError: for the first that is.
    """
    reserved = frozenset(taken)
    for name in names:
        if name in reserved:
            raise SchemaDefinitionError(
                f"{of}: the name '{name}' is taken by {taken_by}: expected another name."
            )
