"""What the printed schema says of permissions, read without any of our code."""

from graphql import (
    DirectiveNode,
    EnumValueNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
)

from graph.execution.needs import CHECKED_BY_ID
from tests.graph.served.callers.house import Target


class PrintedSchema:
    """What the printed schema says of permissions, read without any of our code."""

    def __init__(self, text: str) -> None:
        definitions = parse(text).definitions
        self._types = {
            each.name.value: each
            for each in definitions
            if isinstance(each, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
        }
        self._unions = {
            each.name.value: [member.name.value for member in each.types or ()]
            for each in definitions
            if isinstance(each, UnionTypeDefinitionNode)
        }

    def needs(self, target: Target) -> dict[tuple[str, str], None]:
        """Coordinates and permissions of all that an operation selects on its way to a field, in order."""
        found: dict[tuple[str, str], None] = {}
        holder = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}[target.kind]
        for step in target.way:
            if step.field is not None:
                found |= dict.fromkeys(self._of_field(holder, step.name))
            elif (declared := self._of_type(step.to)) is not None:
                found[step.to, declared] = None
            holder = step.to
        return found | dict.fromkeys(self._of_field(holder, target.name))

    def _of_field(self, holder: str, name: str) -> list[tuple[str, str]]:
        """What a field takes where it is selected on a type, be that an interface."""
        coordinate = f"{holder}.{name}"
        field = self._field(holder, name)
        own = _declared(field.directives) or self._of_type(holder)
        assert own is not None, f"{coordinate} has no permission"
        found = [own]
        if coordinate not in CHECKED_BY_ID:
            found += self._of_given(field)
        for each in self._members(holder):
            of_member = self._field(each, name)
            found += [declared for declared in [_declared(of_member.directives)] if declared is not None]
            found += self._of_given(of_member)
        return [(coordinate, permission) for permission in found]

    def _of_given(self, field: FieldDefinitionNode) -> list[str]:
        given = _named(field.type)
        declared = [self._of_type(each) for each in (given, *self._members(given))]
        return [permission for permission in declared if permission is not None]

    def _members(self, name: str) -> list[str]:
        """The object types of a union or an interface."""
        if name in self._unions:
            return self._unions[name]
        return [
            each.name.value
            for each in self._types.values()
            if isinstance(each, ObjectTypeDefinitionNode)
            and name in {interface.name.value for interface in each.interfaces or ()}
        ]

    def _field(self, holder: str, name: str) -> FieldDefinitionNode:
        [field] = [each for each in self._types[holder].fields or () if each.name.value == name]
        return field

    def _of_type(self, name: str) -> str | None:
        named = self._types.get(name)
        return None if named is None else _declared(named.directives)


def _named(node: TypeNode) -> str:
    while not isinstance(node, NamedTypeNode):
        node = node.type  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  # a list or something that is not null
    return node.name.value


def _declared(directives: tuple[DirectiveNode, ...] | None) -> str | None:
    for directive in directives or ():
        if directive.name.value == "requires":
            [value] = [argument.value for argument in directive.arguments or ()]
            assert isinstance(value, EnumValueNode)
            return value.value
    return None
