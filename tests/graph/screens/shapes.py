"""Whether an answer is what was asked for: every selected field, in order and of its type, and no other."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    is_abstract_type,
    is_composite_type,
    parse,
)
from graphql.language import FragmentSpreadNode, InlineFragmentNode

_ID = re.compile(r"[a-z]+(_[a-z]+)*_[0-9a-zA-Z_.:-]+")


class Shape:
    """The shape that the answer to an operation has."""

    def __init__(self, schema: GraphQLSchema, operation: str) -> None:
        definitions = parse(operation).definitions
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)
        }
        (self._operation,) = [node for node in definitions if isinstance(node, OperationDefinitionNode)]

    def mistakes(self, data: Any) -> list[str]:
        """Everything in an answer's data that is not as it was asked for."""
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        return list(self._object(root, [self._operation], data, "data"))

    def _object(self, declared: Any, parents: Sequence[Any], value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: found {value!r}, expected an object"
            return
        found: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from Any
        actual = self._actual(declared, found)
        fields: dict[str, list[FieldNode]] = {}
        for parent in parents:
            self._collect(actual, parent.selection_set.selections, fields)
        if list(found) != list(fields):
            yield f"{path}: found the fields {[*found]}, expected {[*fields]}"
            return
        for key, nodes in fields.items():
            if nodes[0].name.value != "__typename":
                kind = str(actual.fields[nodes[0].name.value].type)
                yield from self._value(kind, nodes, found[key], f"{path}.{key}")

    def _actual(self, declared: Any, value: Mapping[str, Any]) -> Any:
        """The object type of a value, if it says so; else what is declared has to do."""
        return self._schema.get_type(value["__typename"]) if "__typename" in value else declared

    def _collect(
        self, actual: Any, selections: Sequence[SelectionNode], fields: dict[str, list[FieldNode]]
    ) -> None:
        for node in selections:
            match node:
                case FieldNode():
                    fields.setdefault((node.alias or node.name).value, []).append(node)
                case InlineFragmentNode():
                    self._collect_if(actual, node, fields)
                case FragmentSpreadNode():
                    self._collect_if(actual, self._fragments[node.name.value], fields)
                case _:
                    raise TypeError(node)

    def _collect_if(
        self,
        actual: Any,
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        fields: dict[str, list[FieldNode]],
    ) -> None:
        condition = (
            self._schema.get_type(fragment.type_condition.name.value) if fragment.type_condition else None
        )
        if condition is None or condition is actual or self._is_a(actual, condition):
            self._collect(actual, fragment.selection_set.selections, fields)

    def _is_a(self, actual: Any, condition: Any) -> bool:
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, actual)

    def _value(self, kind: str, nodes: Sequence[FieldNode], value: Any, path: str) -> Iterator[str]:
        if value is None:
            if kind.endswith("!"):
                yield f"{path}: found null"
            return
        kind = kind.removesuffix("!")
        if kind.startswith("["):
            for place, item in enumerate(value):
                yield from self._value(kind[1:-1], nodes, item, f"{path}.{place}")
            return
        named = self._schema.get_type(kind)
        if is_composite_type(named):
            yield from self._object(named, nodes, value, path)
        elif not _fits(named, value):
            yield f"{path}: found {value!r}, expected {kind}"


def _fits(kind: Any, value: Any) -> bool:
    if isinstance(kind, GraphQLEnumType):
        return value in kind.values
    form = _FORMS.get(kind.name)
    return form is None or form(value)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "Int": lambda value: type(value) is int,
    "Float": lambda value: type(value) in {int, float},
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "ID": lambda value: isinstance(value, str) and _ID.fullmatch(value) is not None,
    "BigInt": lambda value: isinstance(value, str) and str(int(value)) == value,
    "DateTime": _is_time,
}
"""What values of a scalar look like; those of others are as their own tests say."""
